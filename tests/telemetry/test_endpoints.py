"""Endpoints that the history of a probe suggests, or why it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plantops_server.telemetry.endpoints import Plateau, suggestion

START = datetime(2026, 3, 1, tzinfo=UTC)
STEP = timedelta(hours=3)


def history(*cycles: float, dry: float, wet: float) -> tuple[list[Plateau], list[datetime]]:
    """Pots that dry from ``wet`` so many days each towards ``dry``, 1 part in 20 a day, and are watered then."""
    plateaus, waterings, time = [], [], START
    for days in cycles:
        for n in range(int(days * 8)):
            plateaus.append(Plateau(time, wet + (dry - wet) * n / 8 / 20))
            time += STEP
        waterings.append(time)
    plateaus += [Plateau(time + n * STEP, wet) for n in range(9)]
    return plateaus, waterings


@pytest.mark.parametrize(
    ("dry", "wet", "unit"), [(3200.0, 1200.0, "counts"), (20.0, 90.0, "%"), (540.0, 880.0, "counts")]
)
def test_wet_is_the_plateau_after_waterings_and_dry_the_driest_one_whatever_the_direction(
    dry: float, wet: float, unit: str
) -> None:
    found = suggestion(*history(10, 16, 12, dry=dry, wet=wet))
    assert found.wet == pytest.approx(wet, rel=0.05)
    assert found.dry == pytest.approx(wet + (dry - wet) * 16 / 20, rel=0.02)
    assert (found.waterings, found.unit, found.reason) == (3, unit, None)


def test_one_watering_is_no_ground_for_a_suggestion() -> None:
    plateaus, waterings = history(10, dry=3200, wet=1200)
    found = suggestion(plateaus, waterings)
    assert (found.dry, found.wet, found.waterings) == (None, None, 1)
    assert found.reason == "One watering with readings before and after it is known; two are needed."


def test_waterings_without_readings_around_them_do_not_count() -> None:
    plateaus, waterings = history(10, 10, dry=3200, wet=1200)
    assert suggestion(plateaus, [waterings[0], START - timedelta(days=9)]).dry is None


def test_a_probe_that_does_not_move_gets_no_suggestion() -> None:
    found = suggestion(*history(10, 10, dry=1210, wet=1200))
    assert (found.dry, found.reason) == (None, "Dry and wet soil count nearly the same.")


def test_waterings_of_both_directions_are_no_ground() -> None:
    plateaus, waterings = history(10, 10, dry=3200, wet=1200)
    change = waterings[0] + timedelta(days=5)
    turned = [p if p.start < change else Plateau(p.start, 4400 - p.raw) for p in plateaus]
    found = suggestion(turned, waterings)
    assert found.dry is None
    assert found.reason
