"""Every page in a real browser: with scripts and without, light and dark, phone and desktop, and for everybody."""

from __future__ import annotations

import re

import pytest

from tests.web.chromium import DESKTOP, PHONE
from tests.web.conftest import Visiting
from tests.web.garden import HOSTILE, Garden

pytestmark = pytest.mark.asyncio(loop_scope="session")


def pages(garden: Garden) -> list[str]:
    """Every page of the view, each with the richest of what it can show."""
    device = garden.devices["Dry Monstera"]
    return ["/", "/alerts", "/alerts?state=all", "/devices", f"/devices/{device}"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_nothing_bars_anybody_and_nothing_is_wider_than_the_window(
    garden: Garden, visit: Visiting, size: dict[str, int], scheme: str
) -> None:
    wrong = {}
    async with visit(garden.session("admin"), size=size, scheme=scheme) as visitor:
        for page in pages(garden):
            assert await visitor.go(page) == 200
            barriers, sideways = await visitor.barriers(), await visitor.sideways()
            if barriers or sideways > 0:
                wrong[page] = [*barriers, f"{sideways} px too wide"]
    assert wrong == {}


async def test_every_page_says_the_same_without_scripts(garden: Garden, visit: Visiting) -> None:
    told = []
    for scripts in (True, False):
        async with visit(garden.session("admin"), scripts=scripts) as visitor:
            await visitor.live_in("Europe/Berlin")  # else a script tells the server, and nobody does without
            texts = {}
            for page in pages(garden):
                assert await visitor.go(page) == 200
                texts[page] = [
                    re.sub(r"\bnow\b|\d+ min ago", "lately", line) for line in await visitor.told()
                ]
            told.append(texts)
    assert told[0] == told[1]


async def test_no_name_becomes_part_of_a_page(garden: Garden, visit: Visiting) -> None:
    attacks = "[onmouseover],[onfocus],[onload],[onerror],[autofocus],a[href^='javascript'],img,iframe,object"
    devices = [f"/devices/{garden.devices[text]}" for text in HOSTILE.values()]
    async with visit(garden.session("admin")) as visitor:
        for page in [*pages(garden), *devices]:
            assert await visitor.go(page) == 200
            assert await visitor.page.locator(attacks).count() == 0, page
            assert await visitor.page.locator("script:not([src^='/static/'])").count() == 0
            shown = await visitor.page.content()
            assert "\x1b" not in shown
            assert "\u202e" not in shown
            assert "1337" not in await visitor.text()
        await visitor.go("/devices")
        assert HOSTILE["script"] in await visitor.text()  # it stands there as what it is: a strange name


async def test_a_link_logs_in_and_the_button_logs_out(garden: Garden, visit: Visiting) -> None:
    for scripts in (True, False):
        link = (await garden.login_link()).removeprefix(garden.url)
        async with visit(scripts=scripts) as visitor:
            await visitor.go(link)
            await visitor.page.get_by_role("button", name="Log in as admin").click()
            await visitor.page.get_by_role("heading", name="Plants").wait_for()
            assert "link=" not in visitor.page.url
            (cookie,) = [c for c in await visitor.page.context.cookies() if c["name"] == "plantops_session"]
            assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
            await visitor.page.get_by_role("button", name="Log out").click()
            await visitor.page.get_by_role("heading", name="Log in").wait_for()
            await visitor.go("/alerts")
            assert "/login?next=" in visitor.page.url
