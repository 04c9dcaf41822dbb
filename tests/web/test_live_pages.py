"""Pages that are open follow what happens: live by a script, and just as usable without one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from tests.web.chromium import PHONE
from tests.web.conftest import Visiting
from tests.web.garden import Garden

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON_MS = 5_000
"""Far below the minute after which an open page would ask by itself (``EVERY_MS`` of its script)."""


async def published(garden: Garden, **values: float) -> None:
    """Let the fern's sensor publish now."""
    reading = {"ts": datetime.now(UTC).isoformat(), **values}
    await asyncio.to_thread(garden.publish, "Fern", reading)


async def test_a_card_shows_a_reading_by_itself_soon_after_its_publishing(
    garden: Garden, visit: Visiting
) -> None:
    """How soon is measured by bench/web.py: here the machine is busy with other tests."""
    fern = garden.plants["Fern"]
    async with visit(garden.session("viewer")) as visitor:
        await visitor.go("/")
        await visitor.page.wait_for_selector("html.live")
        focused = f"#{fern} h2 a"
        await visitor.page.focus(focused)
        await visitor.page.evaluate("window.same = true")
        await published(garden, temperature=31.5)
        await visitor.page.wait_for_selector(f"#{fern} >> text=31.5 °C", timeout=SOON_MS)
        assert await visitor.page.evaluate("window.same"), "the page was loaded anew"
        assert await visitor.page.evaluate(f"document.activeElement === document.querySelector('{focused}')")


async def test_the_page_of_a_plant_follows_and_keeps_what_is_folded_open(
    garden: Garden, visit: Visiting
) -> None:
    async with visit(garden.session("viewer"), size=PHONE) as visitor:
        await visitor.go(f"/plants/{garden.plants['Fern']}?range=24h")
        await visitor.page.wait_for_selector("html.live")
        await visitor.page.click("#as-table summary")
        await published(garden, temperature=32.5)
        await visitor.page.wait_for_selector("#now >> text=32.5", timeout=SOON_MS)
        assert await visitor.page.evaluate("document.getElementById('as-table').open")


async def test_a_lost_connection_is_told_and_nothing_stays_green(garden: Garden, visit: Visiting) -> None:
    async with visit(garden.session("viewer")) as visitor:
        await visitor.go("/")
        await visitor.page.wait_for_selector("html.live")
        colours = (
            "[...new Set([...document.querySelectorAll('.state')].map((e) => getComputedStyle(e).color))]"
        )
        assert len(await visitor.page.evaluate(colours)) > 1
        # Each attempt that fails is an error of its own, sooner than patience ends.
        fail = "() => { window.tries = setInterval(() => stream.dispatchEvent(new Event('error')), 1000) }"
        await visitor.page.evaluate(fail)
        await visitor.page.wait_for_selector("#link:not([hidden])", timeout=8_000)
        await visitor.page.evaluate("clearInterval(window.tries)")
        assert len(await visitor.page.evaluate(colours)) == 1  # grey, all of them
        await visitor.page.evaluate("stream.dispatchEvent(new Event('open'))")
        await visitor.page.wait_for_selector("#link", state="hidden")


async def test_a_stream_that_does_not_notice_that_it_is_dead_is_opened_anew(
    garden: Garden, visit: Visiting
) -> None:
    """As after a sleep: the connection looks open, and what is read fails."""
    async with visit(garden.session("viewer")) as visitor:
        await visitor.go("/")
        await visitor.page.wait_for_selector("html.live")
        await visitor.page.evaluate("() => { window.dead = stream }")
        await visitor.page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError()) }")
        await visitor.page.evaluate("() => document.documentElement.classList.remove('live')")
        await visitor.page.evaluate("changed('reset', [])")
        await visitor.page.wait_for_selector("html.live")
        assert await visitor.page.evaluate("window.dead.readyState") == 2  # closed


async def test_a_button_that_is_pressed_twice_acts_once(garden: Garden, visit: Visiting) -> None:
    path = f"/plants/{garden.plants['Spare']}"
    async with visit(garden.session("operator")) as visitor:
        await visitor.go(f"{path}/waterings")
        before = await visitor.page.locator("#diary tbody tr").count()
        await visitor.go(path)
        form = "document.querySelector('#now form.act')"
        await visitor.page.evaluate(
            f"() => {{ {form}.requestSubmit(); setTimeout(() => {form}.requestSubmit(), 5) }}"
        )
        await visitor.page.wait_for_selector(".flash.ok")
        await visitor.go(f"{path}/waterings")
        assert await visitor.page.locator("#diary tbody tr").count() == before + 1


async def test_the_search_follows_the_typing_and_the_address_keeps_it(
    garden: Garden, visit: Visiting
) -> None:
    async with visit(garden.session("viewer")) as visitor:
        await visitor.go("/")
        await visitor.page.fill("#q", "")
        await visitor.page.type("#q", "fern")
        await expect(visitor.page.locator(".plant")).to_have_count(1)
        assert "q=fern" in visitor.page.url


async def test_ranges_change_without_loading_the_page_anew(garden: Garden, visit: Visiting) -> None:
    async with visit(garden.session("viewer")) as visitor:
        await visitor.go(f"/plants/{garden.plants['Fern']}")
        await visitor.page.evaluate("window.same = true")
        await visitor.page.click(".ranges >> text=24h")
        await visitor.page.wait_for_selector(".ranges [aria-current] >> text=24h")
        assert await visitor.page.evaluate("window.same")
        assert "range=24h" in visitor.page.url
        await visitor.page.hover(".chart svg")
        await visitor.page.wait_for_selector(".chart.pointed .readout")
        assert "%" in await visitor.page.inner_text(".chart.pointed .readout")


async def test_without_scripts_forms_and_ranges_work_all_the_same(garden: Garden, visit: Visiting) -> None:
    fern = garden.plants["Fern"]
    async with visit(garden.session("operator"), scripts=False) as visitor:
        await visitor.go("/")
        await visitor.page.fill("#q", "fern")
        await visitor.page.click(".find button")
        await visitor.page.click(f"#{fern} h2 a")
        await visitor.page.click(".ranges >> text=24h")
        assert "range=24h" in visitor.page.url
        await visitor.page.click(".tabs >> text=Waterings")
        await visitor.page.fill("#f-amount_ml", "120")
        await visitor.page.click("text=Log it")
        assert "Written down" in await visitor.page.inner_text(".flash")
        await visitor.page.click("[aria-label='Switch between light and dark colours']")
        assert await visitor.page.get_attribute("html", "data-theme") == "dark"
