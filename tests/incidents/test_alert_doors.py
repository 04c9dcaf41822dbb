"""What people do with incidents, through the doors that they use."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.incidents.household import LIMITS, Household, context, reading
from tests.running_server import Doors


@pytest.fixture
async def operator(doors: Doors) -> httpx2.AsyncClient:
    return await doors.client("operator")


@pytest.fixture
def house(doors: Doors) -> Household:
    return Household(doors.house.db)


async def items(client: httpx2.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get("/api/alerts", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_open_alerts_are_listed_with_the_fields_that_scripts_rely_on(
    house: Household, operator: httpx2.AsyncClient
) -> None:
    await house.plants("p")
    alert_id = await house.dry("p")
    (alert,) = await items(operator)
    fields = (
        "plant_id",
        "device_id",
        "metric",
        "kind",
        "severity",
        "value",
        "threshold",
        "acked_at",
        "resolved_at",
    )
    assert alert["id"] == alert_id
    assert [alert[field] for field in fields] == [
        "p", None, "soil_moisture", "low", "warning", 25, 30, None, None,
    ]  # fmt: skip
    assert alert["plant_name"] == "Plant p"
    assert alert["opened_at"] == "2026-11-24T08:00:00Z"


async def test_resolved_alerts_are_listed_only_when_asked_for(
    house: Household, operator: httpx2.AsyncClient
) -> None:
    await house.plants("p", "q")
    await house.dry("p")
    await house.judge(reading("p", 10, 50))
    await house.dry("q")
    assert [a["plant_id"] for a in await items(operator)] == ["q"]
    assert [a["plant_id"] for a in await items(operator, state="all")] == ["q", "p"]
    assert (await operator.get("/api/alerts", params={"state": "some"})).status_code == 422


async def test_the_list_is_paged_and_searched(house: Household, operator: httpx2.AsyncClient) -> None:
    await house.plants(*(f"p{n}" for n in range(5)))
    for n in range(5):
        await house.dry(f"p{n}")
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await operator.get("/api/alerts", params=params)).json()
        seen += [a["plant_id"] for a in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == ["p4", "p3", "p2", "p1", "p0"]
    assert [a["plant_id"] for a in await items(operator, q="PLANT P3")] == ["p3"]
    assert [a["plant_id"] for a in await items(operator, plant_id="p1")] == ["p1"]
    assert await items(operator, q="%") == []
    assert (await operator.get("/api/alerts", params={"cursor": "bm90IGEgbnVtYmVy"})).status_code == 422


async def test_the_first_who_acknowledges_stays_and_it_can_be_taken_back(
    house: Household, doors: Doors, operator: httpx2.AsyncClient
) -> None:
    await house.plants("p")
    alert_id = await house.dry("p")
    answer = await operator.post(f"/api/alerts/{alert_id}/ack")
    assert (answer.status_code, answer.json()["acked_by"]) == (200, "operator")
    admin = await doors.client("admin")
    assert (await admin.post(f"/api/alerts/{alert_id}/ack")).json()["acked_by"] == "operator"
    answer = await operator.post(f"/api/alerts/{alert_id}/unack")
    assert (answer.json()["acked_by"], answer.json()["acked_at"]) == (None, None)


async def test_snoozing_takes_seconds_or_a_time_but_not_both_and_not_the_past(
    house: Household, doors: Doors, operator: httpx2.AsyncClient
) -> None:
    await house.plants("p")
    url = f"/api/alerts/{await house.dry('p')}/snooze"
    now = doors.clock()
    answer = await operator.post(url, json={"seconds": 3600})
    assert answer.json()["snoozed_until"].startswith(f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}")
    until = (now + timedelta(hours=2)).isoformat()
    assert (await operator.post(url, json={"until": until})).status_code == 200
    for wrong in (
        {}, {"seconds": 60, "until": until}, {"until": now.isoformat()}, {"until": "2030-01-01T00:00:00"},
        {"seconds": 1}, {"until": (now + timedelta(days=31)).isoformat()},
    ):  # fmt: skip
        answer = await operator.post(url, json=wrong)
        assert answer.status_code == 422, wrong
        assert answer.headers["content-type"] == "application/problem+json"


async def test_resolving_by_hand_says_who_and_why_and_updates_the_plant(
    house: Household, doors: Doors, operator: httpx2.AsyncClient
) -> None:
    await house.plants("p")
    alert_id = await house.dry("p")
    await house.run("UPDATE plant_state SET open_incidents = 1, health = 'attention'")
    answer = await operator.post(f"/api/alerts/{alert_id}/resolve", json={"note": "watered"})
    assert answer.json()["resolution"] == "resolved by operator: watered"
    (state,) = await house.rows("SELECT open_incidents, health FROM plant_state")
    assert state == {"open_incidents": 0, "health": "unknown"}  # nothing was ever measured here


async def test_a_breach_that_goes_on_after_a_resolve_by_hand_opens_a_new_incident_after_two_readings(
    house: Household, operator: httpx2.AsyncClient
) -> None:
    await house.plants("p")
    alert_id = await house.dry("p")
    await operator.post(f"/api/alerts/{alert_id}/resolve")
    assert await house.judge(reading("p", 10, 25)) == []
    (reopened,) = await house.judge(reading("p", 15, 25))
    assert reopened != alert_id


@pytest.mark.parametrize("step", ["ack", "unack", "snooze", "resolve"])
async def test_a_resolved_incident_cannot_be_acted_on_and_an_unknown_one_is_not_found(
    house: Household, operator: httpx2.AsyncClient, step: str
) -> None:
    await house.plants("p")
    alert_id = await house.dry("p")
    await house.judge(reading("p", 10, 50))
    body = {"seconds": 60} if step == "snooze" else None
    answer = await operator.post(f"/api/alerts/{alert_id}/{step}", json=body)
    assert answer.status_code == 409
    assert answer.json()["code"] == "alert_is_resolved"
    assert "back in range" in answer.json()["detail"]
    for unknown in ("999999", "0", "-1", "abc", "9" * 30, "1e3"):
        answer = await operator.post(f"/api/alerts/{unknown}/{step}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "alert_not_found"), unknown


async def test_viewers_read_and_operators_act(house: Household, doors: Doors) -> None:
    await house.plants("p")
    alert_id = await house.dry("p")
    viewer = await doors.client("viewer")
    assert (await viewer.get(f"/api/alerts/{alert_id}")).status_code == 200
    assert (await viewer.get("/api/alerts")).status_code == 200
    for step in ("ack", "unack", "snooze", "resolve"):
        body = {"seconds": 60} if step == "snooze" else None
        assert (await viewer.post(f"/api/alerts/{alert_id}/{step}", json=body)).status_code == 403
    stranger = await doors.client()
    assert (await stranger.get("/api/alerts")).status_code == 401


async def test_two_people_who_resolve_at_once_get_one_success_and_one_conflict(
    house: Household, operator: httpx2.AsyncClient
) -> None:
    await house.plants("p")
    url = f"/api/alerts/{await house.dry('p')}/resolve"
    answers = await asyncio.gather(*(operator.post(url) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409]


def test_the_builders_limits_are_what_these_tests_assume() -> None:
    assert (LIMITS["soil_moisture"].min, context("p").name) == (30, "Plant p")
