"""The whole view as files that stand alone: no forms, no scripts, no secrets, only relative addresses.

``plantops web export`` fetches them; any other program that mirrors what ``files.json`` lists does as well.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from plantops_server import cards, triage
from plantops_server.entrance.auth import HouseDep, Viewer
from plantops_server.entrance.house import House
from plantops_server.errors import NotFound
from plantops_server.past import RANGES
from plantops_server.web import alerts, dashboard, static_files
from plantops_server.web.limits import limits_of
from plantops_server.web.links import SnapshotLinks
from plantops_server.web.moments import Moments, moments_of
from plantops_server.web.pages import render
from plantops_server.web.plant import overview
from plantops_server.web.waterings import diary

router = APIRouter(prefix="/snapshot", include_in_schema=False)

MOST_ALERTS = 500
_STYLE = ("plantops.css", "leaf.svg")
_SECTIONS = ("waterings", "limits")
_USUAL = "7d"


@router.get("/files.json")
async def files(house: HouseDep, _caller: Viewer) -> Response:
    """Every file of the snapshot, as paths below ``/snapshot/``."""
    async with house.db.connection() as conn:
        rows = await cards.page_of_cards(
            conn, house.clock(), limit=dashboard.MOST, after=None, q=None, zone=house.settings.zone
        )
    parts = [
        "",
        *(f"-{range_}" for range_ in RANGES if range_ != _USUAL),
        *(f"-{name}" for name in _SECTIONS),
    ]
    plants = [f"plants/{row['id']}{part}.html" for row in rows for part in parts]
    style = [f"static/{name}" for name in _STYLE]
    return JSONResponse({"files": ["index.html", "alerts.html", "alerts-all.html", *style, *plants]})


@router.get("/index.html")
async def index(request: Request, house: HouseDep, _caller: Viewer) -> Response:
    """All plants on one page."""
    wanted = dashboard.Wanted("", "need", "", 1, archived=False)
    plants = await dashboard.plants_of(house, archived=False)
    context = dashboard.view(plants, wanted, moments_of(request), on_a_page=dashboard.MOST)
    return render(request, "dashboard.html", links=SnapshotLinks(""), **context)


@router.get("/alerts.html")
async def open_alerts(request: Request, house: HouseDep, _caller: Viewer) -> Response:
    """The open alerts."""
    return await _alerts(request, house, "open")


@router.get("/alerts-all.html")
async def all_alerts(request: Request, house: HouseDep, _caller: Viewer) -> Response:
    """The newest alerts, resolved ones too."""
    return await _alerts(request, house, "all")


async def _alerts(request: Request, house: House, state: Literal["open", "all"]) -> Response:
    async with house.db.connection() as conn:
        rows = await triage.list_alerts(conn, state, MOST_ALERTS)
    shown = [alerts.shown(row, house.clock()) for row in rows]
    return render(
        request, "alerts.html", links=SnapshotLinks(""), alerts=shown, which=state, q="", next_cursor=None,
        may_act=False, lengths=(), quiet=(),
    )  # fmt: skip


@router.get("/static/{name}")
async def style(name: str, _caller: Viewer) -> Response:
    """What the pages look like; raises NotFound."""
    if name not in _STYLE:
        raise NotFound(what="file", id=name)
    file = static_files.all_files()[name]
    return Response(file.body, media_type=file.media)


@router.get("/plants/{name}.html")
async def plant_file(
    request: Request, house: HouseDep, _caller: Viewer, name: Annotated[str, Path(max_length=120)]
) -> Response:
    """A plant over a range, or one of its sections: ``plt_…-30d``, ``plt_…-waterings``."""
    plant_id, _, part = name.partition("-")
    template, context = await _page(house, plant_id, part, moments_of(request))
    return render(request, template, links=SnapshotLinks("../"), **context)


async def _page(house: House, plant_id: str, part: str, moments: Moments) -> tuple[str, dict[str, Any]]:
    if part == "waterings":
        return "waterings.html", await diary(house, plant_id, moments)
    if part == "limits":
        return "limits.html", await limits_of(house, plant_id, moments)
    return "plant.html", await overview(house, plant_id, part or _USUAL, moments)
