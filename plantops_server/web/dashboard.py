"""The page of all plants."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from plantops_server.entrance.auth import HouseDep, Viewer
from plantops_server.web.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/")
async def dashboard(request: Request, house: HouseDep, _caller: Viewer) -> Response:
    """The cards of all plants."""
    return render(request, "dashboard.html", cards=[])
