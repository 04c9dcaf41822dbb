"""What goes wrong, each time under load: each scenario answers with the lines of its table."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from bench.chaos.fleet import Load
from bench.chaos.stage import Stage, until
from bench.table import Line

CAUGHT_UP_S = 60.0


class Plan(NamedTuple):
    """How much of it: ``minutes`` of outage, ``kills`` of the server, ``devices`` at ``rate`` readings a second."""

    minutes: float = 5.0
    kills: int = 20
    devices: int = 50
    rate: float = 25.0
    quiet_s: float = 8.0
    """Load before the first fault and after the last one."""


Scenario = Callable[[Stage, Plan], Awaitable[list[Line]]]


async def database_down(stage: Stage, plan: Plan) -> list[Line]:
    """The database is away for minutes; everything waits in the broker and comes in afterwards."""
    load = await _begin(stage, plan)
    await asyncio.sleep(plan.quiet_s)
    before = stage.rss_mb()
    await stage.database_line.down()
    await asyncio.sleep(plan.minutes * 60)
    grown, waiting = stage.rss_mb() - before, len(load.ledger.acknowledged) - stage.count()
    await stage.database_line.start()
    target = len(load.ledger.acknowledged)
    caught = await until(lambda: stage.count() >= target, CAUGHT_UP_S * 2)
    grown = max(grown, stage.rss_mb() - before)
    lines = [
        Line("  readings that waited meanwhile", "", f"{waiting}"),
        Line("  caught up after its return", "≤ 60 s", _seconds(caught), caught is not None and caught <= 60),
        Line("  growth of the server's memory", "< 100 MB", f"{grown:.0f} MB", grown < 100),
    ]
    title = f"database away for {plan.minutes:g} min, {plan.devices} devices, {plan.rate:g} readings/s"
    return await _end(stage, load, plan, title, lines)


async def broker_killed(stage: Stage, plan: Plan) -> list[Line]:
    """kill -9 of the broker, three times, at moments that the seed chooses."""
    load = await _begin(stage, plan)
    for _ in range(3):
        await asyncio.sleep(plan.quiet_s / 2 + stage.rng.uniform(0, 3))
        await asyncio.to_thread(stage.broker.kill)
        await asyncio.sleep(stage.rng.uniform(0, 2))
        await asyncio.to_thread(stage.broker.start)
    return await _end(stage, load, plan, "broker killed with -9, three times under load", [])


async def server_killed(stage: Stage, plan: Plan) -> list[Line]:
    """kill -9 of the server at points that the seed chooses, also while it starts."""
    load = await _begin(stage, plan)
    for _ in range(plan.kills):
        await asyncio.sleep(stage.rng.uniform(0, 6))  # a start takes about two of them
        stage.kill_server()
        stage.start_server()
    took = await stage.ready()
    lines = [Line("  ready after the last kill", "no step by hand", f"{took:.1f} s", True)]
    return await _end(stage, load, plan, f"server killed with -9 at {plan.kills} random points", lines)


async def bad_network(stage: Stage, plan: Plan) -> list[Line]:
    """Slow, narrow and torn lines to database and broker, for server and devices alike."""
    load = await _begin(stage, plan)
    lines = (stage.database_line, stage.broker_line, stage.device_line)
    torn, end = 0, time.monotonic() + max(plan.quiet_s, plan.minutes * 12)
    while time.monotonic() < end:
        line = stage.rng.choice(lines)
        line.toxics.latency_s = stage.rng.choice((0.0, 0.02, 0.1))
        line.toxics.jitter_s = line.toxics.latency_s / 2
        line.toxics.bandwidth = stage.rng.choice((None, 100_000.0, 20_000.0))
        if stage.rng.random() < 0.4:
            line.reset()
            torn += 1
        await asyncio.sleep(stage.rng.uniform(0.2, 1.5))
    for line in lines:
        line.toxics.latency_s = line.toxics.jitter_s = 0.0
        line.toxics.bandwidth = None
    return await _end(stage, load, plan, f"slow, narrow lines, torn {torn} times", [])


SCENARIOS: dict[str, Scenario] = {
    "database-down": database_down,
    "broker-killed": broker_killed,
    "server-killed": server_killed,
    "bad-network": bad_network,
}


async def _begin(stage: Stage, plan: Plan) -> Load:
    pots = await asyncio.to_thread(stage.ground.pots, plan.devices)
    load = Load(pots, stage.device_line.port, plan.rate, stage.rng.randrange(1 << 30))
    load.start()
    return load


async def _end(stage: Stage, load: Load, plan: Plan, title: str, lines: list[Line]) -> list[Line]:
    """Load for a while without any fault, then the set check."""
    await asyncio.sleep(plan.quiet_s)
    unanswered = await asyncio.to_thread(load.finish)
    ledger = load.ledger
    await until(lambda: ledger.acknowledged <= set(stage.rows()), CAUGHT_UP_S)
    await asyncio.sleep(1.0)  # a second copy would come after the first
    verdict = ledger.verdict(stage.rows())
    opened, double = stage.incidents()
    return [
        Line(title, "", f"{len(ledger.sent)} readings"),
        *lines,
        Line("  acknowledged and lost", "0", f"{len(verdict.lost)}", not verdict.lost),
        Line("  stored twice", "0", f"{len(verdict.twice)}", not verdict.twice),
        Line("  stored and never sent", "0", f"{len(verdict.unknown)}", not verdict.unknown),
        Line("  never acknowledged by the broker", "0", f"{unanswered}", unanswered == 0),
        Line("  of the incidents, opened twice", "0", f"{double} of {opened}", double == 0 and opened > 0),
    ]


def _seconds(took: float | None) -> str:
    return "not in time" if took is None else f"{took:.1f} s"
