"""Read model of the dashboard: all that a card shows, in a constant number of statements whatever the history holds.

Trust and health are judged at the moment of reading, not as ingest last wrote them: a plant of which nothing is heard
any more must not stay green until somebody looks at the clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from plantops_api.wire import METRICS, Severity
from plantops_api.wording import KIND_WORDS
from plantops_server.errors import PlantNotFound
from plantops_server.incidents import judge
from plantops_server.plants import abstention, outlooks, registry, thresholds
from plantops_server.plants.forecast import Outlook, dry_already
from plantops_server.plants.trust import health_of, trust_of
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries
from plantops_server.telemetry import dli, history, rollups
from plantops_server.telemetry.vpd import vpd

_SQL = load_queries(__package__ or "plantops_server", "cards.sql")

Row = dict[str, Any]

_ABOUT_THE_PLANT = ("low", "high", "light_low")
_WORDS = {
    ("low", "soil_moisture"): "too dry", ("high", "soil_moisture"): "too wet",
    ("low", "temperature"): "too cold", ("high", "temperature"): "too warm",
    ("low", "humidity"): "air too dry", ("high", "humidity"): "air too humid",
    ("low", "light_level"): "too dark", ("high", "light_level"): "too bright",
    ("low", "conductivity"): "needs feeding", ("high", "conductivity"): "over-fertilised",
    ("light_low", "light_level"): "too little light", ("low", "battery"): "battery low",
}  # fmt: skip

_UNTOLD = {
    "offline": "The sensor is silent: nobody knows how the soil dries now.",
    "faulty": "The sensor is faulty: its readings are not believed.",
    "none": "Nothing was measured in the soil yet.",
}
"""Trust in which a forecast would be a guess, and what is said instead."""

_MOST_KEPT = 16
_KEPT: dict[tuple[object, ...], tuple[history.Sparklines, dict[str, Row]]] = {}
"""The newest answers of ``_rolled``. A key names the revision of the roll-ups, so none of them is ever stale."""


async def page_of_cards(
    conn: Connection, now: datetime, *, limit: int, after: str | None, q: str | None, archived: bool = False,
    zone: tzinfo = UTC,
) -> list[Row]:  # fmt: skip
    """Cards by name (``wire.PlantCard``), ready for JSON; ``after`` is the id of the last one of the page before.

    ``zone`` is where days begin and end.
    """
    values = {"limit": limit, "after": after, "q": q, "archived": archived, "now": now}
    rows = await (await conn.execute(_SQL["page_of_cards"], values)).fetchall()
    return await _with_lines(conn, rows, now, zone)


async def cards_of(
    conn: Connection, plant_ids: Sequence[str], now: datetime, zone: tzinfo = UTC
) -> list[Row]:
    """Cards of these plants, archived ones too, ready for JSON; an id that is no plant's is left out."""
    rows = await (await conn.execute(_SQL["cards_by_id"], {"ids": list(plant_ids), "now": now})).fetchall()
    return await _with_lines(conn, rows, now, zone)


async def plant(conn: Connection, plant_id: str, now: datetime, zone: tzinfo = UTC) -> Row:
    """One plant with devices and open alerts (``wire.Plant``), ready for JSON; raises PlantNotFound."""
    rows = await (await conn.execute(_SQL["cards_by_id"], {"ids": [plant_id], "now": now})).fetchall()
    if not rows:
        raise PlantNotFound(id=plant_id)
    (card,) = await _with_lines(conn, rows, now, zone)
    row = rows[0]
    return card | {
        "vpd": _thirst(card["state"]), "notes": row["notes"],
        "created_at": row["created_at"], "own_thresholds": thresholds.ranges(row["thresholds"]),
        "devices": await devices_of_plant(conn, plant_id, now),
        "open_alerts": [alert | {"plant_name": row["name"]} for alert in row["open_alerts"]],
    }  # fmt: skip


async def devices_of_plant(conn: Connection, plant_id: str, now: datetime) -> list[Row]:
    """The devices of a plant (``wire.DeviceBrief``), each with the trust that it deserves now."""
    rows = await (await conn.execute(_SQL["devices_of_plant"], {"id": plant_id})).fetchall()
    for row in rows:
        interval, wake = row.pop("expected_interval_s"), row.pop("next_wake_at")
        faulty = row["fault"] is not None
        row["trust"] = trust_of(now, row.pop("last_reading_at"), interval, wake, row["status"], faulty)
    return rows


async def _with_lines(conn: Connection, rows: Sequence[Row], now: datetime, zone: tzinfo) -> list[Row]:
    """Turn rows into cards; leaves ``open_alerts`` in each row."""
    ids = [row["id"] for row in rows]
    alerts = await judge.open_by_plant(conn, ids)
    (end, lines), light_of = await _rolled(conn, ids, now, zone)
    outlook_of = await outlooks.outlooks(conn, ids)
    cards = []
    for row in rows:
        row["open_alerts"] = alerts.get(row["id"], [])
        card = _card(row, now)
        card |= {"sparkline": lines.get(row["id"], {}), "sparkline_end": end, "dli": light_of.get(row["id"])}
        trust = card["trust"] if "soil_moisture" in card["state"] else "none"
        cards.append(
            card | _next_watering(_dry_by_now(card, row["open_alerts"]) or outlook_of.get(row["id"]), trust)
        )
    return cards


