"""Doors to plants: cards, details, history, waterings, export."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Path, Query, Response
from starlette.responses import StreamingResponse

from plantops_api.wire import (
    DERIVED_METRICS,
    METRICS,
    PLANT_METRICS,
    DeviceBrief,
    History,
    Page,
    Plant,
    PlantBody,
    PlantCard,
    Watering,
    WateringBody,
)
from plantops_server import cards, plant_changes
from plantops_server.api import csv_cells
from plantops_server.entrance.auth import HouseDep, Operator, Viewer
from plantops_server.entrance.house import House
from plantops_server.entrance.paging import PageDep
from plantops_server.errors import InvalidInput
from plantops_server.past import OLDEST, RANGES, past
from plantops_server.plants import registry
from plantops_server.store import bell
from plantops_server.telemetry import export

router = APIRouter(prefix="/api/plants", tags=["plants"])

PlantId = Annotated[str, Path(max_length=100, examples=["plt_4c7xq2…"])]
WateringId = Annotated[str, Path(max_length=100, examples=["12"])]


def _json(body: object, status: int = 200) -> Response:
    """Our own rows as JSON, in one pass: model validation and FastAPI's encoder would cost many times the query."""
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json")


@router.get("", response_model=Page[PlantCard])
async def list_plants(
    page: PageDep,
    house: HouseDep,
    _caller: Viewer,
    archived: Annotated[bool, Query(description="Archived plants instead of the others")] = False,
) -> Response:
    """Cards of plants by name: newest values, health, trust, open incidents, 24-h sparkline."""
    async with house.db.connection() as conn:
        rows = await cards.page_of_cards(
            conn,
            house.clock(),
            limit=page.fetch,
            after=page.after,
            q=page.q,
            archived=archived,
            zone=house.settings.zone,
        )
    return _json(page.page(rows, "id"))


@router.post("", response_model=Plant, status_code=201)
async def create_plant(body: PlantBody, house: HouseDep, caller: Operator) -> Response:
    """Add a plant. Limits that are not given follow its species, and else general ones."""
    async with house.db.transaction() as conn:
        row = await registry.create_plant(conn, body, house.clock(), caller.username)
        await bell.ring(conn, "plant", [row["id"]])
        return _json(await cards.plant(conn, row["id"], house.clock(), house.settings.zone), 201)


@router.get("/{plant_id}", response_model=Plant)
async def get_plant(plant_id: PlantId, house: HouseDep, _caller: Viewer) -> Response:
    """One plant with its devices and open alerts; archived ones too."""
    async with house.db.connection() as conn:
        return _json(await cards.plant(conn, plant_id, house.clock(), house.settings.zone))


@router.put("/{plant_id}", response_model=Plant)
async def replace_plant(plant_id: PlantId, body: PlantBody, house: HouseDep, caller: Operator) -> Response:
    """Replace all that a person may set; an absent field is cleared. New limits are judged at once."""
    async with house.db.transaction() as conn:
        await plant_changes.replace_plant(conn, plant_id, body, house.clock(), caller.username)
        return _json(await cards.plant(conn, plant_id, house.clock(), house.settings.zone))


@router.delete("/{plant_id}", status_code=204)
async def delete_plant(plant_id: PlantId, house: HouseDep, caller: Operator) -> Response:
    """Archive a plant: it leaves the dashboard, its devices are untied, its history stays."""
    async with house.db.transaction() as conn:
        await plant_changes.archive_plant(conn, plant_id, caller.username, house.clock())
    return Response(status_code=204)


@router.post("/{plant_id}/restore", response_model=Plant)
async def restore_plant(plant_id: PlantId, house: HouseDep, _caller: Operator) -> Response:
    """Take archiving back: the plant is on the dashboard again; tie its devices anew."""
    async with house.db.transaction() as conn:
        await plant_changes.restore_plant(conn, plant_id, house.clock())
        return _json(await cards.plant(conn, plant_id, house.clock(), house.settings.zone))


@router.get("/{plant_id}/devices", response_model=Page[DeviceBrief])
async def list_devices_of_plant(plant_id: PlantId, house: HouseDep, _caller: Viewer) -> Response:
    """The devices that are tied to a plant."""
    async with house.db.connection() as conn:
        await registry.get_plant(conn, plant_id)
        rows = await cards.devices_of_plant(conn, plant_id, house.clock())
    return _json({"items": rows, "next_cursor": None})


@router.get("/{plant_id}/waterings", response_model=Page[Watering])
async def list_waterings(plant_id: PlantId, page: PageDep, house: HouseDep, _caller: Viewer) -> Response:
    """Waterings of a plant, the newest first; `q` searches the notes."""
    async with house.db.connection() as conn:
        before = page.after_number
        rows = await registry.list_waterings(conn, plant_id, page.fetch, before, page.q)
    return _json(page.page(rows, "id"))


