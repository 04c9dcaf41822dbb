"""The care advisor in Settings: which model writes plans, its key, what it may cost; and the deeds on them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from textwrap import wrap
from typing import TYPE_CHECKING

from textual.content import Content

from plantops_api import wire
from plantops_api.advice import money
from plantops_tui.look import Pen
from plantops_tui.screens.choice import ChoiceDialog
from plantops_tui.widgets.record_list import Column, Record

if TYPE_CHECKING:
    from plantops_tui.screens.settings import SettingsScreen

COLUMNS = (Column("setting", 10), Column("", 25), Column(""))

BESIDE = 42
"""Cells that the first two columns and the pointer take; the rest of a line is for words."""

PROVIDERS: tuple[tuple[wire.LlmProvider, str], ...] = (
    ("anthropic", "anthropic"),
    ("openai", "openai"),
    ("openai-compatible", "openai-compatible: Ollama, LM Studio, vLLM …"),
)


def rows(pen: Pen, llm: wire.LlmSettings, outcome: wire.LlmTest | None, width: int) -> list[Record]:
    """A row a setting; what a test said last stands in the last ones, whole, whatever the ``width`` of the screen."""
    made = [_row(pen, *parts) for parts in _settings(llm)] + [_test_row(pen, llm, outcome)]
    if outcome is None or outcome.ok:
        return made
    first, *more = wrap(outcome_words(outcome), max(20, width - BESIDE)) or [""]
    title, state, _ = made[-1].cells
    made[-1] = Record("test", (title, state, Content.styled(first, pen.look.bad)))
    nothing = Content("")
    return made + [
        Record(f"test {place}", (nothing, nothing, Content.styled(line, pen.look.bad)))
        for place, line in enumerate(more)
    ]


def _row(pen: Pen, key: str, title: str, value: str, words: str) -> Record:
    cells = (
        Content.styled(title, pen.look.text),
        Content.styled(value, pen.look.strong),
        Content.styled(words, pen.look.muted),
    )
    return Record(key, cells)


def _settings(llm: wire.LlmSettings) -> list[tuple[str, str, str, str]]:
    if llm.provider is None:
        missing = "plantops[llm] is missing on the server"
        words = "on this machine; n chooses a model" if llm.installed else missing
        return [("provider", "written by", "rules", words)]
    key = llm.api_key_masked
    return [
        ("provider", "written by", llm.provider, "n chooses another one, or the rules"),
        ("model", "model", llm.model or "", price_words(llm)),
        ("address", "address", "your own" if llm.base_url else "the provider's own", llm.base_url or ""),
        ("key", "key", key or "none", f"goes to {llm.key_host} only" if key else _no_key(llm)),
        ("today", "today", *_spending(llm.spent_today_usd, llm.daily_cap_usd)),
        ("month", "this month", *_spending(llm.spent_month_usd, llm.monthly_cap_usd)),
    ]  # fmt: skip


def _no_key(llm: wire.LlmSettings) -> str:
    return "e gives one" if not llm.configured else "this server wants none"


def _spending(spent: float, cap: float | None) -> tuple[str, str]:
    """What went of the cap, and what that means when nothing is left."""
    if cap is None:
        return f"{money(spent)}, no cap", ""
    return (
        f"{money(spent)} of {money(cap)}",
        "the cap is reached: the rules write now" if spent >= cap else "",
    )


def price_words(llm: wire.LlmSettings) -> str:
    """``$1 in, $5 out per million (2026-11-24)``: US dollars, tokens, date of the price."""
    own = llm.prices.get(llm.model or "")
    if own is not None:
        return f"${own.input_usd:g} in, ${own.output_usd:g} out per million, your own"
    known = next((m for m in llm.models if (m.provider, m.id) == (llm.provider, llm.model)), None)
    if known is None:
        return "its price is not known"
    return f"{model_price(known)} per million ({llm.prices_as_of})"


def model_price(model: wire.LlmModel) -> str:
    """``$1 in, $5 out``."""
    return f"${model.input_usd:g} in, ${model.output_usd:g} out"


def _test_row(pen: Pen, llm: wire.LlmSettings, outcome: wire.LlmTest | None) -> Record:
    title = Content.styled("test", pen.look.text)
    if outcome is None:
        words = "t asks it something cheap" if llm.configured else "there is nothing to test yet"
        return Record(
            "test",
            (title, Content.styled("not tested now", pen.look.muted), Content.styled(words, pen.look.muted)),
        )
    glyph, style = ("ok", pen.look.good) if outcome.ok else ("critical", pen.look.bad)
    state = "answered" if outcome.ok else "failed"
    cells = (
        title,
        Content.styled(f"{pen.glyphs.health[glyph]} {state}", style),
        Content.styled(outcome_words(outcome), pen.look.text if outcome.ok else pen.look.bad),
    )
    return Record("test", cells)


def outcome_words(outcome: wire.LlmTest) -> str:
    """What came of a test, in a sentence."""
    if outcome.ok:
        return f"{outcome.model} answered in {outcome.latency_ms} ms."
    return outcome.error or "It failed, and nothing says why."


def why_not(llm: wire.LlmSettings | None, action: str) -> str | None:
    """Why an act on the model cannot be done now; None when it can."""
    if llm is None:
        return "This has not been read yet."
    if action == "test" and not llm.configured:
        return "There is nothing to test yet: choose a model with n."
    if action == "remove" and llm.provider is None:
        return "There is nothing to forget: no model is set."
    return None


def choose(screen: SettingsScreen, llm: wire.LlmSettings) -> None:
    """Ask who writes the plans, then for the model and its key."""
    options: list[tuple[str, int | None]] = [(words, place) for place, (_, words) in enumerate(PROVIDERS)]
    if llm.provider is not None:
        options.append(("the rules, without a model", len(PROVIDERS)))

    def chosen(place: int | None) -> None:
        if place == len(PROVIDERS):
            screen.action_remove()
        elif place is not None:
            edit(screen, llm, PROVIDERS[place][0])

    screen.app.push_screen(ChoiceDialog("Who writes the care plans?", options), chosen)


def edit(screen: SettingsScreen, llm: wire.LlmSettings, provider: wire.LlmProvider) -> None:
    """Model, address, key and caps in one form."""
    from plantops_tui.screens.model_form import ModelForm

    screen.app.push_screen(ModelForm(screen.client, llm, provider), screen.model_saved)


def forgetting(
    screen: SettingsScreen, llm: wire.LlmSettings
) -> tuple[str, str, Callable[[], Awaitable[object]], str]:
    """Question, answer, deed and what is said after it."""
    key = f" Its key {llm.api_key_masked} is forgotten." if llm.api_key_masked else ""
    return (
        f"Let the rules write the care plans, in place of {llm.model}?{key}",
        f"forget {llm.model}",
        screen.client.forget_llm_settings,
        "Forgotten. The rules write the care plans now.",
    )
