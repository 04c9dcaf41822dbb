"""``plantops replay``: publish a recording from a CSV file over MQTT, as a device of its own would."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plantops_api import text
from plantops_cli import diagnostics
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.noun import program

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient
    from plantops_cli.recording import Problem, Recording
    from plantops_cli.simulator.player import Outcome, Speed

app = program()

PROBLEMS_SHOWN = 20
"""Lines with something wrong that are named one by one; the rest is counted."""


@app.command()
def replay(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help='The recording; "-" reads stdin.')],
    plant: Annotated[
        str, typer.Option("--plant", "-p", metavar="PLANT", help="The plant it belongs to: id or name.")
    ],
    speed: Annotated[
        str, typer.Option(metavar="N|max", help="So many times as fast as it was recorded, or at once.")
    ] = "max",
    keep_time: Annotated[
        bool, typer.Option("--keep-time", help="Keep its own times instead of moving its end to now.")
    ] = False,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="METRIC=COLUMN", help="Which column holds a metric (or time); repeat it."
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Play it once more although it was played before: adds every row anew."),
    ] = False,
) -> None:
    """Publish a recording over MQTT, moved so that its last row is now.

    Knows what "plants export" writes, and common column names with units: soil_moisture_pct, temperature_c,
    temperature_f, humidity_pct, light_lux, timestamp. It plays as a device of its own, which is tied to the plant;
    the same recording played twice adds nothing.

    \b
    Examples:
      plantops replay bench.csv --plant "Tomato 3"
      plantops replay bench.csv --plant "Tomato 3" --speed 600
      plantops replay log.csv --plant fern --map soil_moisture=sensor2 --map time=When
      plantops plants export fern | plantops replay - --plant "Fern 2" --keep-time
    """
    call = invocation(context)
    pace = parse_speed(speed)
    recording = load(file, parse_map(map_ or []))
    name = "recording from stdin" if str(file) == "-" else f"recording {file.name}"
    outcome = play_for(
        call, recording, plant, text.clean_line(name, 100), pace, keep_time=keep_time, again=again
    )
    call.writer().text(summary(outcome, keep_time=keep_time))


def parse_speed(word: str) -> Speed:
    """``max``, or how many times as fast.

    Raises:
        Stop: it is neither (exit 2).
    """
    from plantops_cli.simulator.player import Speed

    if word == "max":
        return Speed(None)
    try:
        factor = float(word)
    except ValueError:
        factor = 0.0
    if not 1 <= factor <= 1e9:
        raise Stop(
            ExitCode.USAGE,
            f"--speed {word} is not possible.",
            'Give a number from 1 on (60: an hour takes a minute), or "max" for at once.',
        )
    return Speed(factor)


def parse_map(entries: Sequence[str]) -> dict[str, str]:
    """``soil_moisture=Sensor 2`` and the like, by metric. Raises Stop (exit 2)."""
    wanted: dict[str, str] = {}
    for entry in entries:
        metric, equals, column = entry.partition("=")
        if not equals or not metric.strip() or not column.strip():
            raise Stop(
                ExitCode.USAGE,
                f"--map {entry!r} is not METRIC=COLUMN.",
                "Such as: --map soil_moisture=sensor2",
            )
        wanted[metric.strip()] = column.strip()
    return wanted


def load(file: Path, wanted: dict[str, str]) -> Recording:
    """Read the recording and say what is wrong in it.

    Raises:
        Stop: it cannot be read, or lacks columns (exit 2), or no line in it is usable (exit 1).
    """
    from plantops_cli import recording

    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as problem:
        raise Stop(
            ExitCode.USAGE, f"{file} cannot be read: {problem.strerror}.", "Check its name and rights."
        ) from None
    try:
        found = recording.read(content.decode("utf-8", "replace"), wanted)
    except recording.UnusableRecording as problem:
        raise Stop(ExitCode.USAGE, f"{file}: {problem}", problem.advice) from None
    tell_problems(file, found.problems)
    if not found.rows:
        raise Stop(
            ExitCode.FAILURE, f"{file} holds no usable reading.", "See the lines above; nothing was sent."
        )
    tell_columns(found)
    return found


def tell_problems(file: Path, problems: Sequence[Problem]) -> None:
    """Name the lines with something wrong, the first ones one by one."""
    for problem in problems[:PROBLEMS_SHOWN]:
        diagnostics.warn(f"{file}, line {problem.line}: {problem.reason}.")
    if len(problems) > PROBLEMS_SHOWN:
        diagnostics.warn(f"{file}: {len(problems) - PROBLEMS_SHOWN} more lines with something wrong.")


def tell_columns(found: Recording) -> None:
    """Say what is taken for what."""
    taken = ", ".join(
        metric if metric == column else f"{metric} from {column!r}"
        for metric, column in found.columns.items()
    )
    diagnostics.say(f"{len(found.rows)} readings: {taken}.")
    if found.unused:
        diagnostics.say(f"Not used: {', '.join(found.unused)}.")
    if found.zoneless:
        diagnostics.warn("Its times name no zone; they are taken as UTC.")


def play_for(
    call: Invocation,
    recording: Recording,
    plant: str,
    name: str,
    speed: Speed,
    *,
    keep_time: bool,
    again: bool,
) -> Outcome:
    """Find the plant and play the recording for it."""
    from plantops_cli.lookup import find_plant
    from plantops_cli.simulator.player import Request, play

    salt = call.now().isoformat() if again else ""

    async def talk(client: PlantOpsClient) -> Outcome:
        found = await find_plant(client, plant)
        request = Request(recording, found.id, name, speed, keep_time, salt)
        if speed.factor is not None:
            minutes = speed.lasts(request.span).total_seconds() / 60
            diagnostics.say(
                f"Playing takes {minutes:.1f} min; Ctrl-C stops it, and the same command continues."
            )
        return await play(client, request, call.now)

    return call.ask(talk)


def summary(outcome: Outcome, *, keep_time: bool) -> str:
    """What was done, in a few lines."""
    if outcome.played_before and not outcome.added:
        lines = [
            f"This recording was played for this plant before, ending {outcome.ends:%Y-%m-%d %H:%M:%S} UTC: "
            f"{outcome.stored} rows stored, nothing added. --again plays it anew."
        ]
    else:
        moved = "at its own times" if keep_time else "moved to that end"
        lines = [
            f"Sent {outcome.sent} rows, {outcome.added} added, {outcome.stored} stored; "
            f"the last one at {outcome.ends:%Y-%m-%d %H:%M:%S} UTC, {moved}."
        ]
    if outcome.too_old:
        lines.append(
            f"{outcome.too_old} rows are more than 35 days old and were not sent: no server believes such a clock."
        )
    if outcome.too_new:
        lines.append(f"{outcome.too_new} rows lie in the future and were not sent.")
    lines.append(
        f"Device {outcome.device_id} now sleeps for a day; after that the plant counts as silent. "
        f'"plantops devices remove {outcome.device_id}" ends it and keeps its readings.'
    )
    return "\n".join(lines)
