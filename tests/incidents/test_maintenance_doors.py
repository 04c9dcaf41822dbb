"""Maintenance and the audit of deliveries through their doors."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from tests.incidents.household import Household
from tests.running_server import Doors


@pytest.fixture
async def operator(doors: Doors) -> httpx2.AsyncClient:
    return await doors.client("operator")


@pytest.fixture
async def house(doors: Doors) -> Household:
    household = Household(doors.house.db)
    await household.plants("p", "q")
    return household


async def cards_until(client: httpx2.AsyncClient) -> dict[str, str | None]:
    items = (await client.get("/api/plants")).json()["items"]
    return {card["id"]: card["maintenance_until"] for card in items}


async def test_a_plant_in_maintenance_says_so_on_its_card_until_it_is_over(
    house: Household, operator: httpx2.AsyncClient, doors: Doors
) -> None:
    began = await operator.post("/api/plants/p/maintenance", json={"seconds": 7200, "note": "repotting"})
    assert began.status_code == 200, began.text
    until = began.json()["until"]
    assert (began.json()["plant_name"], began.json()["set_by"]) == ("Plant p", "operator")
    assert await cards_until(operator) == {"p": until, "q": None}
    assert (await operator.get("/api/plants/p")).json()["maintenance_until"] == until
    doors.clock.now += timedelta(hours=3)
    assert await cards_until(operator) == {"p": None, "q": None}
    assert (await operator.get("/api/maintenance")).json()["items"] == []


async def test_the_whole_installation_in_maintenance_shows_on_every_card(
    house: Household, operator: httpx2.AsyncClient
) -> None:
    until = (await operator.post("/api/maintenance", json={"seconds": 600})).json()["until"]
    assert await cards_until(operator) == {"p": until, "q": until}
    assert (await operator.delete("/api/maintenance")).status_code == 204
    assert (await operator.delete("/api/maintenance")).status_code == 204
    assert await cards_until(operator) == {"p": None, "q": None}


async def test_a_new_word_replaces_the_one_before(house: Household, operator: httpx2.AsyncClient) -> None:
    for note in ("first", "second"):
        await operator.post("/api/maintenance", json={"seconds": 600, "note": note})
    (item,) = (await operator.get("/api/maintenance")).json()["items"]
    assert (item["plant_id"], item["note"]) == (None, "second")


async def test_what_makes_no_sense_is_refused(house: Household, operator: httpx2.AsyncClient) -> None:
    for body in ({}, {"seconds": 60, "until": "2030-01-01T00:00:00Z"}, {"until": "2000-01-01T00:00:00Z"}):
        assert (await operator.post("/api/maintenance", json=body)).status_code == 422
    assert (await operator.post("/api/plants/nobody/maintenance", json={"seconds": 60})).status_code == 404
    assert (await operator.delete("/api/plants/nobody/maintenance")).status_code == 404


async def test_viewers_see_maintenance_and_do_not_set_it(house: Household, doors: Doors) -> None:
    viewer = await doors.client("viewer")
    assert (await viewer.get("/api/maintenance")).status_code == 200
    assert (await viewer.post("/api/maintenance", json={"seconds": 60})).status_code == 403
    assert (await viewer.delete("/api/plants/p/maintenance")).status_code == 403


async def test_deliveries_are_paged_newest_first(house: Household, doors: Doors) -> None:
    viewer = await doors.client("viewer")
    alert_id = await house.dry("p")
    for outcome in ("later", "later", "sent"):
        await house.run(
            "INSERT INTO delivery_attempts (alert_id, channel, event, at, outcome)"
            " VALUES (%s, 'garden', 'opened', now(), %s)", alert_id, outcome,
        )  # fmt: skip
    path = f"/api/alerts/{alert_id}/deliveries"
    page = (await viewer.get(path, params={"limit": 2})).json()
    assert [item["outcome"] for item in page["items"]] == ["sent", "later"]
    rest = (await viewer.get(path, params={"cursor": page["next_cursor"]})).json()
    assert ([item["outcome"] for item in rest["items"]], rest["next_cursor"]) == (["later"], None)
    assert (await viewer.get("/api/alerts/999/deliveries")).status_code == 404
