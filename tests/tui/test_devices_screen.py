"""The whole life of a device, driven by keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plantops_api import wire
from plantops_tui.app import PlantOpsApp
from plantops_tui.screens.device import DeviceScreen
from plantops_tui.screens.device_acts import read_interval
from plantops_tui.screens.devices import DevicesScreen
from tests.tui.conftest import Clock, Open, settle
from tests.tui.fake_garden import FakeServer
from tests.tui.fake_nursery import more_devices
from tests.tui.moments import NOW
from tests.tui.screen_text import screen_text


@pytest.fixture
def garden_server() -> FakeServer:
    server = FakeServer()
    server.devices += more_devices()
    return server


def shown(pilot: Any) -> str:
    return "\n".join(screen_text(pilot.app))


def sent(server: FakeServer, method: str, ending: str) -> Any:
    """The body of the last request of that kind."""
    return [body for how, path, body in server.requests if (how, path.endswith(ending)) == (method, True)][-1]


async def press(pilot: Any, *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


async def test_a_device_is_shown_with_plant_states_ages_battery_and_signal(open_app: Open) -> None:
    async with open_app((100, 30), screen="devices") as pilot:
        rows = screen_text(pilot.app)
        (row,) = [line for line in rows if "bathroom" in line]
        assert row.split() == ["bathroom", "Fern", "○", "offline", "○", "offline", "6", "h", "10", "min",
                               "11", "%", "-70", "dBm"]  # fmt: skip
        assert "5 devices, 1 untied" in rows[1]
        assert "AE:52:05" in rows[3]
        assert "no plant" in rows[3], "the one that waits for a plant comes first"


async def test_2_goes_to_the_devices(open_app: Open) -> None:
    async with open_app() as pilot:
        await press(pilot, "2")
        assert isinstance(pilot.app.screen, DevicesScreen)


async def test_the_filter_narrows_and_inverts_and_esc_clears(open_app: Open) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "slash", *"fern")
        assert "bathroom" in shown(pilot)
        assert "probe 1" not in shown(pilot)
        await press(pilot, "home", "!")
        assert "bathroom" not in shown(pilot)
        assert "probe 1" in shown(pilot)
        await press(pilot, "escape")
        assert "5 devices" in shown(pilot)
        assert isinstance(pilot.app.screen, DevicesScreen)


async def test_a_deep_link_may_carry_a_filter(open_app: Open) -> None:
    async with open_app(screen="devices", wanted="fern") as pilot:
        assert "1 of 5 devices" in shown(pilot)
        assert "probe 1" not in shown(pilot)


async def test_the_pairing_window_opens_counts_down_and_closes_by_itself(
    open_app: Open, clock: Clock
) -> None:
    async with open_app(screen="devices") as pilot:
        assert "pairing closed" in shown(pilot)
        await press(pilot, "p")
        assert "pairing open 5:00" in shown(pilot)
        clock.now += timedelta(seconds=61)
        await pilot.pause(0.6)
        assert "pairing open 3:59" in shown(pilot)
        clock.now += timedelta(seconds=240)
        await pilot.pause(0.6)
        await settle(pilot)
        assert "pairing closed" in shown(pilot)
        assert "closed by itself" in shown(pilot)


async def test_p_closes_an_open_window(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "p", "p")
        assert "pairing closed" in shown(pilot)
        assert not garden_server.pairing.open


async def test_a_device_that_registers_appears_and_is_ready_to_be_tied(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G", "p")
        new = more_devices()[-1].model_copy(update={"id": "dev_9", "mac_address": "24:6F:28:AE:99:99"})
        garden_server.devices.append(new)
        garden_server.ring("device", "dev_9")
        await pilot.pause(0.5)
        await settle(pilot)
        assert "AE:99:99 registered" in shown(pilot)
        await press(pilot, "t", *"orchid", "enter")
        assert sent(garden_server, "POST", "/dev_9/provision") == {"plant_id": "plt_orchid"}
        assert "AE:99:99 sits in Orchid now" in shown(pilot)
        await press(pilot, "u")
        assert sent(garden_server, "POST", "/dev_9/provision") == {"plant_id": None}


async def test_without_a_window_a_new_device_does_not_move_the_selection(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G")
        before = pilot.app.screen.device.id  # type: ignore[attr-defined]
        garden_server.devices.append(more_devices()[-1].model_copy(update={"id": "dev_9"}))
        garden_server.ring("device", "dev_9")
        await pilot.pause(0.5)
        await settle(pilot)
        assert pilot.app.screen.device.id == before  # type: ignore[attr-defined]


async def test_a_tied_device_can_be_untied(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G", "t", *"untie", "enter")
        assert sent(garden_server, "POST", "/dev_1/provision") == {"plant_id": None}
        assert "probe 1 is untied" in shown(pilot)


async def test_rename_keeps_what_was_typed_when_the_server_refuses(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.refusals["/dev_1"] = [{"loc": ["body", "name"], "msg": "this name is taken"}]
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G", "e", *"-b", "enter")
        assert "This name is taken" in shown(pilot)
        assert "probe 1-b" in shown(pilot)
        garden_server.refusals.clear()
        await press(pilot, "enter")
        assert sent(garden_server, "PATCH", "/dev_1") == {"name": "probe 1-b"}
        assert "probe 1-b" in shown(pilot)


async def test_a_form_survives_a_lost_server(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G", "e", *"-b")
        garden_server.down = True
        await press(pilot, "enter")
        text = shown(pilot)
        assert "probe 1-b" in text
        assert "No PlantOps server answers" in text


async def test_the_interval_is_asked_in_words_and_checked(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G", "i", *["backspace"] * 5, *"soon", "enter")
        assert "such as 90 s, 10 min or 2 h" in shown(pilot)
        await press(pilot, *["backspace"] * 4, *"2 h", "enter")
        assert sent(garden_server, "PATCH", "/dev_1") == {"report_interval_s": 7200}


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [("90", 90), ("90 s", 90), ("10min", 600), ("1,5 h", 5400), ("24 h", 86_400), ("25 h", None), ("0", None),
     ("-5", None), ("", None), ("nan", None), ("5 days", None), ("1e9", None)],
)  # fmt: skip
def test_intervals(raw: str, seconds: int | None) -> None:
    assert read_interval(raw)[0] == seconds
    assert bool(read_interval(raw)[1]) is (seconds is None)


@pytest.mark.parametrize(("key", "command"), [("b", "identify"), ("B", "reboot")])
async def test_commands(open_app: Open, garden_server: FakeServer, key: str, command: str) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G", key)
        assert sent(garden_server, "POST", "/dev_1/command") == {"command": command}
        assert f"Sent {command} to probe 1" in shown(pilot)


async def test_rotate_names_the_device_and_shows_the_new_secret_once(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G", "R")
        assert "Give probe 1 a new secret?" in shown(pilot)
        await press(pilot, "enter")
        assert not [path for _, path, _ in garden_server.requests if path.endswith("/rotate")], (
            "kept by default"
        )
        await press(pilot, "R", "j", "enter")
        assert "s3cret-of-the-test" in shown(pilot)
        await press(pilot, "y")
        assert pilot.app.clipboard == "s3cret-of-the-test"
        await press(pilot, "escape")
        assert "s3cret" not in shown(pilot)


async def test_reenrolment_is_allowed_after_a_question(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G", "E")
        assert "Let probe 1 register again?" in shown(pilot)
        await press(pilot, "j", "enter", "enter")
        assert garden_server.devices[0].reenrolment_allowed_until == NOW + timedelta(hours=1)
        assert "again till 15:32" in shown(pilot)


async def test_decommissioning_wants_the_name_typed(open_app: Open, garden_server: FakeServer) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G", "X", *"probe 2", "enter")
        assert "That is not its name" in shown(pilot)
        assert len(garden_server.devices) == 5
        await press(pilot, "backspace", "1", "enter")
        assert [d.id for d in garden_server.devices] == ["dev_2", "dev_3", "dev_4", "dev_5"]
        assert "probe 1 is decommissioned" in shown(pilot)


async def test_y_copies_the_id(open_app: Open) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G", "y")
        assert pilot.app.clipboard == "dev_1"


async def test_a_minute_that_ends_while_the_interface_does_draws_nothing(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(screen="devices") as pilot:
        app, drawn = pilot.app, list[str]()
        assert isinstance(app, PlantOpsApp)
        with monkeypatch.context() as ending:
            ending.setattr(DevicesScreen, "redraw", lambda _: drawn.append("devices"))
            app.redraw_screens()
            ending.setattr(app, "_running", False)  # as Textual does before it removes what is on screen
            app.redraw_screens()
        assert drawn == ["devices"]


async def test_enter_shows_everything_and_what_was_rejected(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "j", "enter")
        assert isinstance(pilot.app.screen, DeviceScreen)
        text = shown(pilot)
        for words in (
            "greenhouse  in Tomato",
            "24:6F:28:AE:52:04",
            "humidity: above 100",
            '{"humidity": 140}',
        ):
            assert words in text
        garden_server.devices = [d for d in garden_server.devices if d.id != "dev_4"]
        garden_server.ring("device", "dev_4")
        await pilot.pause(0.5)
        await settle(pilot)
        assert "Was it decommissioned?" in shown(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, DevicesScreen)


# --- calibration -----------------------------------------------------------------------------------------


def counts(server: FakeServer, raw: float | None) -> None:
    server.devices[0] = server.devices[0].model_copy(
        update={"soil_raw": raw, "soil_raw_at": None if raw is None else NOW}
    )


async def look_again(pilot: Any) -> None:
    pilot.app.screen._poll()
    await settle(pilot)


async def test_calibration_captures_live_values_and_saves_both(
    open_app: Open, garden_server: FakeServer
) -> None:
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G", "c", "d")
        assert "Waiting for a reading" in shown(pilot)
        assert "Nothing has been measured yet" in shown(pilot)
        counts(garden_server, 3000)
        await look_again(pilot)
        await press(pilot, "d", "s", "enter")
        assert "the same value" in shown(pilot)
        counts(garden_server, 1000)
        await look_again(pilot)
        await press(pilot, "s")
        counts(garden_server, 2200)
        await look_again(pilot)
        assert "would be 40 %" in shown(pilot)
        await press(pilot, "enter")
        assert sent(garden_server, "POST", "/calibration") == {"dry": 3000, "wet": 1000, "rederive": True}
        assert "Calibrated probe 1" in shown(pilot)


async def test_calibration_says_which_end_is_missing_and_keeps_the_captured_one_on_an_error(
    open_app: Open, garden_server: FakeServer
) -> None:
    counts(garden_server, 3000)
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G", "c", "d", "enter")
        assert "saturated soil (s)" in shown(pilot)
        counts(garden_server, 1000)
        await look_again(pilot)
        await press(pilot, "s")
        garden_server.broken.add("/calibration")
        await press(pilot, "enter")
        assert "Could not save it" in shown(pilot)
        assert "✓ 3000" in shown(pilot)


async def test_calibration_takes_what_history_suggests_or_says_why_not(
    open_app: Open, garden_server: FakeServer
) -> None:
    counts(garden_server, 2000)
    async with open_app(screen="devices") as pilot:
        await press(pilot, "G", "c", "h")
        assert "One watering is too few." in shown(pilot)
        garden_server.suggestion = wire.CalibrationSuggestion(
            device_id="dev_1", waterings=4, dry=3000, wet=1000
        )
        await press(pilot, "escape", "c")
        assert "its 4 waterings suggest 3000 and 1000" in shown(pilot)
        await press(pilot, "h")
        assert "would be 50 %" in shown(pilot)
        await press(pilot, "enter")
        assert garden_server.devices[0].calibration == wire.Calibration(dry=3000, wet=1000)


# --- who may -------------------------------------------------------------------------------------------


async def each_says(pilot: Any, keys: str, words: str) -> None:
    for key in keys:
        await press(pilot, key)
        assert words in shown(pilot), key
        pilot.app.clear_notifications()
        await settle(pilot)
        assert words not in shown(pilot)


async def test_a_viewer_is_told_why_not(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.role = "viewer"
    async with open_app(screen="devices") as pilot:
        await each_says(pilot, "ptceibBREX", "ada may look only")
        assert {how for how, _, _ in garden_server.requests} == {"GET"}


async def test_an_operator_is_told_that_secrets_are_an_admins_business(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.role = "operator"
    async with open_app(screen="devices") as pilot:
        await each_says(pilot, "REX", "an admin's token is needed")


async def test_without_a_device_an_act_says_so(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.devices = []
    async with open_app(screen="devices") as pilot:
        await each_says(pilot, "tceibBREXy", "There is no device to do that with")


async def test_a_device_without_a_soil_probe_cannot_be_calibrated(
    open_app: Open, garden_server: FakeServer
) -> None:
    garden_server.devices = [more_devices()[0].model_copy(update={"sensor_types": ["temperature"]})]
    async with open_app(screen="devices") as pilot:
        await press(pilot, "c")
        assert "no soil probe" in shown(pilot)


async def test_tying_without_plants_says_how_to_add_one(open_app: Open, garden_server: FakeServer) -> None:
    garden_server.cards = []
    garden_server.devices = [more_devices()[-1]]
    async with open_app(screen="devices") as pilot:
        await press(pilot, "t")
        assert "No plant is left to choose" in shown(pilot)


def test_devices_that_wait_come_first_then_those_in_trouble() -> None:
    from plantops_tui.screens.device_rows import by_need

    order = sorted([*FakeServer().devices, *more_devices()], key=by_need)
    assert [device.id for device in order] == ["dev_5", "dev_4", "dev_2", "dev_3", "dev_1"]
    assert isinstance(order[0], wire.Device)
