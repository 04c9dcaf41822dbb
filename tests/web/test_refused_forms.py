"""Wrong input loses nothing that was typed: a refused form comes back as it was, with the sentence in it."""

from __future__ import annotations

import re
from html import unescape

import httpx2
import pytest
from playwright.async_api import expect

from plantops_server.web.own_forms import form_token
from tests.incidents.household import Household
from tests.web.conftest import View, Visiting, Visitor
from tests.web.garden import Garden


async def send(visitor: Visitor, path: str, **fields: str) -> httpx2.Response:
    csrf = form_token(visitor.http.cookies["plantops_session"])
    return await visitor.send(path, {"csrf": csrf, **fields})


def form(page: str, action: str) -> str:
    """The form of that address which was refused."""
    forms = re.findall(rf'<form method="post" action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    (refused,) = [one for one in forms if 'id="refused"' in one]
    return unescape(refused)


@pytest.fixture
async def device(view: View) -> str:
    """A device that sits nowhere; its id."""
    await Household(view.doors.house.db).device("dev_porch", view.doors.clock())
    return "dev_porch"


async def plant(view: View, name: str = "Fern") -> str:
    made = await (await view.doors.client("admin")).post("/api/plants", json={"name": name})
    return str(made.json()["id"])


async def test_a_new_plant_without_a_name_keeps_all_the_rest(view: View) -> None:
    operator = await view.visitor("operator")
    answer = await send(operator, "/plants/new", species="Basil", location="<sill>", notes="from Eve")
    assert answer.status_code == 422
    page = form(answer.text, "/plants/new")
    assert "A plant needs a name" in page
    for typed in ('value="Basil"', 'value="<sill>"', ">from Eve</textarea>"):
        assert typed in page
    assert "<sill>" not in answer.text


async def test_a_changed_plant_comes_back_as_it_was_typed_and_not_as_it_is(view: View) -> None:
    operator, fern = await view.visitor("operator"), await plant(view)
    answer = await send(operator, f"/plants/{fern}/edit", name="F" * 300, location="sill")
    page = form(answer.text, f"/plants/{fern}/edit")
    assert (answer.status_code, "F" * 300 in page, 'value="sill"' in page) == (422, True, True)
    assert 'aria-invalid="true"' in page


async def test_limits_that_contradict_themselves_stay_in_their_fields(view: View) -> None:
    operator, fern = await view.visitor("operator"), await plant(view)
    for wrong in ({"soil_moisture.min": "80", "soil_moisture.max": "20"}, {"temperature.min": "warm"}):
        answer = await send(
            operator, f"/plants/{fern}/limits", **wrong, **{"dli.max": "12,5", "vpd.off": "on"}
        )
        page = form(answer.text, f"/plants/{fern}/limits")
        assert answer.status_code == 422
        for name, typed in {**wrong, "dli.max": "12,5"}.items():
            assert re.search(rf'name="{re.escape(name)}"[^>]* value="{typed}"', page), name
        assert re.search(r'name="vpd.off"[^>]* checked', page)


async def test_a_watering_with_an_odd_amount_keeps_its_note(view: View) -> None:
    operator, fern = await view.visitor("operator"), await plant(view)
    answer = await send(operator, f"/plants/{fern}/waterings", amount_ml="a lot", note="rain water")
    page = form(answer.text, f"/plants/{fern}/waterings")
    assert "is no number" in page
    assert 'value="rain water"' in page


async def test_names_intervals_and_endpoints_of_a_device_are_not_lost(view: View, device: str) -> None:
    operator = await view.visitor("operator")
    answer = await send(operator, f"/devices/{device}", name="Porch", report_interval_s="seldom")
    page = form(answer.text, f"/devices/{device}")
    assert (answer.status_code, 'value="Porch"' in page, 'value="seldom"' in page) == (422, True, True)
    answer = await send(operator, f"/devices/{device}/calibration", dry="50", wet="soaked")
    page = form(answer.text, f"/devices/{device}/calibration")
    assert 'value="50"' in page
    assert 'value="soaked"' in page
    assert " checked" not in page
    assert f'data-address="/devices/{device}"' in answer.text


async def test_what_is_gone_meanwhile_is_said_on_the_page_above(view: View) -> None:
    operator = await view.visitor("operator")
    answer = await send(operator, "/devices/dev_gone", name="Porch")
    assert answer.status_code == 404
    assert "<h1>Devices</h1>" in answer.text
    assert re.search(r'class="flash problem" role="alert">There is no device', answer.text)


async def test_a_channel_is_told_of_chosen_plants_alone_and_a_mistake_keeps_the_choice(view: View) -> None:
    admin, fern, basil = await view.visitor("admin"), await plant(view), await plant(view, "Basil")
    home, url = "/settings/notifications", "https://discord.com/api/webhooks/42/SeCrEtOfTheHook"
    await send(admin, f"{home}/channels", name="family", type="discord", url=url, **{f"plant-{fern}": "on"})
    program = await view.doors.client("admin")

    async def plants() -> object:
        return (await program.get("/api/settings/notifications")).json()["channels"][0]["plants"]

    assert await plants() == [fern]
    assert "only for 1 plant<" in (await admin.see(home)).text
    change = {
        "form": "family",
        "channel": "family",
        "type": "discord",
        "enabled": "on",
        f"plant-{basil}": "on",
    }
    typed_url = "http://discord.com/api/webhooks/43/OtherSeCrEt"
    answer = await send(admin, f"{home}/channels/save", **change, name="all of us", url=typed_url)
    page = form(answer.text, f"{home}/channels/save")
    assert 'value="all of us"' in page
    assert re.search(rf'name="plant-{basil}" value="on" checked', page)
    assert not re.search(rf'name="plant-{fern}" value="on" checked', page)
    assert "OtherSeCrEt" not in answer.text
    assert await plants() == [fern]
    await send(admin, f"{home}/channels/save", **change, name="family")
    assert await plants() == [basil]
    del change[f"plant-{basil}"]
    await send(admin, f"{home}/channels/save", **change, name="family")
    assert await plants() is None


async def test_without_a_page_that_may_be_seen_the_reason_is_a_page_of_its_own(view: View) -> None:
    viewer = await view.visitor("viewer")
    answer = await send(
        viewer, "/settings/access/users", username="eve", password="a long password", role="admin"
    )
    assert answer.status_code == 403
    assert "needs the role admin" in answer.text
    assert "a long password" not in answer.text
    async with view.doors.house.db.connection() as conn:
        found = await (
            await conn.execute("SELECT count(*) AS n FROM users WHERE username = 'eve'")
        ).fetchone()
    assert found == {"n": 0}


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("scripts", [True, False])
async def test_in_the_browser_the_reason_is_in_sight_and_the_page_goes_on(
    garden: Garden, visit: Visiting, scripts: bool
) -> None:
    device = garden.devices["Fern"]
    async with visit(garden.session("operator"), scripts=scripts) as visitor:
        page = visitor.page
        await visitor.go(f"/devices/{device}")
        await page.get_by_label("Count in dry soil").fill("dust")
        await page.get_by_label("Count in saturated soil").fill("70")
        await page.get_by_role("button", name="Calibrate").click()
        await expect(page.locator("#refused")).to_be_in_viewport()
        assert "is no number" in await page.locator("#refused").inner_text()
        await expect(page.get_by_label("Count in dry soil")).to_have_value("dust")
        await expect(page.get_by_label("Count in saturated soil")).to_have_value("70")
        if scripts:
            assert page.url == f"{garden.url}/devices/{device}"
