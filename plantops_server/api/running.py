"""Doors for whoever runs the server: alive, ready, metrics. None of them tells a secret or a plant's name."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import structlog
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest

from plantops_api.wire import Check, Ready
from plantops_server import vitals
from plantops_server.entrance.auth import HouseDep, Viewer
from plantops_server.entrance.house import House
from plantops_server.entrance.version import product_version
from plantops_server.errors import PlantOpsError

CHECK_TIMEOUT_S = 2.0
LONGEST_LAG_S = 60.0
"""Readings that wait longer than this to be stored mean that ingest does not keep up."""
LONGEST_DUE_S = 300.0
"""A notification that is due this long and was not even tried means that delivery stands still."""
LEAST_FREE_BYTES = 200_000_000

router = APIRouter(tags=["running"])
log = structlog.get_logger(__name__)

_BROKER_CONNECTED = Gauge(
    "plantops_broker_connected", "Whether the broker has accepted this process (1) or not (0)."
)
_INGEST_WAITING = Gauge("plantops_ingest_waiting_messages", "Messages that arrived and are not stored yet.")
_INGEST_LAG = Gauge("plantops_ingest_lag_seconds", "Age of the oldest message that is not stored yet.")
_OUTBOX_PENDING = Gauge("plantops_outbox_pending_notifications", "Notifications that are not delivered yet.")
_OUTBOX_OLDEST = Gauge(
    "plantops_outbox_oldest_seconds", "Age of the oldest notification that is not delivered yet."
)
_CHANNELS_DISABLED = Gauge(
    "plantops_notification_channels_disabled",
    "Channels that the server stopped using since they were refused.",
)
_STREAMS = Gauge("plantops_stream_subscribers", "Clients that listen to the event stream of this process.")
_PLANTS = Gauge("plantops_plants", "Plants, by health and trust.", ["health", "trust"])
_DEVICES = Gauge("plantops_devices", "Devices, by status.", ["status"])
_INCIDENTS = Gauge("plantops_incidents_open", "Open incidents, by kind and severity.", ["kind", "severity"])
_POOL = Gauge("plantops_database_pool_connections", "Connections of the pool, by state.", ["state"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process runs. Says nothing of database or broker: restarting this process would not mend them."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "Not ready; `checks` says why"}},
)
async def readyz(house: HouseDep) -> Response:
    """Whether everything that the product needs works now: database, broker, ingest, outbox, disk."""
    checks = {
        "database": _database, "broker": _broker, "ingest": _ingest, "outbox": _outbox, "disk": _disk,
    }  # fmt: skip
    results = await asyncio.gather(*(_checked(name, check, house) for name, check in checks.items()))
    ready = Ready(
        ready=all(check.ok for check in results), version=product_version(),
        checks=dict(zip(checks, results, strict=True)),
    )  # fmt: skip
    return Response(
        ready.model_dump_json(), status_code=200 if ready.ready else 503, media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )  # fmt: skip


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(house: HouseDep, _caller: Viewer) -> Response:
    """Prometheus metrics: counts, ages and states of this process and of the installation."""
    await _measure(house)
    return Response(await asyncio.to_thread(generate_latest, REGISTRY), media_type=CONTENT_TYPE_LATEST)


async def _checked(name: str, check: Callable[[House], Awaitable[Check]], house: House) -> Check:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check(house)
    except TimeoutError:
        return Check(ok=False, detail=f"no answer within {CHECK_TIMEOUT_S:.0f} s")
    except PlantOpsError as error:
        return Check(ok=False, detail=str(error))
    except (
        Exception
    ) as error:  # whatever it is, it means "not ready"; its text may name hosts, so it is logged only
        log.warning("readiness check failed", check=name, kind=type(error).__name__, detail=str(error))
        return Check(ok=False, detail=f"{name} does not answer; the server's log says why")


async def _database(house: House) -> Check:
    async with house.db.connection() as conn:
        await conn.execute("SELECT 1")
    return Check(ok=True, detail="answers")


async def _broker(house: House) -> Check:
    for link in (house.downlink, house.ingest_link):
        if link is not None and not link.connected:
            return Check(ok=False, detail="not connected; trying again until it answers")
    return Check(ok=True, detail="connected")


async def _ingest(house: House) -> Check:
    if house.intake is None:
        return Check(ok=True, detail="runs in another process")
    lag, waiting, problem = house.intake.lag_s, house.intake.waiting, house.intake.problem
    if problem is not None:  # its text may name hosts, so its kind has to do
        kind = problem.partition(":")[0]
        return Check(
            ok=False,
            detail=f"readings cannot be stored ({kind}); {waiting} messages are held, the server's log says why",
        )
    return Check(ok=lag <= LONGEST_LAG_S, detail=f"{waiting} messages wait, the oldest for {lag:.1f} s")


async def _outbox(house: House) -> Check:
    async with house.db.connection() as conn:
        found, disabled = await vitals.outbox(conn), await vitals.disabled_channels(conn)
    overdue = _age_s(house, found.most_due_at)
    detail = f"{found.pending} notifications wait, {overdue:.0f} s overdue"
    if disabled:  # told, but no reason to send nobody any request: the owner has to enter a URL
        detail += f"; {disabled} channel(s) disabled, the notification settings say why"
    return Check(ok=overdue <= LONGEST_DUE_S, detail=detail)


async def _disk(house: House) -> Check:
    usage = await asyncio.to_thread(shutil.disk_usage, _existing(house.settings.data_dir))
    detail = f"{usage.free / 1e9:.1f} GB free, {usage.free / usage.total:.0%}"
    return Check(ok=usage.free >= LEAST_FREE_BYTES, detail=detail)


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _age_s(house: House, moment: datetime | None) -> float:
    return 0.0 if moment is None else max(0.0, (house.clock() - moment).total_seconds())


async def _measure(house: House) -> None:
    """Set the gauges that are looked up rather than counted."""
    async with house.db.connection() as conn:
        waiting, counts = await vitals.outbox(conn), await vitals.counts(conn)
        _CHANNELS_DISABLED.set(await vitals.disabled_channels(conn))
    _OUTBOX_PENDING.set(waiting.pending)
    _OUTBOX_OLDEST.set(_age_s(house, waiting.oldest_at))
    links = [link for link in (house.downlink, house.ingest_link) if link is not None]
    _BROKER_CONNECTED.set(all(link.connected for link in links))
    _INGEST_WAITING.set(house.intake.waiting if house.intake else 0)
    _INGEST_LAG.set(house.intake.lag_s if house.intake else 0)
    _STREAMS.set(house.live.subscribers)
    for state in ("pool_size", "pool_available", "requests_waiting"):
        _POOL.labels(state=state).set(house.db.stats().get(state, 0))
    for gauge, subject in ((_PLANTS, "plants"), (_DEVICES, "devices"), (_INCIDENTS, "incidents")):
        gauge.clear()
        for row in counts[subject]:
            number = row.pop("n")
            gauge.labels(**row).set(number)
