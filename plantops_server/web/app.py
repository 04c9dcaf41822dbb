"""The web view: an application of its own beside the API, on the same house."""

from __future__ import annotations

from importlib import import_module

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from plantops_server.entrance.house import House
from plantops_server.entrance.safe_headers import SafeHeaders
from plantops_server.web import mistakes
from plantops_server.web.head_requests import HeadRequests
from plantops_server.web.own_forms import own_forms_only

DOORS = (
    "static_files",
    "login",
    "alerts",
    "maintenance",
    "devices",
    "dashboard",
    "plant_forms",
    "plant",
    "waterings",
    "limits",
    "snapshot",
    "care",
    "own_account",
    "access",
    "enrolment",
    "notifications",
    "advisor_settings",
    "species_settings",
    "theme",
)
"""One module an area of the view; each has a ``router``."""


def create_web(house: House) -> FastAPI:
    """The application around ``house``; raises nothing, opens nothing."""
    app = FastAPI(
        title="PlantOps", docs_url=None, redoc_url=None, openapi_url=None,
        dependencies=[Depends(own_forms_only)],
    )  # fmt: skip
    app.state.house = house
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=6)
    mistakes.install(app)
    app.add_middleware(SafeHeaders)
    app.add_middleware(HeadRequests)
    for door in DOORS:
        app.include_router(import_module(f"plantops_server.web.{door}").router)
    return app
