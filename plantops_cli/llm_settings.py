"""``plantops settings llm``: which model writes care plans, its key, and what it may cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from plantops_cli import diagnostics, llm_view, prompts
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.noun import noun
from plantops_cli.output import Column

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

app = noun("The language model that writes care plans, and its key.")

Provider = Literal["anthropic", "openai", "openai-compatible"]

_TEST_COLUMNS = (
    Column("ok", lambda outcome: outcome.ok),
    Column("provider", lambda outcome: outcome.provider),
    Column("model", lambda outcome: outcome.model),
    Column("latency_ms", lambda outcome: outcome.latency_ms, title="LATENCY MS"),
    Column("error", lambda outcome: outcome.error),
)


@app.command("show")
def show(context: typer.Context) -> None:
    """Show provider, model, spending and its caps; the key is masked.

    \b
    Examples:
      plantops settings llm show
      plantops settings llm show --json | jq .spent_today_usd
    """
    call = invocation(context)
    found = call.ask(lambda client: client.llm_settings())
    call.writer().one(found, llm_view.COLUMNS, llm_view.sections(found))
    if advice := llm_view.advice(found):
        diagnostics.say(advice)


@app.command("set")
def set_(
    context: typer.Context,
    provider: Annotated[Provider | None, typer.Option(help="Who is asked.")] = None,
    model: Annotated[
        str | None, typer.Option(help='Its model; "show" lists those with a known price.')
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(help='Address of an openai-compatible server: http://127.0.0.1:11434/v1; "" for none.'),
    ] = None,
    daily_cap: Annotated[
        str | None, typer.Option(metavar="USD", help="Spend at most so much a day; none for no cap.")
    ] = None,
    monthly_cap: Annotated[
        str | None, typer.Option(metavar="USD", help="Spend at most so much a month; none for no cap.")
    ] = None,
    price: Annotated[
        str | None,
        typer.Option(metavar="IN,OUT", help="Price of this model, US dollars per million tokens: 0.25,1.25."),
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", metavar="FILE", help="Read its key from a file.")
    ] = None,
    key_stdin: Annotated[bool, typer.Option("--key-stdin", help="Read its key from stdin.")] = False,
    ask_key: Annotated[bool, typer.Option("--ask-key", help="Ask for its key, without echo.")] = False,
) -> None:
    """Choose the model; what is not given stays. The key is never an argument: a new provider's is asked for.

    \b
    Examples:
      plantops settings llm set --provider anthropic --model claude-haiku-5-5 --daily-cap 0.50
      pass show openai | plantops settings llm set --provider openai --model gpt-5-mini --key-stdin
      plantops settings llm set --provider openai-compatible --base-url http://127.0.0.1:11434/v1 --model qwen3
      plantops settings llm set --daily-cap none --monthly-cap 5
    """
    call = invocation(context)
    edit = llm_view.Edit(provider, model, base_url, daily_cap, monthly_cap, price)
    if sum((key_file is not None, key_stdin, ask_key)) > 1:
        raise Stop(ExitCode.USAGE, "Give the key in one way: --key-file, --key-stdin or --ask-key.")
    gives_key = key_file is not None or key_stdin or ask_key
    if not edit.says_something and not gives_key:
        raise Stop(ExitCode.USAGE, "Nothing to change was given.", '"--help" lists what can be.')
    before = call.ask(lambda client: client.llm_settings())
    body = edit.applied_to(before)
    if gives_key or llm_view.needs_key(before, body):
        body = body.model_copy(update={"api_key": _key(call, body.provider, key_file, from_stdin=key_stdin)})
    after = call.ask(lambda client: client.set_llm_settings(body))
    call.writer().one(after, llm_view.COLUMNS, llm_view.sections(after))
    told = llm_view.changes(before, after, new_key=body.api_key is not None)
    diagnostics.say("Changed: " + "; ".join(told) + "." if told else "Nothing was different.")
    if after.configured:
        diagnostics.say("Try it: plantops settings llm test")


@app.command("test")
def test(context: typer.Context) -> None:
    """Ask the model something cheap.

    The cheapest call that needs the key; what really came back is said.

    \b
    Examples:
      plantops settings llm test
    """
    call = invocation(context)
    outcome = call.ask(lambda client: client.test_llm())
    call.writer().one(outcome, _TEST_COLUMNS)
    if not outcome.ok:
        raise Stop(ExitCode.FAILURE, outcome.error or "The test failed, and nothing says why.")
    diagnostics.say(f"{outcome.model} of {outcome.provider} answered in {outcome.latency_ms} ms.")


@app.command("forget")
def forget(context: typer.Context, yes: prompts.Yes = False) -> None:
    """Forget provider, model and key.

    The rules write the plans from then on.

    \b
    Examples:
      plantops settings llm forget --yes
    """
    call = invocation(context)
    before = call.ask(lambda client: client.llm_settings())
    if before.provider is None:
        diagnostics.say("There is nothing to forget: no model is set.")
        return
    key = f" and its key {before.api_key_masked}" if before.api_key_masked else ""
    prompts.confirm(call, f"Forget {before.model} of {before.provider}{key}", yes=yes)

    async def talk(client: PlantOpsClient) -> None:
        await client.forget_llm_settings()

    call.ask(talk)
    diagnostics.say(f"Forgotten: {before.model} of {before.provider}. The rules write the plans now.")


def _key(call: Invocation, provider: str, file: Path | None, *, from_stdin: bool) -> str:
    if file is not None:
        key = _from_file(file)
    else:
        key = prompts.secret(call, f"Key of {provider}", "--key-stdin", from_stdin=from_stdin).strip()
    if not key or len(key.split()) != 1:
        raise Stop(ExitCode.USAGE, "That is no key: a key is one word. Nothing was changed.")
    return key


def _from_file(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is no text"
        raise Stop(
            ExitCode.USAGE, f"The key cannot be read from {file}: {why}. Nothing was changed."
        ) from None
