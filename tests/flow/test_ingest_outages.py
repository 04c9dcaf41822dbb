"""Nothing acknowledged is lost and nothing is stored twice, whatever breaks meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from plantops_server.broker.link import Packet
from plantops_server.ingest import Ingest
from plantops_server.ingest.batch import absorb
from plantops_server.ingest.parcel import unpack
from plantops_server.store.database import Database

Make = Callable[..., Any]
COUNT = "SELECT count(*) FROM telemetry"


class Cable:
    """A TCP connection to the database that can be cut and mended."""

    def __init__(self, dsn: str) -> None:
        parts = conninfo_to_dict(dsn)
        self._to = (str(parts["host"]), int(parts["port"] or 0))
        self._parts = parts
        self._server: asyncio.Server | None = None
        self._port = 0
        self._wires: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for wire in list(self._wires):
            wire.transport.abort()

    @property
    def dsn(self) -> str:
        return make_conninfo(**{**self._parts, "host": "127.0.0.1", "port": self._port})

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._to)
        self._wires |= {writer, back}
        await asyncio.gather(self._copy(reader, back), self._copy(there, writer))
        self._wires -= {writer, back}

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()


async def test_while_the_database_is_away_readings_are_held_and_then_all_are_stored(
    greenhouse: Any, voice: Make, database_url: str
) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    start = datetime.now(UTC) - timedelta(minutes=5)
    cable = Cable(database_url)
    await cable.mend()
    database = await Database.open(cable.dsn, min_size=1, timeout_s=1)
    greenhouse_db, greenhouse.db = greenhouse.db, database
    link = greenhouse.link()
    try:
        async with greenhouse.ingesting(link) as ingest:
            greenhouse.db = greenhouse_db  # the test looks by another way
            mouth = voice(pot)
            mouth.tell({"ts": start.isoformat(), "humidity": 0})
            await greenhouse.until(COUNT, 1)
            await cable.cut()
            for n in range(1, 300):
                mouth.tell({"ts": (start + timedelta(seconds=n / 10)).isoformat(), "humidity": n % 100})
            await _until(lambda: ingest.problem is not None)
            assert ingest.waiting > 0
            assert ingest.lag_s > 0
            assert await greenhouse.one(COUNT) == 1
            await cable.mend()
            await greenhouse.until(COUNT, 300, timeout_s=30)
            await _until(lambda: ingest.problem is None and ingest.waiting == 0)
    finally:
        await cable.cut()
        await database.close()
    assert await greenhouse.one("SELECT count(DISTINCT time) FROM telemetry") == 300


async def test_nothing_is_acknowledged_before_its_transaction_commits(
    greenhouse: Any, voice: Make, database_url: str
) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    with psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE telemetry IN EXCLUSIVE MODE")
        async with greenhouse.ingesting():
            voice(pot).tell({"ts": datetime.now(UTC).isoformat(), "humidity": 48})
            await asyncio.sleep(0.5)
        # That ingest ended with the reading in hand. Had it been acknowledged, it would be gone now.
    assert await greenhouse.one(COUNT) == 0
    async with greenhouse.ingesting():
        await greenhouse.until(COUNT, 1)


async def test_what_was_committed_and_not_acknowledged_comes_again_and_adds_nothing(
    greenhouse: Any, voice: Make
) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    dying = greenhouse.link()
    dying.acknowledge = lambda packets: None  # killed between commit and acknowledgement
    async with greenhouse.ingesting(dying):
        mouth = voice(pot)
        mouth.tell({"ts": datetime.now(UTC).isoformat(), "humidity": 1})
        mouth.tell({"boot": 1, "seq": 2, "humidity": 2})
        mouth.tell({"humidity": 3})
        mouth.tell([{"humidity": 4}, {"humidity": 4}])
        mouth.tell(b"junk")
        await greenhouse.until(COUNT, 5)
    async with greenhouse.ingesting() as ingest:
        mouth.tell({"humidity": 3})
        await greenhouse.until(COUNT, 6)
        await _until(lambda: ingest.waiting == 0)
    values = [row["humidity"] for row in await greenhouse.rows()]
    assert sorted(values) == [1, 2, 3, 3, 4, 4]


async def test_a_poisonous_packet_is_written_down_and_does_not_stop_the_others(
    greenhouse: Any, voice: Make, database_url: str
) -> None:
    pot, sick = [await greenhouse.pot(await greenhouse.plant()) for _ in range(2)]
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("ALTER TABLE telemetry ADD CONSTRAINT poison CHECK (humidity IS DISTINCT FROM 66)")
    mouth, bad = voice(pot), voice(sick)
    async with greenhouse.ingesting():
        await greenhouse.until(COUNT, 0)
    for n in range(40):
        mouth.tell({"humidity": n})
        if n % 10 == 0:
            bad.tell({"humidity": 66})
    async with greenhouse.ingesting() as ingest:
        await greenhouse.until(COUNT, 40)
        await _until(lambda: ingest.waiting == 0)
    (reject,) = await greenhouse.rows("SELECT * FROM rejected_packets")
    assert (reject["device_id"], reject["count"]) == (sick.device_id, 4)
    assert "CheckViolation" in reject["reason"]
    assert (
        await greenhouse.one("SELECT count(*) FROM telemetry_sequences WHERE device_id = %s", sick.device_id)
        == 0
    )


async def test_a_full_disk_holds_readings_until_there_is_room(
    greenhouse: Any, voice: Make, database_url: str
) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$"
        )
        conn.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON telemetry FOR EACH ROW EXECUTE FUNCTION full_disk()"
        )
        async with greenhouse.ingesting() as ingest:
            mouth = voice(pot)
            for n in range(20):
                mouth.tell({"humidity": n})
            await _until(lambda: "DiskFull" in (ingest.problem or ""))
            conn.execute("DROP TRIGGER full_disk ON telemetry")
            await greenhouse.until(COUNT, 20)
    assert await greenhouse.one("SELECT count(*) FROM rejected_packets") == 0


async def test_a_fleet_that_empties_its_buffers_is_stored_in_portions(greenhouse: Any, voice: Make) -> None:
    plant = await greenhouse.plant()
    mouths = [voice(await greenhouse.pot(plant)) for _ in range(4)]
    start = datetime.now(UTC) - timedelta(days=20)
    async with greenhouse.ingesting():
        await greenhouse.until(COUNT, 0)
    for mouth in mouths:
        for packet in range(8):
            at = start + timedelta(days=packet)
            mouth.tell(
                [{"ts": (at + timedelta(minutes=n)).isoformat(), "humidity": n % 100} for n in range(500)]
            )
    async with greenhouse.ingesting():
        await greenhouse.until(COUNT, 16_000, timeout_s=40)


async def test_a_missing_partition_is_made_and_the_reading_stored(
    greenhouse: Any, voice: Make, database_url: str
) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    at = datetime.now(UTC) - timedelta(days=20)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(
            "DO $$ DECLARE name text; BEGIN"
            " FOR name IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'telemetry'::regclass"
            " LOOP EXECUTE 'DROP TABLE ' || name; END LOOP; END $$"
        )
    async with greenhouse.ingesting():
        voice(pot).tell([{"ts": at.isoformat(), "humidity": 48}, {"humidity": 49}])
        await greenhouse.until(COUNT, 2)
    assert await greenhouse.one("SELECT count(*) FROM rejected_packets") == 0


async def test_two_workers_share_the_load_without_deadlock_loss_or_doubles(
    greenhouse: Any, voice: Make
) -> None:
    rng = random.Random(3)
    plants = [await greenhouse.plant(thresholds={"soil_moisture": {"min": 30}}) for _ in range(4)]
    pots = [await greenhouse.pot(plants[n % 4]) for n in range(8)]
    start = datetime.now(UTC) - timedelta(minutes=10)
    first, second = greenhouse.link("a"), greenhouse.link("b")
    second_login = type(greenhouse.ingest_login)("plantops-ingest-b", "plantops-ingest-b", "secret-of-b")
    await greenhouse.accounts.admit(second_login)
    second = type(first).for_ingest(greenhouse.address, second_login, shared=True)
    async with greenhouse.ingesting(first), greenhouse.ingesting(second):
        mouths = [voice(pot) for pot in pots]
        infos = []
        for n in range(250):
            for mouth in rng.sample(mouths, len(mouths)):
                at = (start + timedelta(seconds=n)).isoformat()
                infos.append(mouth.say({"ts": at, "soil_moisture": rng.uniform(28, 32)}))
            if n % 25 == 0:
                await asyncio.sleep(0.02)
        for info in infos:
            await asyncio.to_thread(info.wait_for_publish, 10)
        await greenhouse.until(COUNT, 2000, timeout_s=40)
    open_ones = await greenhouse.rows(
        "SELECT plant_id, count(*) AS n FROM alerts WHERE resolved_at IS NULL GROUP BY plant_id"
    )
    assert {row["n"] for row in open_ones} <= {1}
    states = await greenhouse.rows("SELECT plant_id, open_incidents FROM plant_state")
    counted = {row["plant_id"]: row["n"] for row in open_ones}
    assert {s["plant_id"]: s["open_incidents"] for s in states} == {p: counted.get(p, 0) for p in plants}


async def test_two_workers_with_the_same_packets_in_opposite_order_do_not_deadlock(
    greenhouse: Any, voice: Make
) -> None:
    """The locks are taken by id, not by arrival: both batches hold the same rows."""
    pots = [await greenhouse.pot(await greenhouse.plant()) for _ in range(6)]
    now = datetime.now(UTC)

    def parcels(turn: int, backwards: bool) -> list[Any]:
        packets = [
            Packet("", pot.device_id, "telemetry", b'{"humidity": %d}' % turn, False, False, now, None)
            for pot in pots
        ]
        return [unpack(packet) for packet in (packets[::-1] if backwards else packets)]

    async def work(backwards: bool) -> None:
        for turn in range(40):
            async with greenhouse.db.transaction() as conn:
                await absorb(conn, parcels(turn, backwards), now + timedelta(milliseconds=turn))

    await asyncio.wait_for(asyncio.gather(*(work(bool(n % 2)) for n in range(4))), 30)
    assert await greenhouse.one(COUNT) == 6  # the arrival is the same for all: (device, time) holds


async def test_what_is_in_hand_when_ingest_stops_comes_again(greenhouse: Any, voice: Make) -> None:
    pot = await greenhouse.pot(await greenhouse.plant())
    mouth = voice(pot)
    for n in range(30):
        async with greenhouse.ingesting():
            for k in range(5):
                mouth.say({"boot": n, "seq": k, "humidity": 48})
            await asyncio.sleep(random.Random(n).uniform(0, 0.02))
    async with greenhouse.ingesting() as ingest:
        assert isinstance(ingest, Ingest)
        await greenhouse.until(COUNT, 150)
    assert await greenhouse.one("SELECT count(DISTINCT (boot, seq)) FROM telemetry") == 150


async def _until(condition: Callable[[], bool], timeout_s: float = 15) -> None:
    deadline = asyncio.get_running_loop().time() + timeout_s
    while not condition():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)
