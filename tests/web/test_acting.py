"""People at work in a real browser, without scripts, on a real broker: devices, alerts, care plans."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page

from tests.web.conftest import Visiting
from tests.web.garden import Garden

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def press(page: Page, name: str) -> None:
    """Press the first button of that name that is to be seen."""
    await page.get_by_role("button", name=name, exact=True).first.click()


async def unfold(page: Page, name: str) -> None:
    """Open what asks before it is done."""
    await page.locator("summary", has_text=name).first.click()


async def flash(page: Page) -> str:
    """What the page says was done."""
    return await page.locator(".flash").first.inner_text()


async def test_a_device_is_named_calibrated_given_a_new_secret_and_shut_out(
    garden: Garden, visit: Visiting
) -> None:
    device = garden.devices["Spare"]
    async with visit(garden.session("admin"), scripts=False) as visitor:
        page = visitor.page
        await visitor.go(f"/devices/{device}")
        await page.get_by_role("textbox", name="Name").fill("Probe on the sill")
        await press(page, "Save")
        assert "Saved" in await flash(page)
        assert await page.locator("h1").inner_text() == "Probe on the sill"
        await page.get_by_label("Count in dry soil").fill("20")
        await page.get_by_label("Count in saturated soil").fill("70,5")
        await press(page, "Calibrate")
        assert "Calibrated" in await flash(page)
        assert "dry 20, wet 70.5" in await visitor.text()
        await press(page, "Blink")
        assert "Sent “identify”" in await flash(page)
        await page.get_by_label("The plant in which it sits").select_option(label="Lonely")
        await press(page, "Put it there")
        assert "in Lonely" in await visitor.text()

        await unfold(page, "New secret…")
        await press(page, "Give “Probe on the sill” a new secret")
        secret = await page.locator("code.secret").inner_text()
        assert not await asyncio.to_thread(garden.may_connect, "Spare")
        assert await asyncio.to_thread(garden.may_connect, "Spare", secret)
        await page.get_by_role("link", name="Done").click()
        assert secret not in await page.content()

        await unfold(page, "Decommission…")
        await press(page, "Decommission “Probe on the sill”")
        assert "Decommissioned" in await flash(page)
        assert "Probe on the sill" not in await visitor.text()
        assert not await asyncio.to_thread(garden.may_connect, "Spare", secret)


async def test_the_pairing_window_opens_and_closes(garden: Garden, visit: Visiting) -> None:
    async with visit(garden.session("operator"), scripts=False) as visitor:
        await visitor.go("/devices")
        await visitor.page.get_by_label("How long").select_option(label="for 15 minutes")
        await press(visitor.page, "Open it")
        assert "15 min" in await flash(visitor.page)
        assert "opened by some-operator" in await visitor.text()
        await press(visitor.page, "Close it")
        assert "Closed: a new device needs an enrolment token." in await visitor.text()


async def test_an_alert_is_acknowledged_snoozed_and_taken_back(garden: Garden, visit: Visiting) -> None:
    async with visit(garden.session("operator"), scripts=False) as visitor:
        await visitor.go("/alerts?q=Dry+Monstera")
        await press(visitor.page, "Acknowledge")
        assert visitor.page.url.endswith("/alerts?q=Dry+Monstera")
        assert "acknowledged by some-operator" in await visitor.text()
        await visitor.page.get_by_label("How long to be quiet").select_option(label="for a week")
        await press(visitor.page, "Snooze")
        assert "quiet until" in await visitor.text()
        await press(visitor.page, "Take back")
        assert "acknowledged by" not in await visitor.text()


async def test_a_care_plan_is_written_without_a_key_and_its_evidence_leads_to_the_chart(
    garden: Garden, visit: Visiting
) -> None:
    plant = garden.plants["Fern"]
    async with visit(garden.session("operator"), scripts=False) as visitor:
        page = visitor.page
        await visitor.go(f"/plants/{plant}/care")
        await press(page, "Write it anew")
        assert "This is the plan" in await flash(page)
        assert "By rules" in await visitor.text()
        await press(page, "It helped")
        assert "It helped, somebody said." in await visitor.text()
        link = page.locator(".evidence a").first
        place = (await link.get_attribute("href") or "").partition("#")[2]
        await link.click()
        assert await page.locator(f"#{place}").count() == 1
        await visitor.go(f"/plants/{plant}/care")
        await page.locator("#care").get_by_role("link", name="by <svg").click()
        assert "This is an older plan." in await visitor.text()
        assert await page.get_by_role("button", name="Accept").count() == 0


async def test_with_scripts_a_care_plan_is_followed_while_it_is_written(
    garden: Garden, visit: Visiting
) -> None:
    async with visit(garden.session("operator")) as visitor:
        page = visitor.page
        asked: list[str] = []
        page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
        await visitor.go(f"/plants/{garden.plants['Lonely']}/care")
        assert "No care plan yet" in await visitor.text()
        await press(page, "Write a care plan")
        await page.get_by_role("heading", name="In short").wait_for()
        posts = [line for line in asked if line.startswith("POST")]
        assert posts == [f"POST {garden.url}/api/plants/{garden.plants['Lonely']}/analyze"]


async def test_a_viewer_sees_everything_and_no_button_that_changes_anything(
    garden: Garden, visit: Visiting
) -> None:
    own = {"Log out", "Find", "◐", "Switch between light and dark colours", "Set it", "Make a login link",
           "Make a token", "Add the key"}  # fmt: skip
    dry = garden.plants["Dry Monstera"]
    async with visit(garden.session("viewer"), scripts=False) as visitor:
        for path in (
            "/alerts",
            "/devices",
            f"/devices/{garden.devices['Fern']}",
            f"/plants/{dry}/care",
            "/settings",
        ):
            assert await visitor.go(path) == 200
            buttons = await visitor.page.get_by_role("button").all()
            assert {(await button.inner_text()).strip() for button in buttons} <= own, path
        assert await visitor.go("/settings/access") == 403
        assert "needs the role admin" in await visitor.text()
