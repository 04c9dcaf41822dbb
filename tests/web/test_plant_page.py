"""The pages of one plant: how it is, what people do with it, by forms that need no script."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from tests.plants.test_plant_doors import measure
from tests.web.conftest import View, Visitor


async def planted(view: View, **fields: Any) -> str:
    client = await view.doors.client("operator")
    body = {
        "name": "Fern",
        "species": "Monstera deliciosa",
        "location": "hall",
        "notes": "from Ada",
        **fields,
    }
    return str((await client.post("/api/plants", json=body)).json()["id"])


async def stored(view: View, plant_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await (await view.doors.client("viewer")).get(f"/api/plants/{plant_id}")).json()
    return found


async def sent(visitor: Visitor, path: str, **fields: str) -> str:
    """Send the form of a page and read the page that it leads to."""
    answer = await visitor.send(path, {"csrf": await visitor.token("/"), **fields})
    assert answer.status_code == 303, answer.text
    return (await visitor.see(answer.headers["location"])).text


async def refused(visitor: Visitor, path: str, **fields: str) -> str:
    """Send a form that will not do: its page comes back, with all that was typed."""
    answer = await visitor.send(path, {"csrf": await visitor.token("/"), **fields})
    assert answer.status_code == 422, answer.text
    assert all(f'value="{typed}"' in answer.text for typed in fields.values())
    return answer.text


async def test_the_page_has_a_chart_a_table_and_links_to_other_ranges(view: View) -> None:
    plant_id = await planted(view)
    for hours in range(1, 40):
        await measure(view.doors, plant_id, view.doors.clock() - timedelta(hours=hours), 30 + hours % 9)
    page = (await (await view.visitor("viewer")).see(f"/plants/{plant_id}?range=30d")).text
    assert 'role="img" aria-label="Soil moisture from' in page
    assert "The same as a table" in page
    assert "from Ada" in page
    assert re.findall(r"range=(\w+)\"", page)
    assert f'href="/plants/{plant_id}?range=24h"' in page
    assert "I have just watered it" not in page  # a viewer looks


async def test_a_plant_without_readings_says_how_to_get_some(view: View) -> None:
    page = (await (await view.visitor("viewer")).see(f"/plants/{await planted(view)}")).text
    assert "Nothing measured yet" in page
    assert "No device is tied to it" in page


async def test_an_operator_adds_a_plant(view: View) -> None:
    visitor = await view.visitor("operator")
    page = await sent(visitor, "/plants/new", name=" Basil ", species="basil", location="", notes="")
    assert "<h1>Basil</h1>" in page
    assert "Basil is here" in page


async def test_what_is_wrong_with_a_form_stands_beside_it_and_nothing_typed_is_lost(view: View) -> None:
    visitor = await view.visitor("operator")
    answer = await visitor.send(
        "/plants/new", {"csrf": await visitor.token("/"), "name": " ", "notes": "kept <b>"}
    )
    assert answer.status_code == 422
    assert "A plant needs a name" in answer.text
    assert "kept &lt;b&gt;" in answer.text


async def test_an_operator_changes_a_plant_and_its_own_limits_stay(view: View) -> None:
    plant_id = await planted(view, thresholds={"humidity": {"min": 30, "max": 60}})
    visitor = await view.visitor("operator")
    page = await sent(
        visitor, f"/plants/{plant_id}/edit", name="Fern II", species="Aloe vera", location="", notes=""
    )
    assert "Saved." in page
    assert "Saved." not in (await visitor.see(f"/plants/{plant_id}")).text  # said once
    plant = await stored(view, plant_id)
    assert (plant["name"], plant["species"], plant["location"], plant["notes"]) == (
        "Fern II",
        "Aloe vera",
        None,
        None,
    )
    assert plant["own_thresholds"] == {"humidity": {"min": 30, "max": 60}}


async def test_a_watering_is_logged_now_or_at_a_time_on_the_clock_of_the_page(view: View) -> None:
    plant_id = await planted(view)
    visitor = await view.visitor("operator")
    visitor.http.cookies.set("plantops_zone", "Asia%2FTokyo")
    place = f"/plants/{plant_id}/waterings"
    assert "Written down" in await sent(visitor, place, amount_ml="250", note="rain water")
    day = view.doors.clock() - timedelta(days=3)
    await sent(visitor, place, at=f"{day:%Y-%m-%d}T09:00", amount_ml="1,5")
    items = (await (await view.doors.client("viewer")).get(f"/api{place}")).json()["items"]
    assert [item["amount_ml"] for item in items] == [250, 1.5]
    assert items[1]["at"].startswith(f"{day:%Y-%m-%d}T00:00")
    assert "rain water" in (await visitor.see(place)).text
    assert "/remove" not in (await (await view.visitor("viewer")).see(place)).text
    assert "Taken back" in await sent(visitor, f"{place}/{items[0]['id']}/remove")
    assert "rain water" not in (await visitor.see(place)).text


async def test_a_watering_that_makes_no_sense_is_refused_with_a_sentence(view: View) -> None:
    place = f"/plants/{await planted(view)}/waterings"
    visitor = await view.visitor("operator")
    tomorrow = f"{view.doors.clock() + timedelta(days=1):%Y-%m-%dT%H:%M}"
    for fields, told in (
        ({"amount_ml": "much"}, "is no number"), ({"at": "soon"}, "is no date and time"),
        ({"at": tomorrow}, "lies in the future"), ({"amount_ml": "-3"}, "Amount: must be more than 0"),
    ):  # fmt: skip
        assert told in await refused(visitor, place, **fields)
    assert (await (await view.doors.client("viewer")).get(f"/api{place}")).json()["items"] == []


async def test_limits_are_set_followed_again_and_silenced(view: View) -> None:
    plant_id = await planted(view, thresholds={"battery": {"min": 20}})
    place = f"/plants/{plant_id}/limits"
    visitor = await view.visitor("operator")
    fields = {
        "soil_moisture.min": "25,5",
        "soil_moisture.max": "70",
        "humidity.off": "on",
        "temperature.max": "30",
    }
    page = await sent(visitor, place, **fields)
    assert "The limits are set" in page
    assert "set by you" in page
    own = (await stored(view, plant_id))["own_thresholds"]
    assert own == {
        "battery": {"min": 20}, "soil_moisture": {"min": 25.5, "max": 70}, "humidity": {}, "temperature": {"max": 30},
    }  # fmt: skip
    await sent(visitor, place)
    assert (await stored(view, plant_id))["own_thresholds"] == {"battery": {"min": 20}}
    assert "is not below max" in await refused(
        visitor, place, **{"soil_moisture.min": "80", "soil_moisture.max": "20"}
    )


async def test_limits_stand_beside_what_is_measured_and_derived_now(view: View) -> None:
    plant_id = await planted(view)
    now = view.doors.clock()
    async with view.doors.house.db.transaction() as conn:
        await conn.execute(
            "UPDATE plant_state SET temperature = 25, temperature_at = %(now)s, humidity = 60, humidity_at = %(now)s"
            " WHERE plant_id = %(id)s", {"now": now, "id": plant_id},
        )  # fmt: skip
        await conn.execute(
            "INSERT INTO telemetry_half_hourly (plant_id, bucket, soil_moisture_count, temperature_count,"
            " humidity_count, light_level_count, conductivity_count, light_level_mean)"
            " VALUES (%s, date_trunc('day', %s) - interval '12 hours', 0, 0, 0, 1, 0, 10000)", (plant_id, now),
        )  # fmt: skip
    page = (await (await view.visitor("viewer")).see(f"/plants/{plant_id}/limits")).text
    assert "1.27 kPa" in page
    assert "0.3 mol/m²/d yesterday (in part)" in page


async def test_what_if_answers_without_changing_anything(view: View) -> None:
    plant_id = await planted(view)
    for hours in range(1, 60):
        await measure(view.doors, plant_id, view.doors.clock() - timedelta(hours=hours), 40)
    visitor = await view.visitor("viewer")
    page = (await visitor.see(f"/plants/{plant_id}/limits?metric=soil_moisture&min=50&max=")).text
    row = re.search(r"These limits</th><td>(\d+)</td>", page)
    assert row is not None
    assert row.group(1) == "1"
    assert "At present nobody is told" not in page
    for metric in ("dli", "vpd"):
        assert f'value="{metric}"' in page
        asked = (await visitor.see(f"/plants/{plant_id}/limits?metric={metric}&min=1")).text
        assert "no readings of the last 30 days" in asked
    assert "is no number" in (await visitor.see(f"/plants/{plant_id}/limits?metric=soil_moisture&min=x")).text
    assert "joy" in (await visitor.see(f"/plants/{plant_id}/limits?metric=joy")).text
    assert (await stored(view, plant_id))["own_thresholds"] == {}


async def test_a_plant_goes_to_the_archive_and_comes_back(view: View) -> None:
    plant_id = await planted(view)
    visitor = await view.visitor("operator")
    assert "Archived" in await sent(visitor, f"/plants/{plant_id}/archive")
    assert "Take it back" in (await visitor.see(f"/plants/{plant_id}/edit")).text
    assert "Fern" not in (await visitor.see("/")).text
    await sent(visitor, f"/plants/{plant_id}/restore")
    assert "Fern" in (await visitor.see("/")).text


async def test_a_viewer_sees_no_form_and_is_refused_by_each(view: View) -> None:
    plant_id = await planted(view)
    visitor = await view.visitor("viewer")
    for section in ("", "/waterings", "/limits"):
        page = (await visitor.see(f"/plants/{plant_id}{section}")).text
        assert not re.search(r'<form method="post" action="/plants', page)
    csrf = await visitor.token("/")
    for path in (
        "new",
        *(f"{plant_id}/{act}" for act in ("edit", "waterings", "limits", "archive", "restore")),
    ):
        assert (await visitor.send(f"/plants/{path}", {"csrf": csrf, "name": "x"})).status_code == 403
