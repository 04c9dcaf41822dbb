"""The settings of the care advisor: which model writes the plans, its key, and what it may cost."""

from __future__ import annotations

from typing import Any, get_args

from fastapi import APIRouter, Request, Response

from plantops_api.wire import LlmProvider, LlmSettingsBody
from plantops_server.entrance.auth import Admin, HouseDep, Operator
from plantops_server.web.acting import acted, body_of
from plantops_server.web.forms import Fields, FieldsDep
from plantops_server.web.pages import redirect, render

router = APIRouter(prefix="/settings/advisor", include_in_schema=False)

HOME = "/settings/advisor"
PROVIDERS = [(name, name) for name in get_args(LlmProvider)]


@router.get("")
async def advisor(request: Request, house: HouseDep, caller: Operator) -> Response:
    """The settings, without the key."""
    shown = await house.advisor.shown()
    return render(request, "advisor.html", settings=shown, providers=PROVIDERS, may_admin=caller.may("admin"))


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


def _body(fields: Fields) -> LlmSettingsBody:
    given: dict[str, Any] = {
        "provider": fields.text("provider"), "model": fields.text("model") or "", "base_url": fields.text("base_url"),
        "daily_cap_usd": fields.number("daily_cap_usd", "Most a day"),
        "monthly_cap_usd": fields.number("monthly_cap_usd", "Most a month"),
    }  # fmt: skip
    if (key := fields.text("api_key")) is not None:
        given["api_key"] = key
    return body_of(LlmSettingsBody, **given)
