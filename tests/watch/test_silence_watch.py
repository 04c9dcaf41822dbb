"""Silence end to end in the database: incidents, plant state, and the times in which nobody could be heard."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
import pytest

from plantops_server.watch.silence import SilenceWatch
from tests.incidents.household import Clock, Household, at

HOOK = "https://discord.com/api/webhooks/1/token"


class Monotonic:
    """A steady clock that goes with the test's, unless the machine sleeps or its clock is set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.now
        self.jumped = timedelta()

    def __call__(self) -> float:
        return (self._clock.now - self._began - self.jumped).total_seconds()


class FakeLink:
    def __init__(self, connected_since: datetime | None) -> None:
        self.connected_since = connected_since


def watch(household: Household, clock: Clock, link: FakeLink | None = None) -> SilenceWatch:
    return SilenceWatch(household.db, clock, link, Monotonic(clock))


async def opened(household: Household) -> list[tuple[str | None, str | None]]:
    rows = await household.rows(
        "SELECT plant_id, device_id FROM alerts WHERE resolved_at IS NULL ORDER BY id"
    )
    return [(row["plant_id"], row["device_id"]) for row in rows]


async def test_a_device_that_falls_silent_opens_one_incident_that_its_next_reading_resolves(
    household: Household, clock: Clock
) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    await household.device("d", at(0), plant_id="p", every_s=60)
    watcher = watch(household, clock)
    clock.move(minutes=2.9)
    await watcher.look()
    assert await opened(household) == []
    clock.move(minutes=0.2)
    await watcher.look()
    await watcher.look()
    assert await opened(household) == [("p", "d")]
    (alert,) = await household.alerts()
    assert (alert["kind"], alert["opened_at"], alert["severity"]) == ("offline", at(0), "warning")
    assert [row["status"] for row in await household.rows("SELECT status FROM devices")] == ["offline"]
    await household.heard("d", clock.now)
    clock.move(seconds=15)
    await watcher.look()
    (alert,) = await household.alerts()
    assert (alert["resolved_at"], alert["resolution"]) == (clock.now, "readings come in again")
    assert [row["event"] for row in await household.notifications()] == ["opened", "resolved"]
    assert (await household.notifications())[0]["payload"]["plant_name"] == "Plant p"


async def test_a_plant_whose_device_is_silent_is_unknown_and_counts_the_incident(
    household: Household, clock: Clock
) -> None:
    await household.plants("p")
    await household.device("d", at(0), plant_id="p", every_s=60)
    await household.run(
        "UPDATE plant_state SET health = 'ok', trust = 'fresh', last_reading_at = %s, expected_interval_s = 60",
        at(0),
    )
    watcher = watch(household, clock)
    clock.move(minutes=4)
    await watcher.look()
    (state,) = await household.rows("SELECT health, trust, open_incidents FROM plant_state")
    assert state == {"health": "unknown", "trust": "offline", "open_incidents": 1}


async def test_silence_never_turns_a_problem_green(household: Household, clock: Clock) -> None:
    await household.plants("p")
    await household.dry("p")
    await household.device("d", at(5), plant_id="p", every_s=60)
    await household.run(
        "UPDATE plant_state SET health = 'attention', trust = 'fresh', last_reading_at = %s, expected_interval_s = 60",
        at(5),
    )
    watcher = watch(household, clock)
    clock.move(days=3)
    await watcher.look()
    (state,) = await household.rows("SELECT health, trust FROM plant_state")
    assert state == {"health": "attention", "trust": "offline"}


async def test_a_restart_fires_nothing_again_and_forgets_nothing(household: Household, clock: Clock) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    await household.device("d", at(0), plant_id="p", every_s=60)
    watcher = watch(household, clock)
    clock.move(minutes=5)
    await watcher.look()
    for _ in range(3):
        restarted = watch(household, clock)
        clock.move(minutes=20)
        await restarted.look()
    assert await opened(household) == [("p", "d")]
    assert len(await household.notifications()) == 1


async def test_after_a_restart_a_device_that_was_fine_before_gets_ten_minutes(
    household: Household, clock: Clock
) -> None:
    await household.device("d", at(-60), every_s=60)
    watcher = watch(household, clock)
    clock.move(minutes=9)
    await watcher.look()
    assert await opened(household) == []
    clock.move(minutes=1)
    await watcher.look()
    assert await opened(household) == [(None, "d")]


