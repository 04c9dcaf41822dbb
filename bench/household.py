"""``python -m bench.household``: how often 50 simulated pots with every fault on would have rung, in 60 days.

Everything goes through the real database: the ingest transaction, incidents and the outbox, the worker's rounds of
silence and plant knowledge, and the cards. What really happened is known to the simulator. Exit status 1 on a missed
bar. A quarter of an hour of one core.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path

from psycopg.types.json import Jsonb

from bench import pots
from bench.pots import Lived
from bench.table import Line, drawn
from plantops_api.wire import ChannelBody, NotificationSettingsBody
from plantops_server import cards
from plantops_server.broker.link import Packet
from plantops_server.incidents import channels
from plantops_server.ingest.batch import absorb
from plantops_server.ingest.parcel import unpack
from plantops_server.stack.postgres import Postgres
from plantops_server.store.database import Database
from plantops_server.store.migrate import migrate
from plantops_server.store.partitions import ensure_partitions
from plantops_server.store.vault import Vault
from plantops_server.telemetry import rollups
from plantops_server.watch.knowledge import KnowledgeWatch
from plantops_server.watch.silence import SilenceWatch

ROUND = timedelta(minutes=15)
_LEARNED = timedelta(hours=3)
_SPELL = timedelta(days=1)
_SINCE_INTERVALS = 3


class Household:
    """The pots in one database, and a clock that the simulation moves."""

    def __init__(self, db: Database, lives: Sequence[Lived]) -> None:
        self.db, self.lives = db, lives
        self.now = pots.START
        self.looks = self.wrongly_ok = 0

    async def move_in(self, days: int) -> None:
        """A plant and a device a pot, and one channel that hears of everything."""
        body = NotificationSettingsBody(
            channels=[
                ChannelBody(name="garden", type="discord", url="https://discord.com/api/webhooks/1/token")
            ]
        )
        async with self.db.transaction() as conn:
            await ensure_partitions(
                conn, pots.START - timedelta(days=40), pots.START + timedelta(days=days + 2)
            )
            await channels.replace(conn, body, Vault(b"k" * 32, Path("secret.key")), ())
            for n, life in enumerate(self.lives):
                limits = {"soil_moisture": {"min": life.threshold}, "temperature": {}, "humidity": {}}
                await conn.execute(
                    "INSERT INTO plants (id, name, thresholds) VALUES (%s, %s, %s)",
                    (f"plt_{n}", life.name, Jsonb(limits)),
                )
                await conn.execute(
                    "INSERT INTO devices (id, mqtt_username, mqtt_client_id, mqtt_password_hash, plant_id, status,"
                    " report_interval_s) VALUES (%(id)s, %(id)s, %(id)s, 'x', %(plant)s, 'offline', %(every)s)",
                    {
                        "id": f"dev_{n}",
                        "plant": f"plt_{n}",
                        "every": int(life.node.design.interval_s),
                    },
                )

    async def live(self) -> None:
        """Let all of it come, round by round, and look at the cards every hour."""
        knows = KnowledgeWatch(self.db, lambda: self.now, rest=0)
        silence = SilenceWatch(self.db, lambda: self.now, None, monotonic=lambda: self.now.timestamp())
        learned = self.now
        for start, packets in self._rounds():
            self.now = packets[-1].arrived if packets else start
            if packets:
                async with self.db.transaction() as conn:
                    await absorb(conn, list(map(unpack, packets)), self.now)
            self.now = start + ROUND
            await silence.look()
            if self.now.minute == 0:
                await self._look_at_cards()
            if self.now - learned >= _LEARNED:
                learned = self.now
                async with self.db.transaction() as conn:
                    await rollups.roll_up(conn)
                await knows.look()

    def _rounds(self) -> Iterator[tuple[datetime, list[Packet]]]:
        came = sorted(
            (at, f"dev_{n}", payload) for n, life in enumerate(self.lives) for at, payload in life.sent
        )
        by_round = {
            key: [Packet("", device_id, "telemetry", payload, False, False, at, None) for at, device_id, payload in g]
            for key, g in groupby(came, key=lambda c: (c[0] - pots.START) // ROUND)
        }  # fmt: skip
        last = (self.lives[0].until - pots.START) // ROUND
        for number in range(last):
            yield pots.START + number * ROUND, by_round.get(number, [])

    async def _look_at_cards(self) -> None:
        async with self.db.connection() as conn:
            page = await cards.page_of_cards(conn, self.now, limit=200, after=None, q=None)
        for card in page:
            self.looks += 1
            newest, interval = card["last_reading_at"], card["expected_interval_s"]
            old = newest is None or self.now - newest > timedelta(seconds=_SINCE_INTERVALS * interval) + ROUND
            self.wrongly_ok += card["health"] == "ok" and old


def problems_of(life: Lived) -> Counter[str]:
    """What really went wrong with one pot, by the kind of incident that it deserves."""
    found: Counter[str] = Counter()
    dry = [at for at, value in life.shown if value < life.threshold + 0.5]
    found["low"] = sum(at - before > _SPELL for before, at in pairwise([pots.START - 2 * _SPELL, *dry]))
    found["sensor_fault"] = len([f for f in life.node.faults.until(life.until) if f.kind != "drift"])
    every = timedelta(seconds=life.node.design.interval_s)
    times = [pots.START, *(at for at, _ in life.came), life.until]
    found["offline"] = sum(b - a > _SINCE_INTERVALS * every for a, b in pairwise(times))
    return found


async def measure(folder: Path, count: int, days: int, seed: int) -> list[Line]:
    """Let ``count`` pots live for ``days`` in one database and compare what was told with what happened."""
    lives = [pots.live(name, design, seed, days) for name, design in pots.designs(count)]
    postgres = Postgres(folder)
    postgres.start()
    try:
        await migrate(postgres.dsn)
        db = await Database.open(postgres.dsn)
        try:
            household = Household(db, lives)
            await household.move_in(days)
            await household.live()
            return await _compared(household)
        finally:
            await db.close()
    finally:
        postgres.stop()


async def _compared(household: Household) -> list[Line]:
    real: Counter[str] = Counter()
    for life in household.lives:
        real.update(problems_of(life))
    async with household.db.connection() as conn:
        rows = await (
            await conn.execute(
                "SELECT a.kind, n.event, count(*) AS n, count(DISTINCT n.alert_id) AS incidents"
                " FROM notifications n JOIN alerts a ON a.id = n.alert_id GROUP BY 1, 2"
            )
        ).fetchall()
    opened = {row["kind"]: row["n"] for row in rows if row["event"] == "opened"}
    twice = sum(row["n"] - row["incidents"] for row in rows if row["event"] == "opened")
    told, happened = sum(opened.values()), sum(real.values())
    kinds = ", ".join(f"{kind} {opened.get(kind, 0)} of {real[kind]}" for kind in sorted({*opened, *real}))
    return [
        Line(
            "messages a real problem",
            "<= 1",
            f"{told / happened:.2f} ({told} of {happened})",
            told <= happened,
        ),
        Line("… by kind", "", kinds),
        Line("incidents told of twice", "0", str(twice), twice == 0),
        Line(
            "ok on readings older than 3 intervals", "0", f"{household.wrongly_ok} of {household.looks} looks",
            household.wrongly_ok == 0,
        ),
    ]  # fmt: skip


def main() -> int:
    """Measure and print; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.household", description=__doc__)
    parser.add_argument("--pots", type=int, default=50)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plantops-household-") as folder:
        table = asyncio.run(measure(Path(folder), options.pots, options.days, options.seed))
    sys.stdout.write(f"\n{drawn(table)}\n\n{options.pots} pots x {options.days} days, seed {options.seed}.\n")
    return 1 if any(line.holds is False for line in table) else 0


if __name__ == "__main__":
    sys.exit(main())
