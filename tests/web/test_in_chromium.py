"""Every page in a real browser: with scripts and without, light and dark, phone and desktop, and for everybody."""

from __future__ import annotations

import re

import pytest

from tests.web.chromium import DESKTOP, PHONE, Visit
from tests.web.conftest import Visiting
from tests.web.garden import HOSTILE, Garden

pytestmark = pytest.mark.asyncio(loop_scope="session")


def pages(garden: Garden) -> list[str]:
    """Every page of the view, each with the richest of what it can show."""
    device, dry, fern = garden.devices["Dry Monstera"], garden.plants["Dry Monstera"], garden.plants["Fern"]
    sections = ("", "/waterings", "/limits", "/edit", "/care", "/care/preview")
    return [
        "/", "/plants/new", *(f"/plants/{dry}{section}" for section in sections), f"/plants/{fern}/care",
        "/alerts", "/alerts?state=all", "/devices", f"/devices/{device}",
        *(f"/settings{part}" for part in ("", "/advisor", "/notifications", "/access", "/enrolment", "/species")),
        "/nowhere",
    ]  # fmt: skip


async def test_nothing_bars_anybody_and_nothing_is_wider_than_the_window(
    garden: Garden, visit: Visiting
) -> None:
    wrong = {}
    async with visit(garden.session("admin"), size=PHONE) as visitor:
        for page in pages(garden):
            assert await visitor.go(page) == (404 if page == "/nowhere" else 200)
            found = [*await visitor.barriers(), *await visitor.barriers_in_the_dark()]
            for size in (PHONE, DESKTOP):
                await visitor.page.set_viewport_size(size)  # type: ignore[arg-type]
                if (sideways := await visitor.sideways()) > 0:
                    found.append(f"{sideways} px wider than {size['width']}")
            if found:
                wrong[page] = found
            await visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    async with visit(size=PHONE) as stranger:
        assert await stranger.go("/login") == 200
        wrong["/login"] = [*await stranger.barriers(), *await stranger.barriers_in_the_dark()]
        assert await stranger.sideways() <= 0
    assert {page: found for page, found in wrong.items() if found} == {}


async def test_every_page_says_the_same_without_scripts(garden: Garden, visit: Visiting) -> None:
    wrong = []
    session = garden.session("admin")
    async with visit(session) as scripted, visit(session, scripts=False) as plain:
        for visitor in (scripted, plain):
            await visitor.live_in("Europe/Berlin")  # else a script tells the server, and nobody does without
        for page in pages(garden):
            # Something may change between the two looks, such as a forecast that is made: then both look again.
            for _ in range(2):
                if same := await told(scripted, page) == await told(plain, page):
                    break
            if not same:
                wrong.append(page)
    assert wrong == []


async def told(visitor: Visit, page: str) -> list[str]:
    """What a page says, whenever that is."""
    await visitor.go(page)
    return [re.sub(r"just now|\d+ min ago", "lately", line) for line in await visitor.told()]


async def test_no_name_becomes_part_of_a_page(garden: Garden, visit: Visiting) -> None:
    attacks = "[onmouseover],[onfocus],[onload],[onerror],[autofocus],a[href^='javascript'],img,iframe,object"
    worst = [HOSTILE[attack] for attack in ("attribute", "closing", "svg")]
    devices = [f"/devices/{garden.devices[text]}" for text in worst]
    plants = [f"/plants/{garden.plants[text]}{section}" for text in worst for section in ("", "/edit")]
    async with visit(garden.session("admin")) as visitor:
        for page in [*pages(garden), *devices, *plants]:
            await visitor.go(page)
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
