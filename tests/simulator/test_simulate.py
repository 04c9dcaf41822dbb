"""``plantops simulate`` as a person runs it, against the whole server."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from plantops_api import wire
from plantops_api.client import PlantOpsClient
from plantops_cli import main
from plantops_cli.invocation import Invocation
from plantops_cli.invocation import run as run_to_end
from tests.running_server import Running


class Result(NamedTuple):
    status: int
    out: str
    err: str


class Desk:
    def __init__(self, server: Running, capsys: pytest.CaptureFixture[str]) -> None:
        self._server, self._capsys = server, capsys

    def simulate(self, *args: str, token_file: Path | None = None) -> Result:
        environ = {"PLANTOPS_URL": self._server.url}
        environ["PLANTOPS_TOKEN_FILE"] = str(token_file or self._server.token_file)
        with pytest.raises(SystemExit) as ended:
            main.run(["simulate", *args], Invocation(environ=environ))
        return Result(int(str(ended.value.code)), *self._capsys.readouterr())

    def ask(self, talk: Callable[[PlantOpsClient], Awaitable[Any]]) -> Any:
        async def conversation() -> Any:
            async with PlantOpsClient(self._server.url, self._server.admin_token) as client:
                return await talk(client)

        return run_to_end(conversation())

    def devices(self, name: str) -> list[wire.Device]:
        return [d for d in self.ask(lambda client: client.list_devices()) if (d.name or "").startswith(name)]

    def readings(self, plant_id: str | None) -> int:
        async def talk(client: PlantOpsClient) -> int:
            pieces = [piece async for piece in client.export_plant_csv(plant_id or "")]
            return len(b"".join(pieces).splitlines()) - 1

        return int(self.ask(talk))

    def wait_for_readings(self, plant_id: str | None, count: int, seconds: float = 20) -> None:
        """The broker has them; the server stores them a moment later."""
        deadline = time.monotonic() + seconds
        while self.readings(plant_id) < count:
            assert time.monotonic() < deadline, f"{self.readings(plant_id)} of {count} readings are stored"
            time.sleep(0.1)


@pytest.fixture
def desk(one_server: Running, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(one_server, capsys)


def test_every_pot_gets_a_plant_a_device_and_readings_and_the_same_seed_takes_them_up_again(
    desk: Desk,
) -> None:
    args = ("--pots", "2", "--seed", "21", "--speed", "1200", "--duration", "2s")
    result = desk.simulate(*args)
    first = desk.devices("Simulated node 21-")
    assert result.status == 0
    assert "2 pots report every 0.5 s" in result.err
    assert "all pots are offline now" in result.err
    assert len(first) == 2
    assert {device.plant_name for device in first} == {"Simulated pot 21-1", "Simulated pot 21-2"}
    counts = [desk.readings(device.plant_id) for device in first]
    assert min(counts) >= 3
    assert desk.simulate(*args).status == 0
    assert {d.id for d in desk.devices("Simulated node 21-")} == {d.id for d in first}
    assert min(desk.readings(device.plant_id) for device in first) > max(counts)


def test_history_is_published_and_the_truth_is_written(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "truth.json"
    result = desk.simulate(
        "--pots", "1", "--seed", "22", "--history", "30d", "--faults", "contact_step", "--duration", "1s",
        "--truth", str(file),
    )  # fmt: skip
    truth = json.loads(file.read_text())
    (device,) = truth["devices"]
    assert result.status == 0
    assert re.search(r"Published 43\d\d readings of history", result.err)
    desk.wait_for_readings(device["plant_id"], 4300)
    assert device["device_id"] == desk.devices("Simulated node 22-")[0].id
    assert 1 <= len(device["waterings"]) <= 4
    assert all(w["moisture_before"] + 20 < w["moisture_after"] for w in device["waterings"])
    assert {fault["kind"] for fault in device["faults"]} <= {"contact_step"}


def test_an_enrolment_token_alone_registers_devices_that_are_tied_to_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    body = wire.EnrolmentTokenBody(name="bench", uses=1)
    token = desk.ask(lambda client: client.create_enrolment_token(body)).token
    (tmp_path / "token").write_text(token)
    result = desk.simulate(
        "--pots", "1", "--seed", "23", "--speed", "6000", "--duration", "1s",
        "--enrolment-token-file", str(tmp_path / "token"),
    )  # fmt: skip
    (device,) = desk.devices("Simulated node 23-")
    assert result.status == 0
    assert "tied to no plant" in result.err
    assert device.plant_id is None
    assert device.last_reading_at is not None
    assert token not in result.err


def test_known_devices_without_an_api_token_are_a_conflict_that_says_the_way_out(
    desk: Desk, tmp_path: Path
) -> None:
    desk.simulate("--pots", "1", "--seed", "24", "--duration", "1s")
    body = wire.EnrolmentTokenBody(name="bench", uses=1)
    (tmp_path / "token").write_text(desk.ask(lambda client: client.create_enrolment_token(body)).token)
    result = desk.simulate(
        "--pots", "1", "--seed", "24", "--duration", "1s", "--enrolment-token-file", str(tmp_path / "token")
    )
    assert result.status == 6
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--preset", "jungle"], "--preset 'jungle' is not known"),
        (["--probe", "finger"], "--probe 'finger' is not known"),
        (["--link", "pigeon"], "--link 'pigeon' is not known"),
        (["--faults", "stuck,gremlin"], "--faults 'gremlin' is not known"),
        (["--history", "90d"], "no reading older than 35 days"),
        (["--interval", "0"], "--interval must be"),
        (["--interval", "soon"], "'soon' is not a duration"),
        (["--truth", "/nowhere/truth.json"], "there is no such directory"),
    ],
)
def test_a_word_that_means_nothing_is_named_before_anything_happens(
    capsys: pytest.CaptureFixture[str], args: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main.run(["simulate", *args], Invocation(environ={"PLANTOPS_URL": "http://127.0.0.1:9"}))
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err
