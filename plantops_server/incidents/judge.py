"""Judging a batch of readings inside the transaction that stores it.

Two reads, one fold in memory, and at most six writes a call, however many readings and plants it holds. The
caller has locked the plants' ``plant_state`` rows, so that two batches of one plant are judged one after the
other; the unique index ``alerts_one_open`` holds even if it has not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

from plantops_api.wire import Severity
from plantops_server.incidents import outbox
from plantops_server.incidents.breach import (
    DRY_WITHIN,
    TAKEN_UP,
    WATERED,
    Breach,
    Incident,
    Limits,
    Observation,
    PlantContext,
    Track,
)
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

__all__ = ["Observation", "PlantContext", "judge", "open_by_plant", "rejudge", "summary"]

_SQL = load_queries(__package__, "judge.sql")

Key: TypeAlias = tuple[str, str]
"""Plant id and metric."""
Touched: TypeAlias = tuple[Key, Incident]


async def judge(
    conn: Connection,
    observations: Sequence[Observation],
    contexts: Mapping[str, PlantContext],
    now: datetime,
) -> list[int]:
    """Open, escalate and resolve incidents for these readings; the ids of those that changed.

    Writes ``breaches``, ``alerts`` and the outbox and rings ``alert`` and ``outbox``, all in the caller's
    transaction. Readings of plants without a context are passed over.
    """
    wanted = {o.plant_id for o in observations} & contexts.keys()
    watched = [contexts[plant_id] for plant_id in sorted(wanted)]
    if not watched:
        return []
    tracks = await _load(conn, watched, min(o.time for o in observations) - DRY_WITHIN)
    before = {key: replace(track.breach) for key, track in tracks.items() if track.breach}
    _observe(tracks, observations)
    await _keep_breaches(conn, tracks, before)
    touched = [(key, incident) for key, track in tracks.items() for incident in track.touched]
    return await _store(conn, touched, contexts, now)


async def rejudge(
    conn: Connection, context: PlantContext, recent: Sequence[Observation], now: datetime
) -> list[int]:
    """Judge a plant anew because its limits changed; the ids of the incidents that changed.

    ``recent`` are its trusted readings of the last hours. What the new limits allow is resolved at once,
    without hysteresis, since a person has just drawn the line; what they forbid opens by the usual rule.
    """
    tracks = await _load(conn, [context], now)  # under new limits nothing goes on that was over
    await conn.execute(_SQL["drop_breaches_of_plant"], {"plant_id": context.plant_id})
    ordered = sorted(recent, key=lambda o: o.time)
    for (_, metric), track in tracks.items():
        track.breach = track.newest = None
        readings = [o for o in ordered if metric in o.values]
        _redraw(track, readings, now)
        for o in readings:  # only where things stand now decides; the readings before it say since when
            track.observe(o.time, o.values[metric], fresh=o.fresh and o is readings[-1])
    await _keep_breaches(conn, tracks, {})
    touched = [(key, incident) for key, track in tracks.items() for incident in track.touched]
    return await _store(conn, touched, {context.plant_id: context}, now)


async def summary(conn: Connection, plant_ids: Iterable[str]) -> dict[str, tuple[int, Severity | None]]:
    """Open incidents of each plant that has any, and the worst severity among those about the plant itself.

    The severity is None when only its devices have problems: a silent probe says nothing about the plant.
    """
    cursor = await conn.execute(_SQL["summary"], {"plants": list(plant_ids)})
    return {
        row["plant_id"]: (row["open_count"], _worst(row["of_plant"], row["critical"]))
        for row in await cursor.fetchall()
    }


async def open_by_plant(conn: Connection, plant_ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """The open incidents of each plant that has any, the worst first."""
    cursor = await conn.execute(_SQL["open_by_plant"], {"plants": list(plant_ids)})
    by_plant: dict[str, list[dict[str, Any]]] = {}
    for row in await cursor.fetchall():
        by_plant.setdefault(row["plant_id"], []).append(row)
    return by_plant


def _worst(of_plant: int, critical: int) -> Severity | None:
    if critical:
        return "critical"
    return "warning" if of_plant else None


async def _load(conn: Connection, contexts: Sequence[PlantContext], since: datetime) -> dict[Key, Track]:
    """What is watched and open for these plants, and what ended after ``since``."""
    tracks = {
        (c.plant_id, metric): Track(Limits.of(metric, threshold), newest=c.newest.get(metric))
        for c in contexts
        for metric, threshold in c.thresholds.items()
    }
    plants = {"plants": [c.plant_id for c in contexts]}
    for row in await (await conn.execute(_SQL["incidents"], {**plants, "since": since})).fetchall():
        key = (row["plant_id"], row["metric"])
        _remember(tracks.setdefault(key, Track(Limits(row["metric"]))), row)  # its limits may be gone
    for row in await (await conn.execute(_SQL["breaches"], plants)).fetchall():
        track = tracks.setdefault((row["plant_id"], row["metric"]), Track(Limits(row["metric"])))
        track.breach = Breach(row["kind"], row["since"], row["readings"], row["last_at"], row["last_value"])
        track.newest = max(track.newest or row["last_at"], row["last_at"])
    return tracks


def _remember(track: Track, row: Mapping[str, Any]) -> None:
    """Give a track an incident that is open, or that ended a short while ago."""
    incident = Incident(
        row["kind"], row["severity"], row["value"], row["threshold"], row["opened_at"], id=row["id"],
        resolved_at=row["resolved_at"], resolution=row["resolution"],
    )  # fmt: skip
    if incident.resolved_at is None:
        track.open = incident
    track.resting = incident if incident.resolution in TAKEN_UP else None
    if incident.resolution is not None and incident.resolution.startswith(WATERED):
        track.watered_at = incident.resolved_at


def _observe(tracks: Mapping[Key, Track], observations: Sequence[Observation]) -> None:
    for observation in sorted(observations, key=lambda o: o.time):
        for metric, value in observation.values.items():
            track = tracks.get((observation.plant_id, metric))
            if track is not None:
                track.observe(observation.time, value, fresh=observation.fresh)


def _redraw(track: Track, readings: Sequence[Observation], now: datetime) -> None:
    """Compare what is open with the new limits: resolve it, or keep it and say which limit holds now."""
    incident, limits = track.open, track.limits
    if incident is None:
        return
    limit = limits.limit(incident.kind)
    if limit is None:
        incident.resolution = "the limit was removed"
    elif readings and limits.side(readings[-1].values[limits.metric]) != incident.kind:
        incident.resolution = "the limits were changed"
    else:
        if limit != incident.threshold:
            incident.threshold = limit
            track.touched.append(incident)
        return
    incident.resolved_at = now
    track.touched.append(incident)
    track.open = None


async def _keep_breaches(conn: Connection, tracks: Mapping[Key, Track], before: Mapping[Key, Breach]) -> None:
    """Write the breaches that changed, and drop those that are gone."""
    kept = [
        (key, track.breach)
        for key, track in tracks.items()
        if track.breach is not None and track.breach != before.get(key)
    ]
    gone = [key for key in before if tracks[key].breach is None]
    if kept:
        await conn.execute(
            _SQL["keep_breaches"],
            {
                "plants": [plant for (plant, _), _ in kept],
                "metrics": [metric for (_, metric), _ in kept],
                "kinds": [breach.kind for _, breach in kept],
                "sinces": [breach.since for _, breach in kept],
                "readings": [breach.readings for _, breach in kept],
                "last_ats": [breach.last_at for _, breach in kept],
                "last_values": [breach.last_value for _, breach in kept],
            },
        )
    if gone:
        await conn.execute(
            _SQL["drop_breaches"], {"plants": [plant for plant, _ in gone], "metrics": [m for _, m in gone]}
        )


async def _store(
    conn: Connection, touched: Sequence[Touched], contexts: Mapping[str, PlantContext], now: datetime
) -> list[int]:
    new = [item for item in touched if item[1].id is None]
    known = [item for item in touched if item[1].id is not None]
    told = [
        *_events_of_known(known, await _update(conn, known), contexts),
        *_events_of_new(await _insert(conn, new), contexts),
    ]
    if not told:
        return []
    await outbox.enqueue(conn, told, now)
    ids = list(dict.fromkeys(event.alert_id for event in told))
    await ring(conn, "alert", map(str, ids))
    return ids


async def _update(conn: Connection, known: Sequence[Touched]) -> set[int]:
    if not known:
        return set()
    incidents = [incident for _, incident in known]
    cursor = await conn.execute(
        _SQL["update"],
        {
            "ids": [i.id for i in incidents],
            "severities": [i.severity for i in incidents],
            "values": [i.value for i in incidents],
            "thresholds": [i.threshold for i in incidents],
            "resolved": [i.resolved_at for i in incidents],
            "resolutions": [i.resolution for i in incidents],
            "returned": [i.returned for i in incidents],
            "taken_up": list(TAKEN_UP),
        },
    )
    return {row["id"] for row in await cursor.fetchall()}


async def _insert(conn: Connection, new: Sequence[Touched]) -> list[Touched]:
    """Insert new incidents; those that were really opened by us, with their ids."""
    if not new:
        return []
    cursor = await conn.execute(
        _SQL["open"],
        {
            "plants": [plant for (plant, _), _ in new],
            "metrics": [metric for (_, metric), _ in new],
            "kinds": [i.kind for _, i in new],
            "severities": [i.severity for _, i in new],
            "values": [i.value for _, i in new],
            "thresholds": [i.threshold for _, i in new],
            "opened": [i.opened_at for _, i in new],
            "resolved": [i.resolved_at for _, i in new],
            "resolutions": [i.resolution for _, i in new],
        },
    )
    ids = {
        (row["plant_id"], row["metric"], row["kind"], row["opened_at"]): row["id"]
        for row in await cursor.fetchall()
    }
    for (plant, metric), incident in new:
        incident.id = ids.get((plant, metric, incident.kind, incident.opened_at))
    return [item for item in new if item[1].id is not None]


def _events_of_known(
    known: Sequence[Touched], updated: set[int], contexts: Mapping[str, PlantContext]
) -> list[outbox.Event]:
    return [
        _event("resolved" if incident.resolved_at else "changed", key, incident, contexts)
        for key, incident in known
        if incident.id in updated
    ]


def _events_of_new(opened: Sequence[Touched], contexts: Mapping[str, PlantContext]) -> list[outbox.Event]:
    events = []
    for key, incident in opened:
        events.append(_event("opened", key, incident, contexts))
        if incident.resolved_at is not None:
            events.append(_event("resolved", key, incident, contexts))
    return events


def _event(
    happened: outbox.Happened, key: Key, incident: Incident, contexts: Mapping[str, PlantContext]
) -> outbox.Event:
    plant_id, metric = key
    context = contexts[plant_id]
    threshold = context.thresholds.get(metric)
    assert incident.id is not None  # noqa: S101 - only stored incidents are told about
    return outbox.Event(
        happened=happened,
        alert_id=incident.id,
        kind=incident.kind,
        severity=incident.severity,
        plant_id=plant_id,
        facts=outbox.Facts(
            plant_name=context.name, species=context.species, location=context.location,
            metric=metric, value=incident.value, threshold=incident.threshold,
            min=threshold.min if threshold else None, max=threshold.max if threshold else None,
            opened_at=incident.opened_at, seen=incident.seen, before=incident.before,
            resolved_at=incident.resolved_at, resolution=incident.resolution,
            returned=incident.returned and not incident.escalated,
        ),
    )  # fmt: skip
