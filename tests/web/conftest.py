"""The web view for tests: in process without a browser (``view``), and in a real Chromium (``visit``)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from playwright.async_api import Browser, async_playwright

from plantops_api.wire import Role
from plantops_server.access import passwords, sessions, users
from plantops_server.service.site import one_site
from plantops_server.web.app import create_web
from tests.conftest import _TEMPLATE, Databases
from tests.running_server import Doors
from tests.web import chromium
from tests.web.chromium import Visit
from tests.web.garden import Garden, grown

OURS = {"Origin": "http://plantops.test", "Sec-Fetch-Site": "same-origin"}
"""What a browser says of a form on our own page."""


class Visitor:
    """Somebody with a browser that keeps cookies, follows no redirect by itself and runs no script."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def see(self, path: str, **options: Any) -> httpx2.Response:
        """Ask for a page."""
        return await self.http.get(path, **options)

    async def token(self, path: str = "/") -> str:
        """The token of the forms on a page; empty when it has none."""
        found = re.search(r'name="csrf" value="([^"]+)"', (await self.see(path)).text)
        return found.group(1) if found else ""

    async def send(self, path: str, fields: dict[str, str] | None = None, **options: Any) -> httpx2.Response:
        """Send a form as our own pages do."""
        data = {"csrf": await self.token("/login"), **(fields or {})}
        return await self.http.post(path, data=data, headers=OURS, **options)


class View:
    """Pages and API at one address, in process."""

    def __init__(self, doors: Doors, app: FastAPI) -> None:
        self.doors, self.web = doors, app
        self._site = one_site(doors.app, app)

    async def visitor(self, role: Role | None = None, **options: Any) -> Visitor:
        """Somebody of that role who is logged in, or a stranger."""
        transport = httpx2.ASGITransport(app=self._site, client=("127.0.0.1", 50_000))  # type: ignore[arg-type]
        http = httpx2.AsyncClient(transport=transport, base_url="http://plantops.test", **options)
        if role is not None:
            http.cookies.set("plantops_session", await self.session(role))
        return Visitor(http)

    async def session(self, role: Role, username: str | None = None) -> str:
        """The secret of a session of a user of that role, who is made when there is none yet."""
        now = self.doors.clock()
        async with self.doors.house.db.transaction() as conn:
            user = await users.user_named(conn, username or role)
            user = user or await users.create_user(conn, username or role, None, role, now)
            return await sessions.open_session(conn, user["id"], now)

    async def user(self, username: str, password: str, role: Role = "operator") -> str:
        """A user with a password; the id."""
        known_hash = await passwords.hash_password(password)
        async with self.doors.house.db.transaction() as conn:
            return str((await users.create_user(conn, username, known_hash, role, self.doors.clock()))["id"])


@pytest.fixture
def view(doors: Doors) -> View:
    """The web view beside the API, on a fresh database; its broker is out of reach."""
    return View(doors, create_web(doors.house))


Visiting = Callable[..., AbstractAsyncContextManager[Visit]]


@pytest.fixture(scope="session")
def garden(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Garden]:
    """A running server with plants, for tests that leave them as they found them."""
    with databases.made(_TEMPLATE) as url, grown(url, tmp_path_factory.mktemp("garden")) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium a test process."""
    async with async_playwright() as playwright:
        browser = await chromium.launched(playwright)
        yield browser
        await browser.close()


@pytest.fixture
def visit(browser: Browser, garden: Garden) -> Visiting:
    """``async with visit(session, scripts=…, size=…, scheme=…) as visit`` opens a fresh profile."""
    return partial(chromium.visiting, browser, garden.url)