async def test_a_whole_fleet_that_goes_silent_is_one_critical_outage(
    household: Household, clock: Clock
) -> None:
    await household.tell(HOOK)
    for n in range(30):
        await household.device(f"d{n}", at(n / 30), every_s=60)
    watcher = watch(household, clock)
    for _ in range(20):
        clock.move(seconds=15)
        await watcher.look()
    assert await opened(household) == [(None, None)]
    (row,) = await household.notifications()
    assert row["payload"]["text"] == "None of 30 devices is heard: network, power, or the broker?"
    # Power is back: one device speaks first, and nobody is blamed while the others come back.
    await household.heard("d3", clock.now)
    clock.move(seconds=15)
    await watcher.look()
    clock.move(minutes=5)
    await household.run("UPDATE devices SET last_seen_at = %s", clock.now)
    await watcher.look()
    assert await opened(household) == []
    assert len(await household.alerts()) == 1


async def test_a_broker_link_that_is_down_is_one_incident_and_no_device_is_blamed(
    household: Household, clock: Clock
) -> None:
    await household.device("a", at(0), every_s=10)
    await household.device("b", at(0), every_s=10)
    link = FakeLink(at(-5))
    watcher = watch(household, clock, link)
    link.connected_since = None
    for _ in range(12):
        clock.move(seconds=15)
        await watcher.look()
    assert await opened(household) == [(None, None)]
    link.connected_since = clock.now
    clock.move(seconds=15)
    await household.heard("a", clock.now)
    await watcher.look()
    assert await opened(household) == []
    clock.move(minutes=9)
    await household.heard("a", clock.now)
    await watcher.look()
    assert await opened(household) == []  # b has its ten minutes


@pytest.mark.parametrize("jump_h", [1, -1])
async def test_a_clock_that_is_set_or_a_machine_that_slept_raises_no_storm(
    household: Household, clock: Clock, jump_h: int
) -> None:
    for n in range(5):
        await household.device(f"d{n}", at(0), every_s=60)
    steady = Monotonic(clock)
    watcher = SilenceWatch(household.db, clock, None, steady)
    await watcher.look()
    clock.move(hours=jump_h, seconds=15)
    steady.jumped = timedelta(hours=jump_h)
    await watcher.look()
    assert await household.alerts() == []
    await household.run("UPDATE devices SET last_seen_at = %s", clock.now + timedelta(seconds=30))
    clock.move(minutes=1)
    await watcher.look()
    assert await household.alerts() == []


async def test_after_the_clock_was_set_back_who_falls_silent_is_missed_in_time(
    household: Household, clock: Clock
) -> None:
    """The link was made, the last outage ended and the devices were heard by a clock that ran ahead."""
    await household.device("d", at(0), every_s=60)
    await household.device("gone", at(-9), every_s=60)
    await household.run(
        "INSERT INTO alerts (kind, severity, opened_at, resolved_at) VALUES ('offline', 'critical', %s, %s)",
        at(-9), at(-8),
    )  # fmt: skip
    steady = Monotonic(clock)
    watcher = SilenceWatch(household.db, clock, FakeLink(at(-5)), steady)
    clock.move(hours=-1, seconds=15)
    steady.jumped = timedelta(hours=-1)
    await household.run(
        "INSERT INTO alerts (device_id, kind, severity, opened_at) VALUES ('gone', 'offline', 'warning', %s)",
        at(-9),
    )
    await watcher.look()
    assert await opened(household) == [(None, "gone")]
    clock.move(minutes=2.9)
    await household.heard("gone", clock.now)
    await watcher.look()
    assert await opened(household) == []
    clock.move(minutes=0.2)
    await watcher.look()
    assert await opened(household) == [(None, "d")]


async def test_a_database_that_was_away_gives_every_device_time(
    household: Household, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await household.device("a", at(0), every_s=60)
    watcher = watch(household, clock)

    async def away(*_args: object) -> None:
        raise psycopg.OperationalError("the database is away")

    clock.move(minutes=1)
    monkeypatch.setattr("plantops_server.devices.presence.silent", away)
    with pytest.raises(psycopg.OperationalError):
        await watcher.look()
    monkeypatch.undo()
    clock.move(minutes=60)
    await watcher.look()
    assert await opened(household) == []


async def test_a_second_silent_device_of_one_plant_adds_no_second_incident(
    household: Household, clock: Clock
) -> None:
    await household.plants("p")
    await household.device("a", at(0), plant_id="p", every_s=60)
    await household.device("b", at(0), plant_id="p", every_s=60)
    watcher = watch(household, clock)
    clock.move(minutes=4)
    await watcher.look()
    assert len(await opened(household)) == 1


async def test_a_decommissioned_device_ends_its_incident(household: Household, clock: Clock) -> None:
    await household.device("d", at(0), every_s=60)
    watcher = watch(household, clock)
    clock.move(minutes=4)
    await watcher.look()
    await household.run("UPDATE devices SET decommissioned_at = now()")
    await watcher.look()
    (alert,) = await household.alerts()
    assert alert["resolution"] == "the device was removed"
