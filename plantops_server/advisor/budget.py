"""The money: set aside before a call, settled after it, and never more than the caps in a day or a month.

What is set aside is the most that the call can cost, so that a cap holds whatever the model writes. A call whose cost
nobody told (a timeout, a process that died) counts with all that was set aside.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import NamedTuple

from plantops_server.advisor.failures import CannotAsk
from plantops_server.advisor.prices import Tokens
from plantops_server.advisor.settings import Stored
from plantops_server.store.database import Connection
from plantops_server.store.queries import load_queries

_SQL = load_queries(__package__ or "", "budget.sql")


class Spent(NamedTuple):
    """US dollars since the day and the month began, what is set aside included."""

    today: float
    month: float


async def spent(conn: Connection, now: datetime, zone: tzinfo) -> Spent:
    """What was spent; days and months are those of ``zone``."""
    day = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    row = await (await conn.execute(_SQL["spent"], {"day": day, "month": day.replace(day=1)})).fetchone()
    assert row is not None, "sums give a row"  # noqa: S101
    return Spent(row["today"], row["month"])


async def reserve(
    conn: Connection, stored: Stored, plant_id: str, usd: float, now: datetime, zone: tzinfo
) -> int:
    """Set ``usd`` aside for a call; the call's number. Raises CannotAsk when a cap does not allow it."""
    await conn.execute(_SQL["lock"])
    reason = reason_against(stored, await spent(conn, now, zone), usd)
    if reason is not None:
        raise CannotAsk("cap", reason)
    values = {
        "now": now, "plant_id": plant_id, "provider": stored.provider, "model": stored.model, "usd": usd,
    }  # fmt: skip
    row = await (await conn.execute(_SQL["reserve"], values)).fetchone()
    assert row is not None, "INSERT .. RETURNING gives a row"  # noqa: S101
    number: int = row["id"]
    return number


async def settle(
    conn: Connection, number: int, usd: float | None, tokens: Tokens | None, outcome: str
) -> None:
    """Write down what a call cost; None: nobody knows, so all that was set aside."""
    values = {
        "id": number, "usd": usd, "outcome": outcome,
        "tokens_in": tokens.read if tokens else None, "tokens_out": tokens.written if tokens else None,
    }  # fmt: skip
    await conn.execute(_SQL["settle"], values)


def reason_against(stored: Stored, so_far: Spent, usd: float) -> str | None:
    """Why a call that may cost ``usd`` must not be made; None when it may."""
    for cap, gone, word in (
        (stored.daily_cap_usd, so_far.today, "daily"),
        (stored.monthly_cap_usd, so_far.month, "monthly"),
    ):
        if cap is None or (cap > 0 and gone + usd <= cap):
            continue
        if cap == 0:
            return f"The {word} cap is $0, so no model is asked. An admin may raise it in the settings of the advisor."
        again = "tomorrow" if word == "daily" else "next month"
        return (
            f"The {word} cap of {dollars(cap)} does not allow it: {dollars(gone)} are spent, and this plan may cost up "
            f"to {dollars(usd)}. Try again {again}, or raise the cap."
        )
    return None


def dollars(usd: float) -> str:
    """An amount as people read it: cents, and more digits for less than ten of them."""
    return f"${usd:.2f}" if usd == 0 or usd >= 0.1 else f"${usd:.4f}"
