"""The page of all plants: found, sorted, never green without news, small."""

from __future__ import annotations

import gzip
import re
from datetime import datetime, timedelta

import pytest

from tests.plants.test_plant_doors import measure
from tests.running_server import Doors
from tests.web.conftest import View


async def plant(doors: Doors, name: str, moisture: float | None = None, ago: timedelta = timedelta(0)) -> str:
    client = await doors.client("operator")
    made = (await client.post("/api/plants", json={"name": name, "location": f"{name}'s place"})).json()
    if moisture is not None:
        await state(doors, made["id"], moisture, doors.clock() - ago)
    return str(made["id"])


async def state(doors: Doors, plant_id: str, moisture: float, at: datetime) -> None:
    async with doors.house.db.transaction() as conn:
        await conn.execute(
            "UPDATE plant_state SET soil_moisture = %s, soil_moisture_at = %s, last_reading_at = %s,"
            " expected_interval_s = 600, health = 'ok', trust = 'fresh' WHERE plant_id = %s",
            (moisture, at, at, plant_id),
        )
        await conn.execute(
            "INSERT INTO devices (id, mqtt_username, mqtt_client_id, mqtt_password_hash, plant_id, status,"
            " last_reading_at, last_seen_at, report_interval_s)"
            " VALUES (%(id)s, %(id)s, %(id)s, '', %(plant)s, 'online', %(at)s, %(at)s, 600)",
            {"id": f"dev_{plant_id}", "plant": plant_id, "at": at},
        )


def names(page: str) -> list[str]:
    return re.findall(r'<h2><a href="/plants/[^"]+">([^<]*)</a>', page)


async def test_without_plants_the_page_says_what_to_do(view: View) -> None:
    page = (await (await view.visitor("operator")).see("/")).text
    assert "No plants yet" in page
    assert 'href="/plants/new"' in page
    assert 'href="/plants/new"' not in (await (await view.visitor("viewer")).see("/")).text


async def test_a_card_tells_value_health_trust_and_when_to_water(view: View) -> None:
    plant_id = await plant(view.doors, "Fern", 42)
    page = (await (await view.visitor("viewer")).see("/")).text
    card = page[page.index("<article") : page.index("</article>")]
    assert f'id="{plant_id}"' in card
    for told in ("Fern", "42 %", "well", "fresh", "place"):
        assert told in card
    assert "tone-ok" in card


async def test_silence_is_never_green(view: View) -> None:
    await plant(view.doors, "Fern", 42, ago=timedelta(hours=6))
    await plant(view.doors, "Nobody's")
    page = (await (await view.visitor("viewer")).see("/")).text
    assert "tone-ok" not in page
    assert "health-ok" not in page
    assert page.count("tone-unknown") == 2
    assert "offline" in page


async def test_the_search_finds_names_places_and_states_and_the_order_can_be_chosen(view: View) -> None:
    for name, moisture in (("Aloe", 60), ("Basil", 20), ("Cress", 40)):
        await plant(view.doors, name, moisture)
    visitor = await view.visitor("viewer")
    assert names((await visitor.see("/?q=basil")).text) == ["Basil"]
    assert names((await visitor.see("/?q=well&sort=name")).text) == ["Aloe", "Basil", "Cress"]
    assert names((await visitor.see("/?sort=dry")).text) == ["Basil", "Cress", "Aloe"]
    assert "No plant looks like that" in (await visitor.see("/?q=zzz")).text
    assert names((await visitor.see("/?show=silent")).text) == []
    assert names((await visitor.see("/?sort=nonsense&show=nonsense")).text) == ["Aloe", "Basil", "Cress"]


async def test_open_pages_ask_for_the_cards_that_changed(view: View) -> None:
    fern, aloe = await plant(view.doors, "Fern", 42), await plant(view.doors, "Aloe", 50)
    visitor = await view.visitor("viewer")
    answer = (await visitor.see(f"/cards?id={fern}&id=plt_gone")).text
    assert names(answer) == ["Fern"]
    assert "<html" not in answer
    assert sorted(names((await visitor.see(f"/cards?id={fern}&id={aloe}")).text)) == ["Aloe", "Fern"]
    assert (await (await view.visitor()).see(f"/cards?id={fern}")).status_code == 303


async def test_archived_plants_are_on_a_list_of_their_own(view: View) -> None:
    gone = await plant(view.doors, "Gone")
    await plant(view.doors, "Here")
    await (await view.doors.client("operator")).delete(f"/api/plants/{gone}")
    visitor = await view.visitor("viewer")
    assert names((await visitor.see("/")).text) == ["Here"]
    assert names((await visitor.see("/?archived=1")).text) == ["Gone"]


