"""How the command line shows the settings of the language model, and what an edit makes of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from plantops_api import wire
from plantops_api.advice import money
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.output import Column, Section

_WITH_KEY = frozenset({"anthropic", "openai"})
"""Providers that answer nobody without a key; a server of one's own may."""

COLUMNS = (
    Column("provider", lambda found: found.provider),
    Column("model", lambda found: found.model),
    Column("base_url", lambda found: found.base_url),
    Column("configured", lambda found: found.configured),
    Column("installed", lambda found: found.installed),
    Column("api_key_masked", lambda found: found.api_key_masked),
    Column("key_host", lambda found: found.key_host),
    Column("daily_cap_usd", lambda found: found.daily_cap_usd),
    Column("monthly_cap_usd", lambda found: found.monthly_cap_usd),
    Column("spent_today_usd", lambda found: found.spent_today_usd),
    Column("spent_month_usd", lambda found: found.spent_month_usd),
    Column("prices_as_of", lambda found: found.prices_as_of),
)


def sections(found: wire.LlmSettings) -> list[Section]:
    """What ``settings llm show`` prints: the choice, the spending, the models with a known price."""
    key = found.api_key_masked
    rows = [
        ["provider", found.provider or "none: the rules write the plans"],
        ["model", found.model or "–"],
        ["address", found.base_url or "the provider's own"],
        ["key", f"{key}, sent to {found.key_host} only" if key else "none"],
        ["today", _spending(found.spent_today_usd, found.daily_cap_usd)],
        ["this month", _spending(found.spent_month_usd, found.monthly_cap_usd)],
    ]
    parts = [Section("", rows if found.provider else [rows[0], *rows[4:]])]
    if models := _models(found):
        title = f"Prices in US dollars per million tokens, as of {found.prices_as_of}"
        parts.append(Section(title, models, ("PROVIDER", "MODEL", "IN", "OUT", "")))
    return parts


def _models(found: wire.LlmSettings) -> list[list[str]]:
    own = [
        [found.provider or "–", model, f"{price.input_usd:g}", f"{price.output_usd:g}", "your own price"]
        for model, price in found.prices.items()
    ]
    shipped = [
        [
            model.provider, model.id, f"{model.input_usd:g}", f"{model.output_usd:g}",
            "in use" if (model.provider, model.id) == (found.provider, found.model) else "",
        ]
        for model in found.models
        if model.id not in found.prices
    ]  # fmt: skip
    return own + shipped


def _spending(spent: float, cap: float | None) -> str:
    return f"{money(spent)} spent, {'no cap' if cap is None else f'at most {money(cap)}'}"


def advice(found: wire.LlmSettings) -> str:
    """What to do when no plan can come from a model; empty when one can."""
    if not found.installed:
        return "The server lacks the vendors' libraries. Install them: pip install 'plantops[llm]'"
    if found.provider is None:
        return "Choose a model: plantops settings llm set --provider anthropic --model MODEL"
    if not found.configured:
        return f"{found.provider} needs a key. Give it: plantops settings llm set --ask-key"
    return ""


def needs_key(before: wire.LlmSettings, body: wire.LlmSettingsBody) -> bool:
    """Whether a key must be asked for: a vendor that wants one, and none stored for it."""
    return body.provider in _WITH_KEY and (
        before.provider != body.provider or before.api_key_masked is None or before.base_url != body.base_url
    )


class Edit(NamedTuple):
    """What was typed; None leaves a thing as it is. The key is not among it."""

    provider: str | None = None
    model: str | None = None
    base_url: str | None = None
    daily_cap: str | None = None
    monthly_cap: str | None = None
    price: str | None = None

    @property
    def says_something(self) -> bool:
        """Whether anything was given at all."""
        return any(value is not None for value in self)

    def applied_to(self, before: wire.LlmSettings) -> wire.LlmSettingsBody:
        """The whole of the settings as PUT wants it; the stored key stays where it may.

        Raises:
            Stop: something does not fit together (exit 2). Nothing was changed.
        """
        provider = self.provider or before.provider
        if provider is None:
            raise Stop(ExitCode.USAGE, "Which provider? Give --provider. Nothing was changed.")
        moved = provider != before.provider
        model = self.model or (None if moved else before.model)
        if not model:
            raise Stop(ExitCode.USAGE, f"Which model of {provider}? {_known(before, provider)}")
        base_url = (None if moved else before.base_url) if self.base_url is None else self.base_url or None
        if provider == "openai-compatible" and base_url is None:
            raise Stop(
                ExitCode.USAGE,
                "An openai-compatible server needs its address. Nothing was changed.",
                "Give --base-url, such as http://127.0.0.1:11434/v1 for Ollama.",
            )
        whole: dict[str, Any] = {
            "provider": provider, "model": model, "base_url": base_url,
            "daily_cap_usd": _cap("--daily-cap", self.daily_cap, before.daily_cap_usd),
            "monthly_cap_usd": _cap("--monthly-cap", self.monthly_cap, before.monthly_cap_usd),
        }  # fmt: skip
        if self.price is not None:
            whole["prices"] = {**before.prices, model: _price(self.price)}
        return wire.LlmSettingsBody.model_validate(whole)  # what does not fit becomes a sentence in main


def _known(before: wire.LlmSettings, provider: str) -> str:
    names = [model.id for model in before.models if model.provider == provider]
    known = f" Known: {', '.join(names)}." if names else ""
    return f"Give --model. Nothing was changed.{known}"


def _cap(option: str, typed: str | None, before: float | None) -> float | None:
    if typed is None:
        return before
    if typed.strip().lower() in ("", "none"):
        return None
    return _dollars(option, typed.strip().lstrip("$"))


def _price(typed: str) -> wire.LlmPrice:
    parts = typed.split(",")
    if len(parts) != 2:
        raise Stop(ExitCode.USAGE, f"{typed!r} is no price.", "Write input,output: --price 0.25,1.25.")
    return wire.LlmPrice(
        input_usd=_dollars("--price", parts[0].strip()), output_usd=_dollars("--price", parts[1].strip())
    )


def _dollars(option: str, typed: str) -> float:
    try:
        amount = float(typed)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < float("inf"):
        raise Stop(ExitCode.USAGE, f"{option}: {typed!r} is no amount in US dollars. Nothing was changed.")
    return amount


def changes(before: wire.LlmSettings, after: wire.LlmSettings, *, new_key: bool) -> list[str]:
    """What an edit did, one phrase each; the key itself is not repeated."""
    told = []
    for field, name in (("provider", "provider"), ("model", "model"), ("base_url", "address")):
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            told.append(f"{name}: {old or 'none'} -> {new or 'none'}")
    for field, name in (("daily_cap_usd", "daily cap"), ("monthly_cap_usd", "monthly cap")):
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            told.append(f"{name}: {_cap_text(old)} -> {_cap_text(new)}")
    if before.prices != after.prices:
        told.append("your own price")
    if new_key:
        told.append("key")
    elif before.api_key_masked and not after.api_key_masked:
        told.append(f"the key is forgotten: it was given for {before.key_host} only")
    return told


def _cap_text(cap: float | None) -> str:
    return "none" if cap is None else money(cap)
