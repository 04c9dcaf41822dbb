"""Which model of one provider writes care plans: its name with suggestions, address, key typed unseen, caps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from plantops_api import wire
from plantops_api.client import PlantOpsClient
from plantops_tui.screens.form import Field, FormDialog, Values
from plantops_tui.screens.model_settings import model_price

MOST = 4
"""Lines of suggestions."""
_NO_CAP = "no cap, in US dollars"


class ModelForm(FormDialog):
    """Answers with the settings as the server has them now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "down", "down", show=False),
        Binding("up", "up", "up", show=False),
    ]

    def __init__(self, client: PlantOpsClient, llm: wire.LlmSettings, provider: wire.LlmProvider) -> None:
        self._client, self._llm, self._provider = client, llm, provider
        self._same = llm.provider == provider
        self._offered: list[wire.LlmModel] = []
        super().__init__(f"Care plans by {provider}", self._asked(), self._save_choice, self._explained())

    # --- fields ----------------------------------------------------------------------------------------

    def _asked(self) -> list[Field]:
        llm, own = self._llm, self._provider == "openai-compatible"
        name, address = ((llm.model or ""), (llm.base_url or "")) if self._same else ("", "")
        at = "http://127.0.0.1:11434/v1" if own else "the provider's own"
        stored = f"empty: {llm.api_key_masked} stays" if self._stored else "typed unseen"
        fields = [
            Field("model", "model", name, "type its name, or choose below", 200, _named),
            Field("api_key", "key", "", stored, 500, self._wrong_key, secret=True),
            Field("base_url", "address", address, at, 500, _addressed if own else _perhaps_addressed),
            Field("daily_cap_usd", "daily cap", _dollars(llm.daily_cap_usd), _NO_CAP, 12, wrong_amount),
            Field("monthly_cap_usd", "monthly cap", _dollars(llm.monthly_cap_usd), _NO_CAP, 12, wrong_amount),
        ]
        if own:
            hint = "in,out per million tokens: 0,0 is free"
            fields.append(Field("price", "price", self._own_price(), hint, 40, wrong_price))
        return fields

    def _own_price(self) -> str:
        own = self._llm.prices.get(self._llm.model or "") if self._same else None
        return f"{own.input_usd:g},{own.output_usd:g}" if own else ""

    def _explained(self) -> str:
        if self._provider == "openai-compatible":
            return "The key, if your server wants one, is kept sealed and only ever sent to this address."
        return "The key is kept sealed, shown masked, and only ever sent to this provider."

    @property
    def _stored(self) -> bool:
        """Whether a key is there that may be used again: one stays with its provider and its address."""
        return self._same and self._llm.api_key_masked is not None

    def _wrong_key(self, typed: str) -> str:
        moved = self._stored and self.values["base_url"] != (self._llm.base_url or "")
        if not typed and self._provider != "openai-compatible" and (moved or not self._stored):
            return "The stored key is for the old address; give the new one's." if moved else "Give its key."
        return "A key is one word." if len(typed.split()) > 1 else ""

    async def _save_choice(self, values: Values) -> object:
        return await self._client.set_llm_settings(body_of(self._llm, self._provider, values))

    # --- suggestions -----------------------------------------------------------------------------------

    def compose_field(self, field: Field) -> Iterable[Vertical | Horizontal | Static]:
        """Below the model those with a known price."""
        yield from super().compose_field(field)
        if field.name == "model":
            yield OptionList(id="suggestions", compact=True)  # type: ignore[misc]

    def on_mount(self) -> None:
        """Offer what is known at once."""
        super().on_mount()
        self._offer(self.values["model"])

    @property
    def _list(self) -> OptionList:
        return self.query_one("#suggestions", OptionList)

    @on(Input.Changed, "#model")
    def _typed(self, message: Input.Changed) -> None:
        self._offer(message.value)

    def _offer(self, typed: str) -> None:
        wanted = typed.strip().lower()
        known = [model for model in self._llm.models if model.provider == self._provider]
        fits = [model for model in known if wanted in model.id.lower() and model.id != typed]
        self._offered = fits[:MOST]
        self._list.clear_options()
        self._list.add_options(
            Option(Content.assemble(model.id, (f"  {model_price(model)}", "dim"))) for model in self._offered
        )
        self._list.set_class(bool(self._offered), "-shown")

    @on(OptionList.OptionSelected, "#suggestions")
    def _chosen(self, message: OptionList.OptionSelected) -> None:
        self.query_one("#model", Input).value = self._offered[message.option_index].id
        self._offer(self.values["model"])
        self.query_one("#api_key").focus()

    def action_down(self) -> None:
        """Into the suggestions from the model, else to the next field."""
        if self.focused is self.query_one("#model") and self._offered:
            self._list.focus()
            self._list.highlighted = 0
        else:
            self.focus_next("Input")

    def action_up(self) -> None:
        """The field before."""
        self.focus_previous("Input")


def body_of(llm: wire.LlmSettings, provider: wire.LlmProvider, values: Values) -> wire.LlmSettingsBody:
    """What is sent: an empty key keeps the stored one."""
    prices = None
    if price := values.get("price"):
        read, written = (_amount(part) for part in price.split(","))
        prices = {**llm.prices, values["model"]: wire.LlmPrice(input_usd=read or 0, output_usd=written or 0)}
    return wire.LlmSettingsBody(
        provider=provider, model=values["model"], api_key=values["api_key"] or None,
        base_url=values.get("base_url") or None, daily_cap_usd=_amount(values["daily_cap_usd"]),
        monthly_cap_usd=_amount(values["monthly_cap_usd"]), prices=prices,
    )  # fmt: skip


def wrong_amount(typed: str) -> str:
    """What is wrong with an amount in US dollars; empty means no cap, 0 that nothing is ever spent."""
    return (
        ""
        if not typed or _amount(typed) is not None
        else "Give US dollars such as 0.50, or nothing for no cap."
    )


def wrong_price(typed: str) -> str:
    """What is wrong with a price of input and output tokens."""
    parts = typed.split(",")
    fine = not typed or (len(parts) == 2 and all(_amount(part) is not None for part in parts))
    return "" if fine else "Give input and output, in US dollars per million tokens: 0.25,1.25"


def _amount(typed: str) -> float | None:
    try:
        amount = float(typed.strip().removeprefix("$"))
    except ValueError:
        return None
    return amount if 0 <= amount < float("inf") else None


def _dollars(amount: float | None) -> str:
    return "" if amount is None else f"{amount:g}"


def _named(typed: str) -> str:
    return "" if typed else "Give the name of a model, or choose one below."


def _perhaps_addressed(typed: str) -> str:
    return _addressed(typed) if typed else ""


def _addressed(typed: str) -> str:
    return (
        ""
        if typed.startswith(("http://", "https://"))
        else "Give an address such as http://127.0.0.1:11434/v1."
    )
