"""Plants over HTTP: what people can do with them and what they get back."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from plantops_api.wire import Plant, PlantCard
from plantops_server.api import csv_cells
from plantops_server.telemetry import flags
from tests.running_server import Doors

HOSTILE = [
    "x [/red] y", "bed [kitchen] basil", "[@click=app.exit]water me[/]", "\x1b]0;owned\x07", "\u202etxet",
    "<script>alert(1)</script>", '" onmouseover="x', "'; DROP TABLE plants; --", "=HYPERLINK(\"http://x\")",
    "two\nlines", "ünïcödé 🌱🪴", "%s %(name)s {0}", "../../etc/passwd", "a" * 120,
]  # fmt: skip


async def plant(client: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post("/api/plants", json={"name": "Fern", **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def measure(doors: Doors, plant_id: str, at: datetime, moisture: float, bits: int = 0) -> None:
    """Store one reading of a device that is tied to the plant, as ingest does."""
    async with doors.house.db.transaction() as conn:
        await conn.execute(
            "INSERT INTO devices (id, mqtt_username, mqtt_client_id, mqtt_password_hash, plant_id, status)"
            " VALUES ('dev_1', 'dev_1', 'dev_1', '', %s, 'online') ON CONFLICT DO NOTHING", (plant_id,),
        )  # fmt: skip
        await conn.execute(
            "INSERT INTO telemetry (time, device_id, plant_id, soil_moisture, received_at, flags)"
            " VALUES (%s, 'dev_1', %s, %s, %s, %s)", (at, plant_id, moisture, at, bits),
        )  # fmt: skip


async def test_a_new_plant_is_a_whole_card(doors: Doors) -> None:
    client = await doors.client("operator")
    made = await plant(
        client, species="Aloe vera", location="sill", thresholds={"humidity": {"min": 30, "max": 60}}
    )
    Plant.model_validate(made)
    assert (made["health"], made["trust"], made["next_watering"]) == ("unknown", "none", None)
    assert made["own_thresholds"] == {"humidity": {"min": 30, "max": 60}}
    assert made["thresholds"]["humidity"] == {
        "min": 30, "max": 60, "source": "user", "enabled": True,
        "set_at": f"{doors.clock():%Y-%m-%dT%H:%M:%S.%fZ}", "set_by": "operator",
    }  # fmt: skip
    assert made["thresholds"]["soil_moisture"]["source"] == "species"
    assert len(made["sparkline"]["soil_moisture"]["mean"]) == 48
    assert (await client.get(f"/api/plants/{made['id']}")).json() == made


async def test_put_replaces_everything(doors: Doors) -> None:
    client = await doors.client("operator")
    made = await plant(client, notes="by the window", location="sill", thresholds={"humidity": {"min": 30}})
    changed = (await client.put(f"/api/plants/{made['id']}", json={"name": "Renamed"})).json()
    assert (changed["id"], changed["name"], changed["created_at"]) == (
        made["id"],
        "Renamed",
        made["created_at"],
    )
    assert (changed["notes"], changed["location"], changed["own_thresholds"]) == (None, None, {})


async def test_a_change_that_is_refused_changes_nothing(doors: Doors) -> None:
    client = await doors.client("operator")
    made = await plant(client)
    bad = {"name": "Other", "thresholds": {"soil_moisture": {"min": 60, "max": 20}}}
    answer = await client.put(f"/api/plants/{made['id']}", json=bad)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert (await client.get(f"/api/plants/{made['id']}")).json() == made


async def test_an_archived_plant_leaves_the_dashboard_and_keeps_its_history(doors: Doors) -> None:
    client = await doors.client("operator")
    made = await plant(client)
    await measure(doors, made["id"], doors.clock(), 40)
    assert (await client.delete(f"/api/plants/{made['id']}")).status_code == 204
    assert (await client.get("/api/plants")).json()["items"] == []
    assert [
        p["id"] for p in (await client.get("/api/plants", params={"archived": True})).json()["items"]
    ] == [made["id"]]
    shown = (await client.get(f"/api/plants/{made['id']}")).json()
    assert (shown["archived"], shown["device_count"]) == (True, 0)
    assert len((await client.get(f"/api/plants/{made['id']}/export.csv")).text.splitlines()) == 2
    assert (await client.put(f"/api/plants/{made['id']}", json={"name": "x"})).status_code == 404
    assert (await client.delete(f"/api/plants/{made['id']}")).status_code == 204


async def test_archiving_can_be_taken_back(doors: Doors) -> None:
    client = await doors.client("operator")
    made = await plant(client)
    await client.delete(f"/api/plants/{made['id']}")
    restored = await client.post(f"/api/plants/{made['id']}/restore")
    assert (restored.status_code, restored.json()["archived"]) == (200, False)
    assert [p["id"] for p in (await client.get("/api/plants")).json()["items"]] == [made["id"]]
    assert (await client.post("/api/plants/plt_nothing/restore")).status_code == 404


async def test_plants_come_by_name_in_pages_that_lose_and_repeat_none(doors: Doors) -> None:
    client = await doors.client("operator")
    names = ["beta", "Alpha", "alpha", "Gamma", "ALPHA"]
    for name in names:
        await plant(client, name=name)
    seen, cursor = [], None
    while True:
        page = (
            await client.get("/api/plants", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        ).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    for card in seen:
        PlantCard.model_validate(card)
    assert len({card["id"] for card in seen}) == 5
    assert [card["name"].lower() for card in seen] == sorted(name.lower() for name in names)


async def test_the_list_is_searched_by_name_species_and_place(doors: Doors) -> None:
    client = await doors.client("operator")
    await plant(client, name="One", species="Ficus elastica")
    await plant(client, name="Two", location="Kitchen 100%")
    for q, found in (
        ("FICUS", ["One"]),
        ("kitchen", ["Two"]),
        ("%", ["Two"]),
        ("_", []),
        ("o", ["One", "Two"]),
    ):
        items = (await client.get("/api/plants", params={"q": q})).json()["items"]
        assert [item["name"] for item in items] == found, q


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_is_kept_as_it_is_and_does_nothing(doors: Doors, name: str) -> None:
    client = await doors.client("operator")
    made = await plant(client, name=name, location=name, notes=name)
    assert made["name"] == name.strip()
    items = (await client.get("/api/plants", params={"q": name})).json()["items"]
    assert [item["id"] for item in items] == [made["id"]]


async def test_health_is_judged_when_it_is_read(doors: Doors) -> None:
    """Nobody has to write anything for a silent plant to lose its trust."""
    client = await doors.client("operator")
    made = await plant(client)
    await measure(doors, made["id"], doors.clock(), 40)
    async with doors.house.db.transaction() as conn:
        await conn.execute(
            "UPDATE plant_state SET soil_moisture = 40, soil_moisture_at = %(now)s, last_reading_at = %(now)s,"
            " expected_interval_s = 600, health = 'ok', trust = 'fresh'", {"now": doors.clock()},
        )  # fmt: skip
    seen = []
    for _ in range(4):
        (card,) = (await client.get("/api/plants")).json()["items"]
        seen.append((card["trust"], card["health"]))
        doors.clock.advance(minutes=11)
    assert seen == [("fresh", "ok"), ("fresh", "ok"), ("late", "ok"), ("offline", "unknown")]


async def test_new_limits_open_and_resolve_at_once(doors: Doors) -> None:
    client = await doors.client("operator")
    made = await plant(client, species="Aloe vera")
    for minutes in (30, 20, 10, 0):
        await measure(doors, made["id"], doors.clock() - timedelta(minutes=minutes), 20)
    dry = {"name": "Fern", "thresholds": {"soil_moisture": {"min": 30}}}
    changed = (await client.put(f"/api/plants/{made['id']}", json=dry)).json()
    (alert,) = changed["open_alerts"]
    assert (alert["kind"], alert["metric"], alert["value"], alert["threshold"]) == (
        "low",
        "soil_moisture",
        20,
        30,
    )
    assert (changed["worst"], changed["open_incidents"]) == ("too dry", 1)
    fine = {"name": "Fern", "thresholds": {"soil_moisture": {"min": 10}}}
    changed = (await client.put(f"/api/plants/{made['id']}", json=fine)).json()
    assert (changed["open_alerts"], changed["worst"], changed["open_incidents"]) == ([], None, 0)


async def test_archiving_resolves_what_is_open(doors: Doors) -> None:
    client = await doors.client("operator")
    made = await plant(client)
    for minutes in (20, 10, 0):
        await measure(doors, made["id"], doors.clock() - timedelta(minutes=minutes), 20)
    await client.put(
        f"/api/plants/{made['id']}", json={"name": "Fern", "thresholds": {"soil_moisture": {"min": 30}}}
    )
    await client.delete(f"/api/plants/{made['id']}")
    (alert,) = (await client.get("/api/alerts", params={"state": "all"})).json()["items"]
    assert "archived" in alert["resolution"]
    assert (await client.get("/api/alerts")).json()["items"] == []


async def test_flagged_and_back_filled_readings_open_nothing(doors: Doors) -> None:
    client = await doors.client("operator")
    made = await plant(client)
    now = doors.clock()
    for minutes in (50, 40, 30):
        await measure(doors, made["id"], now - timedelta(minutes=minutes), 5, flags.BACKFILL)
    for minutes in (20, 10, 0):
        await measure(doors, made["id"], now - timedelta(minutes=minutes), 0, flags.SUSPECT)
    dry = {"name": "Fern", "thresholds": {"soil_moisture": {"min": 30}}}
    assert (await client.put(f"/api/plants/{made['id']}", json=dry)).json()["open_alerts"] == []


async def test_waterings_are_logged_and_listed_newest_first(doors: Doors) -> None:
    client = await doors.client("operator")
    made = await plant(client)
    path = f"/api/plants/{made['id']}/waterings"
    now = doors.clock()
    for hours in (3, 1, 2):
        body = {
            "at": (now - timedelta(hours=hours)).isoformat(),
            "amount_ml": 100 * hours,
            "note": f"{hours} h ago",
        }
        assert (await client.post(path, json=body)).status_code == 201
    first = (await client.get(path, params={"limit": 2})).json()
    second = (await client.get(path, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [w["amount_ml"] for w in first["items"] + second["items"]] == [100, 200, 300]
    assert {w["source"] for w in first["items"]} == {"logged"}
    found = (await client.get(path, params={"q": "2 h"})).json()["items"]
    assert [w["note"] for w in found] == ["2 h ago"]


async def test_a_watering_that_is_taken_back_leaves_dry_soil_an_alert_at_once(doors: Doors) -> None:
    client = await doors.client("operator")
    made = await plant(client, thresholds={"soil_moisture": {"min": 5}})
    place, now = f"/api/plants/{made['id']}", doors.clock()
    for minutes in (30, 20):
        await measure(doors, made["id"], now - timedelta(minutes=minutes), 20)
    dry = {"name": "Fern", "thresholds": {"soil_moisture": {"min": 30}}}
    (alert,) = (await client.put(place, json=dry)).json()["open_alerts"]
    for minutes in (8, 7, 0):  # twice by mistake; and one that ended nothing
        at = (now - timedelta(minutes=minutes)).isoformat()
        last = (await client.post(f"{place}/waterings", json={"at": at})).json()["id"]
    await measure(doors, made["id"], now - timedelta(minutes=5), 20)
    assert (await client.get(place)).json()["open_alerts"] == []
    for number, still_open in ((last, []), (last - 1, []), (last - 2, [alert["id"]])):
        assert (await client.delete(f"{place}/waterings/{number}")).status_code == 204
        shown = (await client.get(place)).json()
        assert [one["id"] for one in shown["open_alerts"]] == still_open
    assert shown["open_alerts"][0]["opened_at"] == alert["opened_at"]
    assert shown["health"] == "critical"
    for gone in (str(last), "none", "9" * 30):
        answer = await client.delete(f"{place}/waterings/{gone}")
        assert (answer.status_code, answer.json()["code"]) == (404, "watering_not_found")
    assert (await client.delete(f"/api/plants/plt_none/waterings/{last}")).json()["code"] == "plant_not_found"
    assert (await client.get(f"{place}/waterings")).json()["items"] == []


@pytest.mark.parametrize(
    "body", [{"at": "2099-01-01T00:00:00Z"}, {"amount_ml": -5}, {"amount_ml": 1e9}, {"at": "soon"}]
)
async def test_a_watering_that_cannot_be_is_refused(doors: Doors, body: dict[str, Any]) -> None:
    client = await doors.client("operator")
    made = await plant(client)
    path = f"/api/plants/{made['id']}/waterings"
    assert (await client.post(path, json=body)).status_code == 422
    assert (await client.get(path)).json()["items"] == []


async def test_the_export_has_one_line_a_stored_reading(doors: Doors) -> None:
    client = await doors.client("operator")
    made = await plant(client)
    now = doors.clock().replace(microsecond=0)
    for minutes in range(5):
        await measure(doors, made["id"], now - timedelta(minutes=minutes), 40 + minutes)
    answer = await client.get(f"/api/plants/{made['id']}/export.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert next(iter(rows[0])) == "time"
    assert [row["time"] for row in rows] == [
        (now - timedelta(minutes=m)).strftime("%Y-%m-%dT%H:%M:%SZ") for m in (4, 3, 2, 1, 0)
    ]
    assert [float(row["soil_moisture"]) for row in rows] == [44, 43, 42, 41, 40]
    span = {"start": (now - timedelta(minutes=3)).isoformat(), "end": now.isoformat()}
    part = await client.get(f"/api/plants/{made['id']}/export.csv", params=span)
    assert len(part.text.splitlines()) == 1 + 3
    assert (await client.get("/api/plants/plt_none/export.csv")).status_code == 404


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert next(csv.reader(io.StringIO(csv_cells.line([text]).decode()))) == ["'" + text]


def test_numbers_stay_numbers_and_nothing_stays_empty() -> None:
    assert csv_cells.line([-61, None, 0.5]) == b"-61,,0.5\r\n"


async def test_history_is_raw_when_short_and_in_buckets_with_gaps_when_long(doors: Doors) -> None:
    client = await doors.client("operator")
    made = await plant(client)
    for minutes in (0, 10, 20, 300):
        await measure(doors, made["id"], doors.clock() - timedelta(minutes=minutes, seconds=1), 40)
    path = f"/api/plants/{made['id']}/history"
    raw = (await client.get(path, params={"range": "24h", "metrics": "soil_moisture"})).json()
    assert (raw["bucket_s"], len(raw["times"]), list(raw["series"])) == (None, 4, ["soil_moisture"])
    few = (await client.get(path, params={"range": "24h", "points": 3})).json()
    assert few["bucket_s"] >= 24 * 3600 / 3
    assert raw["thresholds"]["soil_moisture"]["source"] == "default"


@pytest.mark.parametrize(
    "params",
    [
        {"range": "2h"}, {"points": 1}, {"points": 100_000}, {"metrics": "mood"}, {"start": "yesterday"},
        {"start": "2026-11-02T00:00:00Z", "end": "2026-11-01T00:00:00Z"},
    ],
)  # fmt: skip
async def test_history_says_what_is_wrong_with_a_question(doors: Doors, params: dict[str, Any]) -> None:
    client = await doors.client("operator")
    made = await plant(client)
    answer = await client.get(f"/api/plants/{made['id']}/history", params=params)
    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "params",
    [
        {"start": "0001-01-01T00:00:00Z"}, {"end": "9999-12-31T23:59:59Z", "range": "1y"},
        {"start": "0001-01-01T00:00:00+14:00", "end": "9999-12-31T23:59:59Z"}, {"metrics": "battery,rssi,battery"},
    ],
)  # fmt: skip
async def test_history_survives_the_ends_of_the_calendar(doors: Doors, params: dict[str, Any]) -> None:
    client = await doors.client("operator")
    made = await plant(client)
    answer = await client.get(f"/api/plants/{made['id']}/history", params=params)
    assert answer.status_code in (200, 422), answer.text
