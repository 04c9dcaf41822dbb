"""The settings of the care advisor: which model writes the plans, its key, and what it may cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from fastapi import APIRouter, Request, Response

from plantops_api import advice
from plantops_api.wire import LlmPrice, LlmProvider, LlmSettingsBody
from plantops_server.entrance.auth import Admin, HouseDep, Operator
from plantops_server.entrance.house import House
from plantops_server.errors import InvalidInput
from plantops_server.web.acting import acted, body_of
from plantops_server.web.forms import Fields, FieldsDep
from plantops_server.web.pages import redirect, render

router = APIRouter(prefix="/settings/advisor", include_in_schema=False)

HOME = "/settings/advisor"
Prices = dict[str, LlmPrice]
PROVIDERS = [(name, name) for name in get_args(LlmProvider)]


@router.get("")
async def advisor(request: Request, house: HouseDep, caller: Operator) -> Response:
    """The settings, without the key."""
    shown = await house.advisor.shown()
    return render(
        request,
        "advisor.html",
        settings=shown,
        providers=PROVIDERS,
        may_admin=caller.may("admin"),
        money=advice.money,
    )


@router.post("")
async def choose(house: HouseDep, _caller: Admin, fields: FieldsDep) -> Response:
    """Choose the model. An empty key keeps the stored one, for its host alone."""

    async def work() -> None:
        await house.advisor.choose(_body(fields))

    return await acted(HOME, "Saved. Test it to see whether it answers.", work())


@router.post("/forget")
async def forget(house: HouseDep, _caller: Admin) -> Response:
    """Forget model and key; the rules write plans then."""
    return await acted(HOME, "Forgotten: the rules write care plans now.", house.advisor.forget())


@router.post("/test")
async def test(house: HouseDep, _caller: Admin) -> Response:
    """The cheapest authenticated call, and what really came back."""
    result = await house.advisor.test()
    if result.ok:
        return redirect(HOME, f"{result.model} of {result.provider} answered within {result.latency_ms} ms.")
    return redirect(HOME, result.error or "It did not answer.", "problem")


@router.post("/prices")
async def set_price(house: HouseDep, _caller: Admin, fields: FieldsDep) -> Response:
    """What a model costs, before what the shipped table says."""

    def priced(known: Prices) -> Prices:
        costs = {
            name: fields.number(name, label) for name, label in (("input_usd", "In"), ("output_usd", "Out"))
        }
        if fields.text("model") is None or None in costs.values():
            raise InvalidInput(problem="A price needs the model and both numbers; nothing was changed.")
        return known | {fields.text("model") or "": body_of(LlmPrice, **costs)}

    return await acted(HOME, "Saved: costs and caps are counted by this price.", _price(house, priced))


@router.post("/prices/forget")
async def forget_price(house: HouseDep, _caller: Admin, fields: FieldsDep) -> Response:
    """The shipped table counts again; a model that it does not know counts as the dearest."""

    def forgotten(known: Prices) -> Prices:
        return {model: price for model, price in known.items() if model != fields.text("model")}

    return await acted(HOME, "Forgotten: the table below counts again.", _price(house, forgotten))


async def _price(house: House, change: Callable[[Prices], Prices]) -> None:
    """Raises InvalidInput, also while there is no model whose settings they belong to."""
    shown = await house.advisor.shown()
    if shown.provider is None:
        raise InvalidInput(problem="Choose a model first; prices belong to its settings.")
    kept = {"provider", "model", "base_url", "daily_cap_usd", "monthly_cap_usd"}
    await house.advisor.choose(
        body_of(LlmSettingsBody, **shown.model_dump(include=kept), prices=change(shown.prices))
    )


def _body(fields: Fields) -> LlmSettingsBody:
    given: dict[str, Any] = {
        "provider": fields.text("provider"), "model": fields.text("model") or "", "base_url": fields.text("base_url"),
        "daily_cap_usd": fields.number("daily_cap_usd", "Most a day"),
        "monthly_cap_usd": fields.number("monthly_cap_usd", "Most a month"),
    }  # fmt: skip
    if (key := fields.text("api_key")) is not None:
        given["api_key"] = key
    return body_of(LlmSettingsBody, **given)
