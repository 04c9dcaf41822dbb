"""The web view as files: everything in it is found, nothing in it runs, asks, or leads to the server."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2
import pytest

from plantops_server.service.site import one_site
from tests.cli.conftest import Bridge, Ran, run_cli
from tests.incidents.household import Household
from tests.web.conftest import View
from tests.web.test_plant_page import planted

HOSTILE = '<script>alert(1)</script>" onload="x'
Export = Callable[..., Awaitable[Ran]]


@pytest.fixture
async def export(view: View, tmp_path: Path) -> Export:
    """Run ``plantops web export`` as a viewer against the whole site."""
    token = tmp_path / "token"
    token.write_text(await view.doors.token("viewer"))
    environ = {"PLANTOPS_URL": "http://plantops.test", "XDG_CONFIG_HOME": str(tmp_path)}
    transport = Bridge(one_site(view.doors.app, view.web))

    async def run(*argv: str, token_file: Path = token) -> Ran:
        given = {**environ, "PLANTOPS_TOKEN_FILE": str(token_file)}
        return await asyncio.to_thread(run_cli, ("web", "export", *argv), given, transport)

    return run


class Parts(HTMLParser):
    """The names of the attributes of a page, as a browser reads it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name for name, _ in attrs}


def linked(page: Path) -> set[Path]:
    """The files that a page names."""
    found = re.findall(r'(?:href|src)="([^"#]+)', page.read_text())
    return {(page.parent / address).resolve() for address in found}


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


async def test_every_page_is_there_and_leads_only_to_files_of_the_snapshot(
    view: View, export: Export, tmp_path: Path
) -> None:
    plant_id = await planted(view, name="Fern")
    await planted(view, name=HOSTILE, species=HOSTILE, location=HOSTILE, notes=HOSTILE)
    folder = tmp_path / "site"
    ran = await export(str(folder))
    assert (ran.code, ran.out) == (0, "")
    assert "index.html" in ran.err
    pages = list(folder.rglob("*.html"))
    assert len(pages) == 3 + 2 * 6
    for page in pages:
        missing = [str(target) for target in linked(page) if not target.is_file()]
        assert missing == []
        assert folder.resolve() in next(iter(linked(page))).parents
    assert {page.name for page in linked(folder / "index.html")} >= {
        f"{plant_id}.html",
        "alerts.html",
        "plantops.css",
    }


async def test_no_page_holds_a_script_a_form_a_secret_or_a_name_of_a_user(
    view: View, export: Export, tmp_path: Path
) -> None:
    await planted(view, name=HOSTILE, notes=HOSTILE, thresholds={"soil_moisture": {"min": 30, "max": 60}})
    household = Household(view.doors.house.db)
    await household.plants("basil")
    number = await household.dry("basil")
    await (await view.doors.client("operator")).post(f"/api/alerts/{number}/ack")
    await export(str(tmp_path / "site"))
    for page in (tmp_path / "site").rglob("*.html"):
        content = page.read_text()
        for forbidden in (
            "<form",
            "<script",
            "<input",
            "csrf",
            "po_",
            "http://",
            "https://",
            "operator",
            "viewer",
            " style=",
        ):
            assert forbidden not in content, (page.name, forbidden)
        parts = Parts(content)
        assert not [name for name in parts.attributes if name.startswith("on")]
        assert "As it was on" in content
    assert "acknowledged" in (tmp_path / "site" / "alerts.html").read_text()


async def test_a_second_export_takes_away_the_pages_of_plants_that_are_gone(
    view: View, export: Export, tmp_path: Path
) -> None:
    plant_id = await planted(view)
    await export(str(tmp_path / "site"))
    await (await view.doors.client("operator")).delete(f"/api/plants/{plant_id}")
    assert (await export(str(tmp_path / "site"))).code == 0
    assert list((tmp_path / "site" / "plants").iterdir()) == []


async def test_other_peoples_files_are_left_alone_unless_one_insists(
    view: View, export: Export, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "index.html").write_text("dear")
    refused = await export(str(folder))
    assert (refused.code, (folder / "index.html").read_text()) == (2, "dear")
    assert "--force" in refused.err
    (folder / "letter.txt").write_text("dear")
    assert (await export(str(folder), "--force")).code == 0
    assert (folder / "letter.txt").read_text() == "dear"
    assert (await export(str(folder))).code == 0
    assert not [*folder.rglob("*.new")]


async def test_without_a_token_nothing_is_written(view: View, export: Export, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("po_nobody")
    ran = await export(str(tmp_path / "site"), token_file=wrong)
    assert ran.code == 4
    assert "token" in ran.err
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    "name", ["../evil.html", "/etc/evil.html", "a/b/c.html", "x.js", "plants/..html/x.css", "x.html\n"]
)
async def test_a_lying_server_writes_nowhere_else(tmp_path: Path, name: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/api/auth/me":
            return httpx2.Response(200, json={"username": "ada", "role": "viewer", "via": "token"})
        files: dict[str, Any] = {"files": [name, "index.html"]}
        return (
            httpx2.Response(200, json=files)
            if request.url.path.endswith("files.json")
            else httpx2.Response(200, text="x")
        )

    token = tmp_path / "token"
    token.write_text("po_x")
    environ = {
        "PLANTOPS_URL": "http://plantops.test",
        "PLANTOPS_TOKEN_FILE": str(token),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    folder = tmp_path / "deep" / "site"
    ran = await asyncio.to_thread(
        run_cli, ("web", "export", str(folder)), environ, httpx2.MockTransport(answer)
    )
    assert ran.code == 0
    assert written(tmp_path) == {"token", "deep/site/index.html"}


@pytest.mark.parametrize(
    "path", ["/snapshot/static/plantops.js", "/snapshot/plants/plt_none.html", "/snapshot/nothing.html"]
)
async def test_what_is_not_part_of_a_snapshot_is_not_there(view: View, path: str) -> None:
    assert (await (await view.visitor("viewer")).see(path)).status_code == 404
    assert (await (await view.visitor()).see("/snapshot/files.json")).status_code == 303