async def test_200_plants_are_less_than_60_kb_with_all_that_the_page_loads(view: View) -> None:
    start = view.doors.clock() - timedelta(hours=24)
    first = await plant(view.doors, "Seed")
    for step in range(96):
        await measure(view.doors, first, start + step * timedelta(minutes=15), 20 + step * 0.4 + step % 7)
    await (await view.doors.client("viewer")).get(f"/api/plants/{first}/history")
    async with view.doors.house.db.transaction() as conn:
        await conn.execute(
            "INSERT INTO plants (id, name, species, location) SELECT 'plt_n' || n, 'Plant number ' || n,"
            " 'Monstera deliciosa', 'room ' || n % 9 FROM generate_series(1, 199) n"
        )
        await conn.execute(
            "INSERT INTO plant_state (plant_id, soil_moisture, soil_moisture_at, temperature, temperature_at, humidity,"
            " humidity_at, light_level, light_level_at, last_reading_at, expected_interval_s)"
            " SELECT 'plt_n' || n, n %% 90, %(now)s, 15 + n %% 11, %(now)s, 30 + n %% 50, %(now)s, n * 37,"
            " %(now)s, %(now)s, 600 FROM generate_series(1, 199) n",
            {"now": view.doors.clock()},
        )
        await conn.execute(
            "INSERT INTO telemetry_half_hourly SELECT (jsonb_populate_record(r, jsonb_build_object("
            "'plant_id', 'plt_n' || n,"
            " 'soil_moisture_mean', 50 + 20 * sin(n + extract(epoch FROM r.bucket) / 9000),"
            " 'temperature_mean', 20 + 3 * sin(n * 2 + extract(epoch FROM r.bucket) / 8000), 'temperature_count', 3,"
            " 'humidity_mean', 50 + 9 * sin(n * 3 + extract(epoch FROM r.bucket) / 7000), 'humidity_count', 3,"
            " 'light_level_mean', 900 + 800 * sin(n * 5 + extract(epoch FROM r.bucket) / 6000), 'light_level_count', 3"
            "))).* FROM telemetry_half_hourly r, generate_series(1, 199) n WHERE r.plant_id = %s",
            (first,),
        )
    visitor = await view.visitor("viewer")
    answer = await visitor.see("/", headers={"Accept-Encoding": "gzip"})
    page = answer.text
    assert answer.headers["content-encoding"] == "gzip"
    assert page.count("<article") == 200
    assert page.count('class="spark"') > 190 * 4
    size = len(gzip.compress(page.encode(), 6))
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        loaded = await visitor.see(address, headers={"Accept-Encoding": "gzip"})
        assert "immutable" in loaded.headers["cache-control"]
        size += len(gzip.compress(loaded.content, 9))
    assert size < 60_000


async def test_light_or_dark_is_remembered_in_a_cookie_and_comes_back_to_the_page(view: View) -> None:
    visitor = await view.visitor("viewer")
    csrf = await visitor.token("/")
    answer = await visitor.send("/theme", {"csrf": csrf, "theme": "dark", "back": "/?q=x"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?q=x")
    assert 'data-theme="dark"' in (await visitor.see("/")).text
    await visitor.send("/theme", {"csrf": csrf, "theme": "auto", "back": "//evil.example"})
    assert "data-theme" not in (await visitor.see("/")).text


async def test_times_are_told_in_the_zone_that_the_browser_named(view: View) -> None:
    visitor = await view.visitor("viewer")
    visitor.http.cookies.set("plantops_zone", "Asia%2FTokyo")
    assert "times in Asia/Tokyo" in (await visitor.see("/")).text
    for nonsense in ("../../etc/passwd", "Nowhere", "x" * 500):
        visitor.http.cookies.set("plantops_zone", nonsense)
        assert (await visitor.see("/")).status_code == 200


async def test_what_is_not_there_and_what_is_not_for_one_are_pages_that_say_what_to_do(view: View) -> None:
    visitor = await view.visitor("viewer")
    for path, status, told in (
        ("/nothing", 404, "Nothing grows here"), ("/plants/plt_none", 404, "no plant"),
        ("/plants/new", 403, "operator"), ("/static/0000000000000000/plantops.css", 404, "Nothing grows here"),
    ):  # fmt: skip
        answer = await visitor.see(path)
        assert answer.status_code == status
        assert told in answer.text
        assert "To the plants" in answer.text


async def test_a_mistake_of_ours_is_a_page_that_tells_nothing_inner(
    view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr("plantops_server.web.dashboard.plants_of", broken)
    answer = await (await view.visitor("viewer")).see("/")
    assert answer.status_code == 500
    assert "error id" in answer.text
    assert "swordfish" not in answer.text
