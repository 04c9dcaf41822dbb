"""``plantops devices calibrate``: the two ends of a soil probe, given, suggested by its history, or taken live."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from plantops_api import wire
from plantops_cli import device_view, diagnostics, prompts, times
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation
from plantops_cli.lookup import find_device

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

_STEPS = (
    ("dry", "Let the pot dry until you would water it (or put the probe into dry soil of the same kind)."),
    ("wet", "Water until it runs out below, and wait an hour or two until it has drained."),
)


def calibrate(
    call: Invocation, name: str, dry: float | None, wet: float | None, *, suggested: bool, rederive: bool, yes: bool
) -> wire.Device:  # fmt: skip
    """Find both ends and set them; the device as it is then.

    Raises:
        Stop: an end is missing and nobody can be asked (2), nothing can be suggested (1), or the answer was no (1).
    """
    device = call.ask(lambda client: find_device(client, name))
    if suggested:
        dry, wet = _suggested(call, device, yes=yes)
    elif dry is None or wet is None:
        dry, wet = _taken_live(call, device, dry, wet)
    if dry == wet:
        raise Stop(ExitCode.USAGE, "Dry and wet must differ.")
    body = wire.CalibrationBody(dry=dry, wet=wet, rederive=rederive)
    changed = call.ask(lambda client: client.calibrate_device(device.id, body))
    history = "Its history was derived anew." if rederive else "Its history stays as it was."
    diagnostics.say(f"Calibrated device {device_view.called(changed)}: dry {dry:g}, wet {wet:g}. {history}")
    return changed


def _suggested(call: Invocation, device: wire.Device, *, yes: bool) -> tuple[float, float]:
    found = call.ask(lambda client: client.suggest_calibration(device.id))
    if found.dry is None or found.wet is None:
        raise Stop(
            ExitCode.FAILURE, f"Nothing can be suggested yet. {found.reason}",
            "Give --dry and --wet, or leave both out to take them from the probe.",
        )  # fmt: skip
    diagnostics.say(f"Suggested by {found.waterings} waterings: dry {found.dry:g}, wet {found.wet:g}.")
    if found.unit == "%":
        diagnostics.say(
            f"It sends % itself: what it calls {found.dry:g} % will be 0 %, and {found.wet:g} % will be 100 %. "
            '"--dry 0 --wet 100" takes that back.'
        )
    prompts.confirm(call, f"Calibrate device {device_view.called(device)} so", yes=yes)
    return found.dry, found.wet


def _taken_live(
    call: Invocation, device: wire.Device, dry: float | None, wet: float | None
) -> tuple[float, float]:
    if not call.interactive:
        raise Stop(ExitCode.USAGE, "Both ends are needed, and nobody can be asked.", "Give --dry and --wet.")
    ends = {"dry": dry, "wet": wet}
    for end, how in _STEPS:
        if ends[end] is None:
            diagnostics.say(f"The {end} end. {how}")
            ends[end] = _one_end(call, device, end)
    assert ends["dry"] is not None and ends["wet"] is not None  # noqa: S101, PT018 - both were asked for
    return ends["dry"], ends["wet"]


def _one_end(call: Invocation, device: wire.Device, end: str) -> float:
    """Ask until there is a number: what the probe counts now, or one that is typed."""

    async def look(client: PlantOpsClient) -> wire.Device:
        return await client.get_device(device.id)

    while True:
        seen = call.ask(look)
        if seen.soil_raw is None:
            shown, offer = "It has sent no soil reading in a day", ""
        else:
            shown = f"It counts {seen.soil_raw:g} ({times.ago(seen.soil_raw_at, call.now())})"
            offer = "Enter takes this, "
        sys.stderr.write(f"{shown}. {offer}r looks again, a number sets {end}, q stops: ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        answer = line.strip().lower()
        if not line or answer == "q":
            raise Stop(ExitCode.FAILURE, "Nothing was changed.")
        if not answer and seen.soil_raw is not None:
            return seen.soil_raw
        if (number := _number(answer)) is not None:
            return number


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
