"""Sessions for the work on PlantOps: lint, types, tests, bench.

They run in the environment that nox itself is installed in (``make setup`` made it), so they start at once and need
no network: ``.venv/bin/nox -s tests``. Arguments after ``--`` go on: ``nox -s bench -- --seconds 10``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "tests"]


def _module(session: nox.Session, *words: str) -> None:
    session.run(sys.executable, "-m", *words, external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, format, and the architecture's import contracts."""
    _module(session, "ruff", "check", ".")
    _module(session, "ruff", "format", "--check", ".")
    session.run(str(Path(sys.executable).with_name("lint-imports")), external=True)


@nox.session
def types(session: nox.Session) -> None:
    """Strict types."""
    _module(session, "mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Every test, in three processes."""
    _module(session, "pytest", "-n", "3", *session.posargs)


@nox.session
def knowledge(session: nox.Session) -> None:
    """Measure detection, fault screen and forecast on 50 simulated pots with every fault on."""
    _module(session, "bench.knowledge", *session.posargs)


@nox.session(name="eval")
def evaluate(session: nox.Session) -> None:
    """Mark the care advisor on golden plants: rules, scripted models, and real ones whose key is in the environment."""
    _module(session, "bench.advisor", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the bars: readings a second, latency, memory, each beside a bare subscriber's in the same run."""
    _module(session, "bench", *session.posargs)


@nox.session(name="bench-tui")
def bench_tui(session: nox.Session) -> None:
    """Measure the terminal interface: start, filter, bytes on the wire, CPU, memory."""
    _module(session, "bench.tui", *session.posargs)


@nox.session
def chaos(session: nox.Session) -> None:
    """Break database, broker, server and network under load, then compare with the ledger; takes ten minutes."""
    _module(session, "bench.chaos", *session.posargs)


@nox.session(name="bench-web")
def bench_web(session: nox.Session) -> None:
    """Measure the web view: sizes, times of the server, first paint and live updates in a real Chromium."""
    _module(session, "bench.web", *session.posargs)


@nox.session(name="bench-ssh")
def bench_ssh(session: nox.Session) -> None:
    """Measure sessions over SSH: first screen, memory, 20 at once, nothing left of killed clients."""
    _module(session, "bench.ssh", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Write the tables of docs/api.md and docs/configuration.md, the manual page, and what docs/tui.md shows."""
    session.run(sys.executable, str(Path("docs", "make_reference.py")), external=True)
    _module(session, "tests.tui.pictures")


@nox.session(name="docs-web")
def docs_web(session: nox.Session) -> None:
    """Take the pictures of docs/web.md from the demo in a real Chromium."""
    _module(session, "docs.make_web_pictures", *session.posargs)
