"""Triage in the browser: the same acts as through the API, by forms that need no script."""

from __future__ import annotations

import pytest

from plantops_api.wire import Role
from tests.incidents.household import Household, reading
from tests.web.conftest import View


@pytest.fixture
def house(view: View) -> Household:
    return Household(view.doors.house.db)


async def dry(house: Household, *plants: str) -> list[int]:
    await house.plants(*plants)
    return [await house.dry(plant) for plant in plants]


async def test_what_is_wrong_stands_there_in_words_with_value_and_limit(view: View, house: Household) -> None:
    await dry(house, "fern")
    page = (await (await view.visitor("viewer")).see("/alerts")).text
    assert 'href="/plants/fern"' in page
    assert "too dry" in page
    assert "limit 30 %" in page


async def test_a_value_just_beyond_its_limit_does_not_read_like_it(view: View, house: Household) -> None:
    await house.plants("fern")
    await house.judge(reading("fern", 0, 29.97), reading("fern", 5, 29.97))
    assert "29.97 %, limit 30 %" in (await (await view.visitor("viewer")).see("/alerts")).text


async def test_without_alerts_the_page_says_so(view: View) -> None:
    visitor = await view.visitor("viewer")
    assert "All is well" in (await visitor.see("/alerts")).text
    assert "Nothing found" in (await visitor.see("/alerts?q=fern")).text


async def test_the_list_is_filtered_and_goes_on_over_pages(view: View, house: Household) -> None:
    await dry(house, "fern", "basil", "palm")
    visitor = await view.visitor("viewer")
    page = (await visitor.see("/alerts?q=basil")).text
    assert "basil" in page
    assert "palm" not in page
    first = (await visitor.see("/alerts?limit=2")).text
    assert "Older ones" in first
    assert "fern" not in first


async def test_an_operator_acknowledges_takes_back_snoozes_and_resolves(view: View, house: Household) -> None:
    (number,) = await dry(house, "fern")
    visitor = await view.visitor("operator")
    csrf = await visitor.token("/alerts")

    async def act(what: str, **fields: str) -> str:
        back = {"back": "/alerts?state=all", "csrf": csrf}
        answer = await visitor.send(f"/alerts/{number}/{what}", {**back, **fields})
        assert (answer.status_code, answer.headers["location"]) == (303, "/alerts?state=all")
        return (await visitor.see("/alerts?state=all")).text

    assert "acknowledged by operator" in await act("ack")
    assert "acknowledged by" not in await act("unack")
    assert "quiet until" in await act("snooze", seconds="86400")
    resolved = await act("resolve", note="watered it")
    assert "watered it" in resolved
    assert "Acknowledge</button>" not in resolved
    again = await visitor.send(f"/alerts/{number}/ack", {"back": "/alerts?state=all", "csrf": csrf})
    assert again.status_code == 409
    assert "is already resolved" in again.text
    assert 'role="alert"' in again.text
    assert "watered it" in again.text
    assert "All is well" in (await visitor.see("/alerts")).text


@pytest.mark.parametrize(("role", "status"), [(None, 403), ("viewer", 403)])
async def test_nobody_else_can(view: View, house: Household, role: Role | None, status: int) -> None:
    (number,) = await dry(house, "fern")
    visitor = await view.visitor(role)
    for act in ("ack", "unack", "snooze", "resolve"):
        token = await visitor.token("/alerts") if role else ""
        answer = await visitor.send(f"/alerts/{number}/{act}", {"seconds": "3600", "csrf": token})
        assert answer.status_code == (status if role else 401)
    if role:
        page = (await visitor.see("/alerts")).text
        assert f"/alerts/{number}/" not in page
    admin = await view.doors.client("admin")
    assert (await admin.get(f"/api/alerts/{number}")).json()["acked_at"] is None


async def test_an_alert_that_is_not_there_is_said_to_be_so(view: View) -> None:
    visitor = await view.visitor("operator")
    csrf = await visitor.token("/alerts")
    for number in ("999999", "one", "9" * 30):
        answer = await visitor.send(f"/alerts/{number}/ack", {"csrf": csrf})
        assert answer.status_code == 404
        assert "There is no alert" in answer.text
        assert "All is well" in answer.text


async def test_a_snooze_without_a_sensible_length_is_refused(view: View, house: Household) -> None:
    (number,) = await dry(house, "fern")
    visitor = await view.visitor("operator")
    csrf = await visitor.token("/alerts")
    for seconds in ("", "soon", "-5", "59", "1e99", "NaN"):
        answer = await visitor.send(f"/alerts/{number}/snooze", {"csrf": csrf, "seconds": seconds})
        assert answer.status_code == 422, seconds
        assert f'id="alert-{number}"' in answer.text
        assert 'id="refused"' in answer.text


async def test_nothing_is_told_for_a_while_about_one_plant_or_any(view: View, house: Household) -> None:
    operator = await view.visitor("operator")
    csrf = {"csrf": await operator.token()}
    plant = "fern"
    await house.plants(plant)
    reason = '"><script>'
    for place, about in (("/alerts", "any plant"), (f"/plants/{plant}", f'<a href="/plants/{plant}">')):
        form = {**csrf, "back": "/plants/fern/edit" if plant in place else place}
        odd = await operator.send(f"{place}/maintenance", {**form, "seconds": "1", "note": "odd"})
        assert (odd.status_code, 'value="odd"' in odd.text) == (422, True)
        await operator.send(f"{place}/maintenance", {**csrf, "seconds": "3600", "note": reason})
        page = (await operator.see("/alerts")).text
        assert f"Nothing is told about {about}" in page
        assert reason not in page
        snapshot = (await operator.see("/snapshot/alerts.html")).text
        assert "Nothing is told" not in snapshot
        await operator.send(f"{place}/maintenance/end", csrf)
        assert "Nothing is told about" not in (await operator.see("/alerts")).text
