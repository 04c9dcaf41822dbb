"""The way of a new device into its pot, against the whole server: nothing is played here."""

from __future__ import annotations

from time import monotonic

from textual.pilot import Pilot

from plantops_api import wire
from plantops_api.client import PlantOpsClient
from plantops_tui.app import PlantOpsApp
from tests.running_server import Running
from tests.tui.screen_text import screen_text


async def until(pilot: Pilot[None], *words: str, gone: bool = False) -> str:
    """Wait until all the words are on the screen."""
    end = monotonic() + 15
    while True:
        text = "\n".join(screen_text(pilot.app))
        if all((word in text) is not gone for word in words):
            return text
        assert monotonic() < end, f"{words} did not come; this did:\n{text}"
        await pilot.pause(0.05)


async def test_add_a_plant_pair_a_device_and_tie_it(server: Running) -> None:
    async with (
        PlantOpsClient(server.url, server.admin_token) as client,
        PlantOpsClient(server.url) as device,
    ):
        app = PlantOpsApp(PlantOpsClient(server.url, server.admin_token))
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await until(pilot, "n adds a plant")
            await pilot.press("n", *"Fig", "tab", *"ficus")
            await until(pilot, "Ficus")
            await pilot.press("ctrl+s")
            await until(pilot, "Added Fig")
            await pilot.press("2")
            await until(pilot, "No devices yet")
            await pilot.press("p")
            await until(pilot, "pairing open 4:5")
            body = wire.RegisterBody(
                mac_address="24:6F:28:AE:52:7C", sensor_types=["soil_moisture"], report_interval_s=600,
                firmware_version="test 1.0", nonce="6f1c9a52e0b94d0c",
            )  # fmt: skip
            made = await device.register_device(body)
            await until(pilot, "AE:52:7C registered", "no plant")
            await pilot.press("t")
            await until(pilot, "In which plant does AE:52:7C sit?")
            await pilot.press("enter")
            await until(pilot, "AE:52:7C sits in Fig now")
            await pilot.press("p")
            await until(pilot, "pairing closed")
            shown = await client.get_device(made.device_id)
            assert shown.plant_name == "Fig"
            await pilot.press("X", *"AE:52:7C", "enter")
            await until(pilot, "No devices yet")
            assert await client.list_devices() == []
        assert app.failures == []
