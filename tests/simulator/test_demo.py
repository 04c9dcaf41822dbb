"""The demo's six pots on the whole server: history, live cards, an alert with a reason, and a second run."""

from __future__ import annotations

import asyncio
import itertools
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from plantops_api import wire
from plantops_api.client import PlantOpsClient
from plantops_cli.simulator import demo_pots
from plantops_cli.simulator.demo import run_demo
from tests.running_server import Running

FAST = 900.0
"""A quarter of an hour a second: the thirsty pot is dry within a few of them."""


@asynccontextmanager
async def demo(client: PlantOpsClient, folder: Path) -> AsyncIterator[list[str]]:
    """The demo, live; gives what it says."""
    stop, ready, said = asyncio.Event(), asyncio.Event(), list[str]()
    running = asyncio.create_task(
        run_demo(client, stop, data_dir=folder, ready=ready, say=said.append, speed=FAST, keep_every_s=0.5)
    )
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
    try:
        yield said
    finally:
        waiting.cancel()
        stop.set()
        await running


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    for _ in range(int(seconds / 0.2)):
        if await holds():
            return
        await asyncio.sleep(0.2)
    raise AssertionError(holds)


async def test_the_demo_shows_six_moving_plants_with_history_and_one_that_runs_dry(
    server: Running, tmp_path: Path
) -> None:
    async with PlantOpsClient(server.url, server.admin_token) as client:
        async with demo(client, tmp_path):
            first = {plant.name: plant for plant in await client.list_plants()}
            assert set(first) == {character.name for character in demo_pots.CAST}
            assert len({plant.species for plant in first.values()}) == 6
            for plant in first.values():
                await eventually(partial(reaches_back, client, plant.id, timedelta(days=29)))
            await eventually(lambda: everyone_has_a_state(client))
            first = {plant.name: plant for plant in await client.list_plants()}
            await eventually(lambda: dry(client))
            (alert,) = [a for a in await client.list_alerts() if a.kind == "low"]
            assert alert.plant_name == "Basil"
            await eventually(lambda: all_moved(client, first))
            await eventually(lambda: sick_probe_is_noticed(client))
            await eventually(lambda: everyone_has_a_plan(client))
            await client.log_watering(alert.plant_id or "", wire.WateringBody())
            await eventually(lambda: not_dry(client))
        devices = {device.name: device.id for device in await client.list_devices()}
        async with demo(client, tmp_path) as said:
            assert {device.name: device.id for device in await client.list_devices()} == devices
            assert "what happened since the last time" in said[0]
        await eventually(lambda: everyone_is(client, "offline"))
    kept = sorted((tmp_path / "demo").glob("*.json"))
    assert len(kept) == 6
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in kept)


async def test_whoever_opens_the_pairing_window_meets_a_new_device_that_lives_on(
    one_server: Running, tmp_path: Path
) -> None:
    async with PlantOpsClient(one_server.url, one_server.admin_token) as client:
        async with demo(client, tmp_path):
            await client.open_pairing(wire.PairingBody(seconds=60))
            await eventually(lambda: has_sent(client, "Spare sensor 1"))
            plant = await client.create_plant(wire.PlantBody(name="Mint"))
            (spare,) = await client.list_devices(q="Spare sensor")
            assert spare.plant_id is None
            await client.provision_device(spare.id, plant.id)
            await eventually(lambda: measured(client, plant.id))
            await client.close_pairing()
            assert len(await client.list_devices(q="Spare sensor")) == 1, "one a window"
        before = (await client.get_plant(plant.id)).last_reading_at
        async with demo(client, tmp_path):
            await eventually(lambda: measured(client, plant.id, before))
    assert stat.S_IMODE((tmp_path / "demo" / "spare-1.json").stat().st_mode) == 0o600


async def has_sent(client: PlantOpsClient, name: str) -> bool:
    return any(device.last_seen_at for device in await client.list_devices(q=name))


async def measured(client: PlantOpsClient, plant_id: str, since: datetime | None = None) -> bool:
    newest = (await client.get_plant(plant_id)).last_reading_at
    return newest is not None and (since is None or newest > since)


async def test_damaged_memories_cost_the_memory_and_not_the_demo(one_server: Running, tmp_path: Path) -> None:
    damages = itertools.cycle(["", "{", "[]", '{"plant_id": "plt_gone", "registered": {}}'])
    (tmp_path / "demo").mkdir()
    for character, damage in zip(demo_pots.CAST, damages, strict=False):
        (tmp_path / "demo" / f"{character.key}.json").write_text(damage)
    async with (
        PlantOpsClient(one_server.url, one_server.admin_token) as client,
        demo(client, tmp_path) as said,
    ):
        assert "Published" in said[-1]


async def reaches_back(client: PlantOpsClient, plant_id: str, span: timedelta) -> bool:
    history = await client.plant_history(plant_id, start=now() - span - timedelta(days=1), end=now() - span)
    return any(value is not None for value in history.series["soil_moisture"].mean)


async def everyone_has_a_state(client: PlantOpsClient) -> bool:
    return all(plant.state for plant in await client.list_plants())


async def dry(client: PlantOpsClient) -> bool:
    return any(alert.kind == "low" for alert in await client.list_alerts())


async def everyone_has_a_plan(client: PlantOpsClient) -> bool:
    plans = [await client.care_plans(plant.id) for plant in await client.list_plants()]
    return all(len(written) == 1 and written[0].source == "rules" for written in plans)


async def not_dry(client: PlantOpsClient) -> bool:
    return not await dry(client)


async def everyone_is(client: PlantOpsClient, status: str) -> bool:
    return {device.status for device in await client.list_devices()} == {status}


async def sick_probe_is_noticed(client: PlantOpsClient) -> bool:
    (sick,) = [device for device in await client.list_devices() if device.name == "Snake plant sensor"]
    return bool((await client.get_device(sick.id)).rejected)


async def all_moved(client: PlantOpsClient, first: dict[str, wire.PlantCard]) -> bool:
    return all(
        any(plant.state[metric].time > before.time for metric, before in first[plant.name].state.items())
        for plant in await client.list_plants()
    )


def now() -> datetime:
    return datetime.now(UTC)
