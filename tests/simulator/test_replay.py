"""``plantops replay`` against the whole running server: every row is stored once, whatever the file and how often."""

from __future__ import annotations

import io
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from plantops_api import wire
from plantops_api.client import PlantOpsClient
from plantops_cli import main
from plantops_cli.invocation import Invocation
from plantops_cli.invocation import run as run_to_end
from tests.running_server import Running

NOBODY_THERE = {"PLANTOPS_URL": "http://127.0.0.1:9"}
START = datetime(2020, 5, 1, tzinfo=UTC)


class Result(NamedTuple):
    status: int
    out: str
    err: str


class Desk:
    """A person with a terminal, a file and a plant; the server may hold the plants of others."""

    def __init__(self, server: Running, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._server, self._capsys, self.file = server, capsys, folder / "bench.csv"
        self._mine = secrets.token_hex(4)

    def replay(self, *args: str, plant: str = "Tomato", file: str | None = None) -> Result:
        environ = {"PLANTOPS_URL": self._server.url, "PLANTOPS_TOKEN_FILE": str(self._server.token_file)}
        self._capsys.readouterr()
        status = run_cli(environ, file or str(self.file), "--plant", f"{plant} {self._mine}", *args)
        return Result(status, *self._capsys.readouterr())

    def ask(self, talk: Callable[[PlantOpsClient], Awaitable[Any]]) -> Any:
        async def conversation() -> Any:
            async with PlantOpsClient(self._server.url, self._server.admin_token) as client:
                return await talk(client)

        return run_to_end(conversation())

    def plant(self, name: str = "Tomato", low: float | None = None) -> str:
        limits: dict[Any, Any] = {"soil_moisture": wire.Range(min=low)}
        body = wire.PlantBody(name=f"{name} {self._mine}", thresholds=limits)
        return str(self.ask(lambda client: client.create_plant(body)).id)

    def exported(self, plant_id: str) -> list[str]:
        async def talk(client: PlantOpsClient) -> list[str]:
            pieces = [piece async for piece in client.export_plant_csv(plant_id)]
            return b"".join(pieces).decode().splitlines()[1:]

        return list(self.ask(talk))

    def open_alerts(self, plant_id: str) -> list[wire.Alert]:
        return list(self.ask(lambda client: client.list_alerts(plant_id=plant_id)))

    def devices(self, plant_id: str) -> list[wire.Device]:
        return list(self.ask(lambda client: client.plant_devices(plant_id)))


def run_cli(environ: Mapping[str, str], *args: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main.run(["replay", *args], Invocation(environ=environ))
    return int(str(ended.value.code))


@pytest.fixture
def desk(one_server: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(one_server, tmp_path, capsys)


def lines(moistures: Iterable[object], step_s: float = 300, start: datetime = START) -> str:
    rows = [f"{(start + n * timedelta(seconds=step_s)).isoformat()},{m}" for n, m in enumerate(moistures)]
    return "\n".join(["timestamp,soil_moisture_pct", *rows]) + "\n"


def test_a_recording_is_stored_whole_and_ends_now(desk: Desk) -> None:
    plant = desk.plant()
    desk.file.write_text(lines([30 - n / 100 for n in range(1200)]))
    result = desk.replay()
    stored = desk.exported(plant)
    assert result.status == 0
    assert "Sent 1200 rows, 1200 added, 1200 stored" in result.out
    assert len(stored) == 1200
    last = datetime.fromisoformat(stored[-1].split(",")[0])
    assert abs(datetime.now(UTC) - last) < timedelta(seconds=30)
    first = datetime.fromisoformat(stored[0].split(",")[0])
    assert last - first == timedelta(seconds=1199 * 300)


def test_played_twice_it_adds_nothing_and_says_so(desk: Desk) -> None:
    plant = desk.plant()
    desk.file.write_text(lines(range(10, 40)))
    desk.replay()
    before = desk.exported(plant)
    result = desk.replay()
    assert result.status == 0
    assert "nothing added" in result.out
    assert desk.exported(plant) == before
    assert len(desk.devices(plant)) == 1


def test_again_adds_every_row_anew(desk: Desk) -> None:
    plant = desk.plant()
    desk.file.write_text(lines(range(10, 40)))
    desk.replay()
    assert "30 added" in desk.replay("--again").out
    assert len(desk.exported(plant)) == 60


def test_another_plant_gets_its_own_copy(desk: Desk) -> None:
    desk.plant()
    other = desk.plant("Pepper")
    desk.file.write_text(lines(range(10, 40)))
    desk.replay()
    assert "30 added" in desk.replay(plant="pepper").out
    assert len(desk.exported(other)) == 30


@pytest.mark.parametrize(("low", "kinds"), [(20.0, ["low"]), (10.0, [])])
def test_its_last_moisture_decides_whether_the_plant_is_too_dry(
    desk: Desk, low: float, kinds: list[str]
) -> None:
    plant = desk.plant(low=low)
    desk.file.write_text(lines([30 - n / 10 for n in range(171)]))
    desk.replay()
    desk.replay()
    assert [alert.kind for alert in desk.open_alerts(plant)] == kinds


def test_the_device_rests_when_the_recording_is_over(desk: Desk) -> None:
    plant = desk.plant()
    desk.file.write_text(lines(range(10, 40)))
    desk.replay()
    (device,) = desk.devices(plant)
    assert device.status == "sleeping"
    assert device.trust == "asleep"
    assert device.report_interval_s == 300


def test_an_empty_row_is_a_row_and_a_gap_stays_a_gap(desk: Desk) -> None:
    plant = desk.plant()
    desk.file.write_text(lines([20, "", "", 21]))
    assert "4 stored" in desk.replay().out
    assert [row.split(",")[2] for row in desk.exported(plant)] == ["20.0", "", "", "21.0"]


def test_broken_lines_are_named_and_the_good_ones_go(desk: Desk) -> None:
    plant = desk.plant()
    desk.file.write_text(lines([20, "wet", 22, 23]) + "nonsense\nnever,21\n")
    result = desk.replay()
    assert result.status == 0
    assert f"{desk.file}, line 3: soil_moisture 'wet' is not a number" in result.err
    assert f"{desk.file}, line 6: 1 fields where the header has 2" in result.err
    assert f"{desk.file}, line 7: 'never' is not a time" in result.err
    assert len(desk.exported(plant)) == 4


def test_only_the_first_twenty_broken_lines_are_named_one_by_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bench.csv"
    file.write_text("time,humidity\n" + "broken\n" * 50)
    assert run_cli(NOBODY_THERE, str(file), "--plant", "x") == 1
    told = capsys.readouterr().err
    assert told.count("fields where the header has") == 20
    assert "30 more lines" in told


@pytest.mark.parametrize(
    ("content", "args", "status", "sentence"),
    [
        ("a,b\n1,2\n", [], 2, "No column holds the time"),
        ("time,a\n2020-05-01T00:00:00Z,1\n", [], 2, "No column holds a metric"),
        ("time,a\n2020-05-01T00:00:00Z,1\n", ["--map", "soil_moisture=b"], 2, "There is no column 'b'"),
        ("time,a\n2020-05-01T00:00:00Z,1\n", ["--map", "b"], 2, "not METRIC=COLUMN"),
        ("", [], 2, "The file is empty"),
        ("time,humidity\n", [], 1, "holds no usable reading"),
        ("time,humidity\nnever,1\n", [], 1, "holds no usable reading"),
        ("time,humidity\n2020-05-01T00:00:00Z,1\n", ["--speed", "0.5"], 2, "--speed 0.5 is not possible"),
        ("time,humidity\n2020-05-01T00:00:00Z,1\n", ["--speed", "fast"], 2, "--speed fast is not possible"),
    ],
)
def test_what_cannot_be_played_says_why_before_anybody_is_asked(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str,
    args: list[str],
    status: int,
    sentence: str,
) -> None:
    file = tmp_path / "bench.csv"
    file.write_text(content)
    assert run_cli(NOBODY_THERE, str(file), "--plant", "x", *args) == status
    told = capsys.readouterr().err
    assert sentence in told
    assert "Traceback" not in told


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(NOBODY_THERE, "/nowhere/x.csv", "--plant", "x") == 2
    assert "/nowhere/x.csv cannot be read: No such file" in capsys.readouterr().err


def test_a_server_that_is_down_ends_in_5(desk: Desk) -> None:
    desk.file.write_text(lines([20]))
    assert run_cli(NOBODY_THERE, str(desk.file), "--plant", "x") == 5


def test_a_plant_that_is_not_there_ends_in_3(desk: Desk) -> None:
    desk.file.write_text(lines([20]))
    assert desk.replay(plant="Ghost").status == 3


def test_a_recording_that_nobody_would_believe_registers_no_device(desk: Desk) -> None:
    plant = desk.plant()
    desk.file.write_text(lines([20]))
    result = desk.replay("--keep-time")
    assert result.status == 1
    assert "within the last 35 days" in result.err
    assert desk.devices(plant) == []


def test_a_column_can_be_named_by_hand(desk: Desk) -> None:
    plant = desk.plant()
    desk.file.write_text("When,s1,s2\n2020-05-01T00:00:00Z,11,22\n")
    assert desk.replay("--map", "time=When", "--map", "soil_moisture=s2").status == 0
    assert desk.exported(plant)[0].split(",")[2] == "22.0"


def test_its_own_times_are_kept_on_request_and_what_nobody_believes_is_left_out(desk: Desk) -> None:
    plant = desk.plant()
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=40)
    desk.file.write_text(lines(range(45), step_s=86_400, start=start))
    result = desk.replay("--keep-time")
    assert "Sent 35 rows" in result.out
    assert "6 rows are more than 35 days old" in result.out
    assert "4 rows lie in the future" in result.out
    times = {datetime.fromisoformat(row.split(",")[0]) for row in desk.exported(plant)}
    assert start + timedelta(days=20) in times
    assert "nothing added" in desk.replay("--keep-time").out


def test_stdin_is_a_file_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    plant = desk.plant()
    stdin = io.TextIOWrapper(io.BytesIO(lines([20, 21, 22]).encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    assert desk.replay(file="-").status == 0
    assert len(desk.exported(plant)) == 3


def test_an_export_can_be_replayed_for_another_plant(desk: Desk) -> None:
    plant, other = desk.plant(), desk.plant("Twin")
    desk.file.write_text(lines([20, 21.5, "", 23]))
    desk.replay()

    async def export(client: PlantOpsClient) -> bytes:
        return b"".join([piece async for piece in client.export_plant_csv(plant)])

    desk.file.write_bytes(desk.ask(export))
    assert desk.replay("--keep-time", plant="Twin").status == 0
    columns = [row.split(",")[0::2][:2] for row in desk.exported(plant)]
    assert [row.split(",")[0::2][:2] for row in desk.exported(other)] == columns


def test_at_a_speed_the_last_row_is_now_when_it_is_sent(desk: Desk) -> None:
    plant = desk.plant()
    desk.file.write_text(lines([20, 21, 22, 23], step_s=60))
    began = datetime.now(UTC)
    result = desk.replay("--speed", "90")
    took = datetime.now(UTC) - began
    last = datetime.fromisoformat(desk.exported(plant)[-1].split(",")[0])
    assert result.status == 0
    assert timedelta(seconds=1) < took < timedelta(seconds=20)
    assert began < last <= datetime.now(UTC)


def test_a_viewer_may_not_replay_and_hears_so(desk: Desk, tmp_path: Path) -> None:
    plant = desk.plant()
    desk.file.write_text(lines([20]))
    body = wire.TokenBody(name="eyes only", role="viewer")
    token = desk.ask(lambda client: client.create_token(body)).token
    (tmp_path / "viewer").write_text(token)
    result = desk.replay("--token-file", str(tmp_path / "viewer"))
    assert result.status == 4
    assert token not in result.err
    assert desk.devices(plant) == []