@router.post("/{plant_id}/waterings", response_model=Watering, status_code=201)
async def log_watering(plant_id: PlantId, body: WateringBody, house: HouseDep, caller: Operator) -> Response:
    """Write a watering down: one event, which ends what is too dry. One that the readings showed already becomes it."""
    at = None if body.at is None else _utc(body.at)
    async with house.db.transaction() as conn:
        row = await plant_changes.log_watering(
            conn, plant_id, body.model_copy(update={"at": at}), caller.username, house.clock()
        )
    return _json(row, 201)


@router.delete("/{plant_id}/waterings/{watering_id}", status_code=204)
async def take_watering_back(
    plant_id: PlantId, watering_id: WateringId, house: HouseDep, caller: Operator
) -> Response:
    """Take back a watering that was none: a logged one goes, and what the readings seemed to show is not found again.

    A dry incident that it ended goes on if the soil is dry.
    """
    async with house.db.transaction() as conn:
        await plant_changes.take_watering_back(conn, plant_id, watering_id, caller.username, house.clock())
    return Response(status_code=204)


@router.get("/{plant_id}/history", response_model=History)
async def plant_history(
    plant_id: PlantId,
    house: HouseDep,
    _caller: Viewer,
    range_: Annotated[Literal["24h", "7d", "30d", "1y"], Query(alias="range")] = "24h",
    start: Annotated[
        datetime | None, Query(description="Instead of `range`; ISO 8601, UTC without a zone")
    ] = None,
    end: Annotated[datetime | None, Query(description="Default: now")] = None,
    points: Annotated[
        int, Query(ge=2, le=5000, description="Most buckets; raw readings when they are fewer")
    ] = 300,
    metrics: Annotated[str | None, Query(max_length=200, examples=["soil_moisture,temperature"])] = None,
) -> Response:
    """Equal time buckets with min, mean, max and null for gaps; raw readings when there are fewer than `points`."""
    first, last = _span(house, range_, start, end)
    async with house.db.connection() as conn:
        return _json(await past(conn, plant_id, first, last, points, _metrics(metrics), house.settings.zone))


@router.get(
    "/{plant_id}/export.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_plant(
    plant_id: PlantId,
    house: HouseDep,
    _caller: Viewer,
    start: Annotated[datetime | None, Query(description="First time; ISO 8601, UTC without a zone")] = None,
    end: Annotated[datetime | None, Query(description="Time after the last")] = None,
) -> StreamingResponse:
    """A header line, then one line a stored reading, oldest first; `time` first, ISO 8601, UTC. Streamed."""
    first, last = (None if moment is None else _utc(moment) for moment in (start, end))
    async with house.db.connection() as conn:
        await registry.get_plant(conn, plant_id)
    return StreamingResponse(
        _csv(house, plant_id, first, last), media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{plant_id}.csv"'},
    )  # fmt: skip


async def _csv(
    house: House, plant_id: str, start: datetime | None, end: datetime | None
) -> AsyncIterator[bytes]:
    yield csv_cells.line(export.COLUMNS)
    async with house.db.transaction() as conn:
        lines: list[bytes] = []
        async for row in export.export_rows(conn, plant_id, start, end):
            lines.append(csv_cells.line(row[column] for column in export.COLUMNS))
            if len(lines) >= 500:
                yield b"".join(lines)
                lines.clear()
    yield b"".join(lines)


def _span(
    house: House, range_: str, start: datetime | None, end: datetime | None
) -> tuple[datetime, datetime]:
    last = house.clock() if end is None else min(_utc(end), house.clock() + timedelta(days=1))
    first = last - RANGES[range_] if start is None else max(_utc(start), OLDEST)
    if first >= last:
        raise InvalidInput(problem="start is not before end. Swap them, or leave end out for now.")
    return first, last


def _metrics(text: str | None) -> list[str]:
    wanted = [part.strip() for part in (text or "").split(",") if part.strip()]
    known = (*METRICS, *DERIVED_METRICS)
    unknown = [metric for metric in wanted if metric not in known]
    if unknown:
        raise InvalidInput(problem=f"metrics: {unknown[0]!r} is none. Choose among {', '.join(known)}.")
    return list(dict.fromkeys(wanted)) or list(PLANT_METRICS)


def _utc(moment: datetime) -> datetime:
    """``moment`` in UTC; without a zone it is taken as UTC."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(
            problem=f"{moment.isoformat()} is beyond the calendar. Give a nearer time."
        ) from None
