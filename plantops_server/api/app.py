"""The HTTP application: every door under one roof, with its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from plantops_api.wire import Problem
from plantops_server.api import problems
from plantops_server.entrance.auth import SESSION_COOKIE, RequireRole
from plantops_server.entrance.house import House
from plantops_server.entrance.safe_headers import OF_DATA, SafeHeaders
from plantops_server.entrance.version import product_version

DOORS = (
    "devices", "plants", "thresholds", "species", "species_settings", "alerts", "maintenance", "notifications",
    "advisor", "live", "access", "ssh_keys", "running",
)  # fmt: skip
"""One module an area of the API; each has a ``router``."""

_TAGS = [
    {"name": "devices", "description": "Hardware with MQTT credentials of its own: enrolment, pairing, commands."},
    {"name": "plants", "description": "Plants, their cards, history, waterings and export."},
    {"name": "species", "description": "The shipped plant knowledge."},
    {"name": "alerts", "description": "Incidents: one open problem of one kind."},
    {"name": "notifications", "description": "Where incidents are sent."},
    {"name": "advisor", "description": "Care plans: grounded in the plant's own readings, by a model or by rules."},
    {"name": "live", "description": "Server-sent events that carry ids, not data."},
    {"name": "access", "description": "Login, users, API tokens and SSH keys."},
    {"name": "running", "description": "Health, readiness and metrics."},
]  # fmt: skip

_DESCRIPTION = (
    "Plant monitoring you can trust. Send `Authorization: Bearer <token>` (a browser sends its session cookie). "
    "Roles: viewer < operator < admin; every operation names the one it needs in `x-role`, `none` means that it is "
    "open. Every error is an RFC 9457 problem document whose `detail` says what to do. Lists take `limit`, `cursor` "
    "and `q`, and answer `{items, next_cursor}`. Times are UTC. Units: %, °C, %RH, lx, µS/cm, dBm."
)

_PROBLEM = {"content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def create_app(house: House, extra_routers: tuple[APIRouter, ...] = ()) -> FastAPI:
    """The application around ``house``; raises nothing, opens nothing."""
    app = FastAPI(
        title="PlantOps", version=product_version(), description=_DESCRIPTION, openapi_tags=_TAGS,
        docs_url=None, redoc_url=None, openapi_url=None, separate_input_output_schemas=False,
    )  # fmt: skip
    app.state.house = house
    problems.install(app)
    app.add_middleware(SafeHeaders, policy=OF_DATA)
    for door in DOORS:
        app.include_router(import_module(f"plantops_server.api.{door}").router)
    for router in extra_routers:
        app.include_router(router)
    _serve_openapi(app)
    return app


def operations(app: FastAPI) -> Iterator[RouteContext]:
    """Every documented route of the application, also those of included routers."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute) and route.include_in_schema:
            yield route


def role_of(route: RouteContext) -> str:
    """The role that a route asks for, ``none`` when it is open to everybody."""
    roles = [d.call.role for d in _dependants(route.dependant) if isinstance(d.call, RequireRole)]
    return roles[0] if roles else "none"


def _dependants(dependant: Dependant) -> Iterator[Dependant]:
    for inner in dependant.dependencies:
        yield inner
        yield from _dependants(inner)


def _serve_openapi(app: FastAPI) -> None:
    @app.get("/api/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(app.openapi())

    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]


def _openapi(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 with roles, security schemes and problem documents; made once, when first asked for."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=_TAGS,
            separate_input_output_schemas=False,
        )  # fmt: skip
        components = schema.setdefault("components", {})
        components["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "An API token, `po_…`"},
            "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
        }
        components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
        for route in operations(app):
            _describe(schema["paths"][route.path_format], route)
        for leftover in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(leftover, None)
        app.openapi_schema = schema
    return app.openapi_schema


def _describe(path: dict[str, Any], route: RouteContext) -> None:
    role = role_of(route)
    for method in route.methods or ():
        operation = path[method.lower()]
        operation["x-role"] = role
        operation["responses"].pop("422", None)
        operation["responses"]["default"] = {
            "description": "A problem document: what is wrong and what to do", **_PROBLEM,
        }  # fmt: skip
        if role != "none":
            operation["security"] = [{"token": []}, {"session": []}]
            operation["description"] = (
                f"{operation.get('description', '').rstrip()}\n\nRole: **{role}**.".strip()
            )
