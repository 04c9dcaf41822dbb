"""What may be asked for over SSH: the terminal interface, and the commands that read.

One list for every role: to change something, people use the interface; what of the rest a role may see, the server
says. Nothing here opens a file, asks a question, runs another program or takes another server: a command, and each
of its options, is on this list or refused. A test holds the list against the command tree.
"""

from __future__ import annotations

import shlex

from plantops_cli.exit_codes import ExitCode, Stop

LONGEST = 4096
"""Characters of a command; a name is 120 at most."""

COMMON = frozenset({"-o", "--output", "--json", "--timeout", "--no-color", "--no-input", "-h", "--help"})

READS: dict[tuple[str, ...], frozenset[str]] = {
    ("plants", "list"): frozenset({"--search", "-s", "--watch", "-w"}),
    ("plants", "show"): frozenset(),
    ("plants", "history"): frozenset(
        {"--range", "-r", "--start", "--end", "--metrics", "--points", "--plot"}
    ),
    ("plants", "waterings"): frozenset({"--limit"}),
    ("plants", "what-if"): frozenset({"--metric", "-m", "--min", "--max"}),
    ("plants", "export"): frozenset({"--start", "--end"}),
    ("species", "search"): frozenset({"--limit"}),
    ("species", "show"): frozenset(),
    ("devices", "list"): frozenset({"--search", "-s"}),
    ("devices", "show"): frozenset(),
    ("alerts", "list"): frozenset({"--state", "--plant", "--limit"}),
    ("alerts", "show"): frozenset(),
    ("alerts", "watch"): frozenset({"--plant"}),
    ("alerts", "maintenance", "show"): frozenset(),
    ("care", "show"): frozenset({"--plan"}),
    ("care", "history"): frozenset({"--limit"}),
    ("care", "preview"): frozenset(),
    ("telemetry", "tail"): frozenset({"--plant", "--since"}),
    ("pairing", "show"): frozenset(),
    ("enrolment-tokens", "list"): frozenset(),
    ("settings", "notifications", "show"): frozenset(),
    ("settings", "llm", "show"): frozenset(),
    ("settings", "species", "show"): frozenset(),
    ("users", "list"): frozenset(),
    ("users", "keys", "list"): frozenset({"--all"}),
    ("tokens", "list"): frozenset(),
}

INTERFACE = frozenset({"--plant", "--screen", "--filter", "--ascii", "--readonly", "--wall", "-h", "--help"})
_ALONE = (["--version"], ["--help"], ["-h"], ["help"])

_ADVICE = (
    "Without a command, ssh opens the terminal interface, in which everything can be done; commands only read: "
    '"plants list", "plants show NAME", "alerts list", … with --json, as "plantops --help" has them.'
)


def arguments(command: str) -> list[str]:
    """The arguments of ``plantops`` that a command from the client stands for; the interface when it is empty.

    Raises Stop (exit 4) for what is not allowed, (exit 2) for what cannot be read. No shell ever sees it.
    """
    words = _words(command)
    if words[:1] == ["plantops"]:
        words = words[1:]
    if not words:
        return ["tui"]
    if words in _ALONE:
        return words
    if words[0] == "tui":
        return [words[0], *_checked(words[1:], INTERFACE, "tui")]
    for length in (3, 2):
        verb = tuple(words[:length])
        if verb in READS:
            return [*verb, *_checked(words[length:], READS[verb] | COMMON, " ".join(verb))]
    raise Stop(ExitCode.NOT_ALLOWED, f"{_shortened(command)} cannot be run over SSH.", _ADVICE)


def _words(command: str) -> list[str]:
    if len(command) > LONGEST or not command.isprintable():
        raise Stop(ExitCode.USAGE, "This command cannot be read.", _ADVICE)
    try:
        return shlex.split(command)
    except ValueError:
        raise Stop(
            ExitCode.USAGE, f"{_shortened(command)} cannot be read: a quote is not closed.", _ADVICE
        ) from None


def _checked(words: list[str], options: frozenset[str], verb: str) -> list[str]:
    for word in words:
        if word == "--":
            break
        if word.startswith("-") and word != "-" and word.partition("=")[0] not in options:
            raise Stop(
                ExitCode.NOT_ALLOWED,
                f"{_shortened(word)} of {verb} cannot be used over SSH.",
                f"Here it takes: {' '.join(sorted(options))}",
            )
    return words


def _shortened(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:59] + "…")
