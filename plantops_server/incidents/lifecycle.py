"""What a person does with an incident: acknowledge, take that back, snooze, resolve by hand.

Only open incidents can be acted on. Each step is told to the channels that were told of the incident, which
edit their message, and rung as ``alert`` and ``plant``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString

from plantops_server.errors import AlertIsResolved, AlertNotFound, InvalidInput
from plantops_server.incidents import outbox
from plantops_server.incidents.breach import BACK_IN_RANGE, SEEN, WATERED
from plantops_server.store.bell import ring
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__, "lifecycle.sql")
_LONGEST_SNOOZE = timedelta(days=30)
_NOT_MEASURED = {"seen": None, "before": None}
"""No reading ended it: the value in the message is that of before."""
_MAX_ID = 2**63 - 1

Row = dict[str, Any]


async def ack(conn: Connection, alert_id: int, who: str, now: datetime) -> Row:
    """Somebody cares for it: no more reminders. Who came first stays. Raises AlertNotFound, AlertIsResolved."""
    row = await _change(conn, _SQL["ack"], {"id": alert_id, "who": who, "now": now})
    await _tell(conn, row, {"acked_by": row["acked_by"]}, now)
    return row


async def unack(conn: Connection, alert_id: int, now: datetime) -> Row:
    """Nobody cares for it after all. Raises AlertNotFound, AlertIsResolved."""
    row = await _change(conn, _SQL["unack"], {"id": alert_id})
    await _tell(conn, row, {"acked_by": None}, now)
    return row


async def snooze(conn: Connection, alert_id: int, until: datetime, now: datetime) -> Row:
    """Say nothing of it before ``until``; if it is still open then, one reminder goes out.

    Raises AlertNotFound, AlertIsResolved, and InvalidInput when ``until`` is not within the next 30 days.
    """
    if not now < until <= now + _LONGEST_SNOOZE:
        raise InvalidInput(problem="A snooze ends in the future and within 30 days; give another time.")
    row = await _change(conn, _SQL["snooze"], {"id": alert_id, "until": until})
    await _ring(conn, row)
    return row


async def resolve(conn: Connection, alert_id: int, who: str, note: str | None, now: datetime) -> Row:
    """Close it by hand. If the breach goes on, two more readings open a new one.

    Raises AlertNotFound, AlertIsResolved.
    """
    text = f"resolved by {who}" + (f": {note}" if note else "")
    row = await _change(conn, _SQL["resolve"], {"id": alert_id, "text": text, "now": now})
    await conn.execute(_SQL["forget_breach"], {"plant_id": row["plant_id"], "metric": row["metric"]})
    news = {"resolved_at": now.isoformat(), "resolution": text, **_NOT_MEASURED}
    await outbox.enqueue_again(conn, "resolved", {row["id"]: news}, now)
    await _ring(conn, row)
    return row


async def resolve_dry(conn: Connection, plant_id: str, at: datetime, who: str | None) -> int | None:
    """A watering at ``at`` ends the dry incident that was open then; its id, or None when there was none.

    ``who`` logged it; None when it was found in the readings. How soon what is dry then is news again stands in
    ``breach``. The caller has locked the plant's state and refreshes it (``standing``, or the ingest transaction).
    """
    text = SEEN if who is None else f"{WATERED}, logged by {who}"
    row = await (
        await conn.execute(_SQL["resolve_dry"], {"plant_id": plant_id, "at": at, "text": text})
    ).fetchone()
    if row is None:  # the wet reading came first, and ended it: what dries out after this is another problem
        values = {"plant_id": plant_id, "at": at, "text": text, "back_in_range": BACK_IN_RANGE}
        await conn.execute(_SQL["explain_dry"], values)
        return None
    await conn.execute(_SQL["forget_breach"], {"plant_id": plant_id, "metric": "soil_moisture"})
    news = {"resolved_at": at.isoformat(), "resolution": text, **_NOT_MEASURED}
    await outbox.enqueue_again(conn, "resolved", {row["id"]: news}, at)
    await _ring(conn, row)
    return int(row["id"])


async def dry_again(conn: Connection, plant_id: str, at: datetime, others: Sequence[datetime]) -> bool:
    """There was no watering at ``at`` after all: what it ended goes on with the next dry reading, and no water soaks.

    ``others`` are the other waterings around it, which may have ended the incident as well. Whether there was one that
    ended so. The caller has locked the plant's state, and judges its soil anew.
    """
    values = {
        "plant_id": plant_id, "at": at, "others": list(others), "watered": WATERED, "back_in_range": BACK_IN_RANGE,
    }  # fmt: skip
    rows = await (await conn.execute(_SQL["dry_again"], values)).fetchall()
    if rows:  # the readings since are judged anew
        await conn.execute(_SQL["forget_breach"], {"plant_id": plant_id, "metric": "soil_moisture"})
    for row in rows:
        await _ring(conn, row)
    return bool(rows)


async def resolve_removed(conn: Connection, places: Mapping[str, str | None], now: datetime) -> list[str]:
    """Close what ails devices that are not in use any more or sit in another plant; ids of the plants concerned.

    ``places`` is the plant of every device in use. The caller refreshes the plants.
    """
    values = {"devices": list(places), "plants": list(places.values()), "now": now}
    rows = await (await conn.execute(_SQL["resolve_removed"], values)).fetchall()
    news = {row["id"]: {"resolved_at": now.isoformat(), "resolution": row["resolution"]} for row in rows}
    await outbox.enqueue_again(conn, "resolved", news, now)
    await ring(conn, "alert", [str(row["id"]) for row in rows])
    return sorted({row["plant_id"] for row in rows if row["plant_id"] is not None})


async def get(conn: Connection, alert_id: int) -> Row:
    """One incident, open or not. Raises AlertNotFound."""
    row = None
    if 0 < alert_id <= _MAX_ID:
        row = await (await conn.execute(_SQL["get"], {"id": alert_id})).fetchone()
    if row is None:
        raise AlertNotFound(id=alert_id)
    return row


async def _change(conn: Connection, sql: LiteralString, values: Mapping[str, Any]) -> Row:
    before = await get(conn, values["id"])
    row = await (await conn.execute(sql, values)).fetchone()
    if row is None:  # resolved already, or by somebody else a moment ago
        resolved = before if before["resolved_at"] else await get(conn, values["id"])
        raise AlertIsResolved(
            id=resolved["id"],
            at=f"{resolved['resolved_at']:%Y-%m-%d %H:%M} UTC",
            why=resolved["resolution"] or "-",
        )
    return row


async def _tell(conn: Connection, row: Row, news: Mapping[str, Any], now: datetime) -> None:
    await outbox.enqueue_again(conn, "changed", {row["id"]: news}, now)
    await _ring(conn, row)


async def _ring(conn: Connection, row: Row) -> None:
    await ring(conn, "alert", [str(row["id"])])
    if row["plant_id"] is not None:
        await ring(conn, "plant", [row["plant_id"]])