async def _rolled(
    conn: Connection, ids: Sequence[str], now: datetime, zone: tzinfo
) -> tuple[history.Sparklines, dict[str, Row]]:
    """Sparklines and light, which stand in the roll-ups: read again only when those have changed."""
    revision = await rollups.revision(conn)
    moment = now.timestamp() // rollups.HALF_HOUR.total_seconds(), now.astimezone(zone).date()
    key = (conn.info.host, conn.info.port, conn.info.dbname, revision, moment, *ids)
    if revision and key in _KEPT:
        return _KEPT[key]
    answer = await history.sparklines(conn, ids, now), await _light(conn, ids, now, zone)
    while len(_KEPT) >= _MOST_KEPT:
        del _KEPT[next(iter(_KEPT))]
    _KEPT[key] = answer
    return answer


async def _light(conn: Connection, ids: Sequence[str], now: datetime, zone: tzinfo) -> dict[str, Row]:
    """The light of yesterday and of today so far (``wire.Light``), by plant."""
    today = now.astimezone(zone).date()
    before = await dli.daily_dli(conn, ids, today - timedelta(days=1), zone)
    so_far = await dli.daily_dli(conn, ids, today, zone)
    return {
        plant_id: {
            "yesterday": before[plant_id].mol if plant_id in before else None,
            "today": so_far[plant_id].mol if plant_id in so_far else None,
            "complete": plant_id in before and before[plant_id].complete,
        }
        for plant_id in before.keys() | so_far.keys()
    }


def _dry_by_now(card: Row, alerts: Sequence[Row]) -> Outlook | None:
    """Of a plant that is told to be dry: a forecast from before that would name a moment to come."""
    soil, limit = card["state"].get("soil_moisture"), card["thresholds"].get("soil_moisture")
    dry = any((alert["kind"], alert["metric"]) == ("low", "soil_moisture") for alert in alerts)
    if not dry or soil is None or limit is None or limit["min"] is None or soil["value"] > limit["min"]:
        return None
    return dry_already(soil["time"], soil["value"], limit["min"])


def _next_watering(outlook: Outlook | None, trust: str) -> Row:
    """The forecast as the worker left it, unless its readings are not believed any more by now."""
    if trust in _UNTOLD:
        return _no_forecast(_UNTOLD[trust])
    if outlook is None:
        return _no_forecast("The first forecast comes within a minute.")
    if outlook.at is None:
        return _no_forecast(outlook.reason)
    return {"next_watering": outlook._asdict(), "next_watering_reason": None, "next_watering_brief": None}


def _no_forecast(reason: str) -> Row:
    return {
        "next_watering": None, "next_watering_reason": reason, "next_watering_brief": abstention.briefly(reason),
    }  # fmt: skip


def _card(row: Row, now: datetime) -> Row:
    alerts: list[Row] = row["open_alerts"]
    trust = trust_of(
        now, row["last_reading_at"], row["interval_s"] or 0, row["next_wake_at"], row["status"],
        faulty=row["stored_trust"] == "faulty",
    )  # fmt: skip
    severities = {a["severity"] for a in alerts if a["kind"] in _ABOUT_THE_PLANT}
    worst: Severity | None = "critical" if "critical" in severities else "warning" if severities else None
    return {
        "id": row["id"], "name": row["name"], "species": row["species"], "location": row["location"],
        "archived": row["archived_at"] is not None,
        "health": health_of(trust, worst), "trust": trust,
        "state": _state(row),
        "thresholds": {metric: limits.model_dump() for metric, limits in registry.limits_of(row).items()},
        "open_incidents": len(alerts),
        "worst": _words(alerts[0]) if alerts else None,
        "worst_since": alerts[0]["opened_at"] if alerts else None,
        "last_reading_at": row["last_reading_at"], "expected_interval_s": row["interval_s"],
        "device_count": row["device_count"],
        "maintenance_until": row["maintenance_until"],
    }  # fmt: skip


def _state(row: Mapping[str, Any]) -> Row:
    return {
        metric: {"value": row[metric], "time": row[f"{metric}_at"]}
        for metric in METRICS
        if row[metric] is not None
    }


def _thirst(state: Mapping[str, Row]) -> Row | None:
    """The VPD (kPa) of the newest temperature and humidity, where they are of one time (``wire.MetricState``)."""
    warm, moist = state.get("temperature"), state.get("humidity")
    if warm is None or moist is None or warm["time"] != moist["time"]:
        return None
    return {"value": round(vpd(warm["value"], moist["value"]), 4), "time": warm["time"]}


def _words(alert: Mapping[str, Any]) -> str:
    """What is wrong, in words that fit on a card."""
    kind, metric = alert["kind"], alert["metric"]
    return _WORDS.get((kind, metric)) or KIND_WORDS.get(kind) or f"{metric} {kind}"
