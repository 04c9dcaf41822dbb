"""A real Chromium: one a test process, a fresh profile a visit, and an ear for whatever a page does wrong."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Playwright

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}

Scheme = Literal["light", "dark"]


def found() -> str:
    """Where Chromium is. Raises AssertionError with what to do when there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "There is no Chromium. Install it: make chromium (Debian: apt-get install chromium)."
    return path


async def launched(playwright: Playwright) -> Browser:
    """A headless Chromium of the system, with nothing that phones home."""
    return await playwright.chromium.launch(executable_path=found(), headless=True, args=list(FLAGS))


class Visit:
    """A page in a profile of its own, and what went wrong on it."""

    def __init__(self, page: Page, home: str) -> None:
        self.page, self.home = page, home
        self.complaints: list[str] = []
        """Errors of the console (a policy that was violated is one) and of scripts, and dialogs that opened."""
        self.foreign: list[str] = []
        """Requests to any other place than the server."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("dialog", self._asked)
        page.on("request", lambda request: self._requested(request.url))

    async def go(self, path: str) -> int:
        """Open a page of the server; the status."""
        answer = await self.page.goto(self.home + path)
        assert answer is not None
        return answer.status

    async def live_in(self, zone: str) -> None:
        """Write times on the clock of that zone."""
        await self.page.context.add_cookies([{"name": "plantops_zone", "value": zone, "url": self.home}])

    async def text(self) -> str:
        """What a person reads in the main part."""
        return await self.page.inner_text("main")

    async def told(self) -> list[str]:
        """What stands in the main part besides its forms, line by line: of these, scripts spare a button."""
        told: str = await self.page.evaluate(
            "() => { const main = document.querySelector('main').cloneNode(true);"
            " main.querySelectorAll('form').forEach((form) => form.remove()); return main.textContent }"
        )
        return [line.strip() for line in told.splitlines() if line.strip()]

    async def sideways(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(
            await self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )

    async def barriers(self) -> list[str]:
        """What axe-core finds that is serious or critical, each with the first element that has it.

        Needs a page that may run scripts.
        """
        await self.page.evaluate(_axe())
        return await self._found("axe.run({resultTypes: ['violations']})")

    async def barriers_in_the_dark(self) -> list[str]:
        """The same for what can differ there: contrast. After ``barriers``, on the same page."""
        await self.page.emulate_media(color_scheme="dark")
        found = await self._found("axe.run({runOnly: ['color-contrast'], resultTypes: ['violations']})")
        await self.page.emulate_media(color_scheme="light")
        return [f"in the dark: {line}" for line in found]

    async def _found(self, question: str) -> list[str]:
        found: dict[str, Any] = await self.page.evaluate(question)
        return [
            f"{rule['id']} ({rule['impact']}): {rule['nodes'][0]['html'][:160]}"
            for rule in found["violations"]
            if rule["impact"] in ("moderate", "serious", "critical")
        ]

    async def _asked(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def _said(self, message: ConsoleMessage) -> None:
        # That a page answered 4xx is the test's business, not a mistake of the page.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _requested(self, url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob", "about") and not url.startswith(self.home + "/"):
            self.foreign.append(url)


@asynccontextmanager
async def visiting(
    browser: Browser,
    home: str,
    session: str | None = None,
    *,
    scripts: bool = True,
    size: dict[str, int] = DESKTOP,
    scheme: Scheme = "light",
) -> AsyncIterator[Visit]:
    """A fresh profile, logged in by the cookie of a session; no page may complain or reach elsewhere."""
    context: BrowserContext = await browser.new_context(
        java_script_enabled=scripts, viewport=size, color_scheme=scheme, timezone_id="Europe/Berlin",  # type: ignore[arg-type]
        reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(10_000)
    if session is not None:
        await context.add_cookies(
            [{"name": "plantops_session", "value": session, "url": home, "httpOnly": True}]
        )
    visit = Visit(await context.new_page(), home)
    try:
        yield visit
        assert visit.complaints == []
        assert visit.foreign == []
    finally:
        await context.close()


@cache
def _axe() -> str:
    """axe-core, as the evaluated text of a script: our policy would keep a page from loading it."""
    return Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
