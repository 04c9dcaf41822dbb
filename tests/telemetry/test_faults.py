"""Sensor faults are told from what pots and weather do: by noise, resolution, habit and persistence."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plantops_cli.simulator import faults as simulated
from plantops_cli.simulator import links, pots
from plantops_cli.simulator.messages import encode
from plantops_cli.simulator.node import Design, Node
from plantops_server.telemetry import faults, flags
from plantops_server.telemetry.faults import State, screen
from plantops_server.telemetry.packets import parse_packet
from plantops_server.telemetry.store import Row, row_of

START = datetime(2026, 3, 1, tzinfo=UTC)
TEN = timedelta(minutes=10)


def rows(values: Iterable[dict[str, Any]], start: datetime = START, step: timedelta = TEN) -> list[Row]:
    blank = {**dict.fromkeys(Row._fields), "device_id": "d", "plant_id": "p", "flags": 0}
    return [Row(**{**blank, "time": start + n * step, **value}) for n, value in enumerate(values)]


def soil(*values: float) -> list[dict[str, Any]]:
    return [{"soil_moisture": value} for value in values]


def quiet(count: int, start: float = 50.0, noise: float = 0.05, seed: int = 1) -> list[float]:
    """A pot that dries by 2.5 points a day under a probe with white noise."""
    rng = random.Random(seed)
    return [round(start - 2.5 * n / 144 + rng.gauss(0, noise), 2) for n in range(count)]


def judged(*values: float) -> list[int]:
    """The flags of readings after a day of a quiet pot at 50 falling to 47.5, those before it being clean."""
    found = screen(State(), rows(soil(*quiet(144), *values)))
    assert not any(found.flags[:144])
    return found.flags[144:]


# --- contact ----------------------------------------------------------------------------------------------


def test_a_probe_pulled_out_and_put_back_is_flagged_only_while_it_is_out() -> None:
    assert judged(47.4, 8.5, 9.0, 47.3, 47.2) == [0, flags.OUT_OF_SOIL, flags.OUT_OF_SOIL, 0, 0]


def test_a_watering_is_no_fault_however_fast_and_neither_is_its_draining() -> None:
    drain = [47 + 24 + 9 * math.exp(-h / 0.6) + 5 * math.exp(-h / 6) for h in (n / 6 for n in range(144))]
    assert not any(judged(*drain))


def test_a_single_reading_that_goes_up_and_comes_back_is_no_watering() -> None:
    found = screen(State(), given := rows(soil(*quiet(144), 84.0, 47.4, 47.4)))
    (late,) = found.late
    assert [row.time for row in given if late.after < row.time < late.until] == [given[144].time]
    assert late.bits & flags.UNTRUSTED


def test_lost_contact_lasts_and_is_one_fault_until_the_new_level_has_held_for_a_day() -> None:
    state = State()
    found = screen(state, rows(soil(*quiet(144), *quiet(300, start=32))))
    assert set(found.flags[144 : 144 + 144]) == {flags.JUMP}
    assert not any(found.flags[144 + 145 :])
    assert [(c.metric, c.fault, c.active) for c in found.changes] == [
        ("soil_moisture", "jump", True),
        ("soil_moisture", "jump", False),
    ]
    assert found.changes[0].since == START + 144 * TEN


def test_lost_contact_ends_with_a_watering() -> None:
    assert judged(30, 30, 30, 68, 66, 65)[-3:] == [0, 0, 0]


def test_a_long_gap_may_hide_drying_but_not_a_loss_of_half() -> None:
    state = State()
    screen(state, rows(soil(*quiet(144))))
    later = START + timedelta(days=3)
    assert screen(state, rows(soil(40.5), later)).flags == [0]


def test_noise_of_a_cheap_probe_is_no_fault_and_a_loss_shows_within_four_readings() -> None:
    rng = random.Random(4)
    noisy = [40 - n / 144 * 2 + rng.gauss(0, 3) for n in range(4000)]
    state = State()
    assert not any(screen(state, rows(soil(*noisy[:1000]))).flags)
    lost = screen(state, rows(soil(*(v - 20 for v in noisy[1000:1010])), START + 1000 * TEN))
    assert any(lost.flags[:4])


def test_what_a_noisy_probe_dried_in_a_gap_is_no_lost_contact() -> None:
    """Two days off, 14 points drier: its mean from before is not what the next readings are held against."""
    rng = random.Random(4)
    state = State()
    screen(state, rows(soil(*(60 - n / 144 + rng.gauss(0, 2) for n in range(600)))))
    found = screen(state, rows(soil(*(42 + rng.gauss(0, 2) for _ in range(200))), START + 900 * TEN))
    assert not any(found.flags)


def test_days_at_its_lower_end_do_not_make_a_noisy_probe_look_fine() -> None:
    """A probe that lost its contact shows 0.0 for days; what it shows after the next watering is its old noise."""
    rng = random.Random(6)
    floor, wet = [0.0] * 2000, [40 - n / 144 * 2 + rng.gauss(0, 3) for n in range(1000)]
    before = [30 + rng.gauss(0, 3) for _ in range(300)]
    found = screen(State(), rows(soil(*before, *floor, *wet)))
    assert not any(found.flags[-900:])
    assert all(not change.active for change in found.changes[1:])


def test_a_watering_of_a_probe_at_its_lower_end_drains_by_more_than_it_showed_of_it() -> None:
    """12.8, 4.8, 1.8: an excess of 14 points drains, of which 12.8 were above what the probe can show."""
    state = State()
    screen(state, rows(soil(*quiet(144, start=20), *[0.0] * 300)))
    later = START + 444 * TEN
    found = screen(state, rows(soil(12.8, 4.8, 1.8, 0.8, 0.0), later, timedelta(hours=1)))
    assert found.flags == [0, 0, 0, 0, 0]


def test_what_dried_while_the_sensor_was_stuck_is_no_lost_contact() -> None:
    state = State()
    screen(state, rows(soil(*quiet(300), *[45.0] * 200)))
    found = screen(state, rows(soil(39.9, 39.8, 39.9, 39.8), START + 500 * TEN))
    assert found.flags == [0, 0, 0, 0]
    assert [(c.fault, c.active) for c in found.changes] == [("stuck", False)]


def test_a_frame_without_any_value_does_not_end_a_stuck_frame() -> None:
    def frame(moisture: float | None, warmth: float | None) -> dict[str, Any]:
        return {"soil_moisture": moisture, "temperature": warmth}

    lively = [frame(v, 20 + n % 7 / 10) for n, v in enumerate(quiet(200))]
    stuck = [frame(45.0, 20.3)] * 30
    found = screen(State(), rows([*lively, *stuck, frame(None, None), *stuck]))
    assert [(c.fault, c.active) for c in found.changes if c.metric is None] == [("stuck", True)]


def test_soil_in_a_second_message_of_the_same_time_is_judged_and_a_redelivery_is_not() -> None:
    state = State()
    screen(state, rows(soil(*quiet(144))))
    air, ground = rows([{"temperature": 20.0}, {"soil_moisture": 8.5}], START + 144 * TEN, timedelta(0))
    assert screen(state, [air]).flags == [0]
    assert screen(state, [ground]).flags == [flags.OUT_OF_SOIL]
    assert screen(state, [ground, air]).flags == [0, 0]
    assert state.soil.lost_readings == 1


def test_messages_with_one_sample_number_are_one_sender() -> None:
    state = State()
    for n in range(20):
        both = rows([{"temperature": 20.0, "boot": 1, "seq": n}, {"humidity": 50.0, "boot": 1, "seq": n}],
                    START + n * TEN, timedelta(0))  # fmt: skip
        assert screen(state, both).changes == []


def test_a_probe_that_moves_to_another_pot_or_gets_another_curve_is_no_fault() -> None:
    state = State()
    screen(state, rows(soil(*quiet(144))))
    moved = [row._replace(plant_id="q") for row in rows(soil(12, 12, 12), START + 144 * TEN)]
    assert screen(state, moved).flags == [0, 0, 0]
    counts = [
        row._replace(soil_raw=2400.0, plant_id="q") for row in rows(soil(30, 30, 30), START + 150 * TEN)
    ]
    assert screen(state, counts, (3000.0, 1000.0)).flags == [0, 0, 0]


@pytest.mark.parametrize("scale", [(3000.0, 1000.0), (500.0, 900.0)])
def test_counts_are_judged_in_points_in_either_direction(scale: tuple[float, float]) -> None:
    dry, wet = scale
    points = [*quiet(144), 8.5, 47.3]
    given = [
        row._replace(soil_raw=dry + (wet - dry) * p / 100)
        for row, p in zip(rows(soil(*points)), points, strict=True)
    ]
    assert screen(State(), given, scale).flags[144:] == [flags.OUT_OF_SOIL, 0]


# --- stuck ------------------------------------------------------------------------------------------------


def steps(days: float, resolution: float, per_day: float = 2.5, noise: float = 0.0) -> list[float]:
    rng = random.Random(2)
    count = int(days * 144)
    return [
        round((60 - per_day * n / 144 + rng.gauss(0, noise)) / resolution) * resolution for n in range(count)
    ]


def test_a_fine_noisy_probe_that_repeats_itself_for_hours_is_stuck_and_its_run_is_flagged_afterwards() -> (
    None
):
    state = State()
    given = rows(soil(*quiet(288), *[45.0] * 60, *quiet(10, start=45)))
    found = screen(state, given)
    (late,) = found.late
    flagged = {r.time for r, bits in zip(given, found.flags, strict=True) if bits & flags.STUCK}
    flagged |= {row.time for row in given if late.after < row.time < late.until}
    assert flagged == {row.time for row in given[289:348]}
    assert [(c.fault, c.active) for c in found.changes] == [("stuck", True), ("stuck", False)]


def test_coarse_probes_repeat_themselves_for_hours_and_are_not_stuck() -> None:
    for given in (steps(40, 1.0), steps(40, 0.1, noise=0.02), steps(40, 1.0, per_day=0.8)):
        assert not any(screen(State(), rows(soil(*given))).flags)


def test_a_coarse_probe_that_should_have_moved_by_three_steps_is_stuck() -> None:
    found = screen(State(), rows(soil(*steps(12, 1.0), *[30.0] * 144 * 6)))
    assert ("stuck", True) in [(c.fault, c.active) for c in found.changes]
    assert not any(found.flags[: 12 * 144 + 144])


def test_dark_nights_and_a_cheap_thermometer_are_not_stuck() -> None:
    rng = random.Random(3)
    given = [
        {
            "soil_moisture": moisture,
            "temperature": round(20 + 1.5 * math.sin(n / 144 * 6.28) + rng.gauss(0, 0.1)),
            "light_level": max(0.0, round(800 * math.sin(n / 144 * 6.28))),
        }
        for n, moisture in enumerate(steps(30, 1.0))
    ]
    found = screen(State(), rows(given))
    assert not any(found.flags)
    assert found.changes == []


def test_a_pot_that_dried_to_nothing_is_dry_and_not_stuck() -> None:
    drying = [max(0.0, value) for value in quiet(144 * 5, start=6)]
    assert not any(screen(State(), rows(soil(*drying, *[0.0] * 144 * 5))).flags)


# --- packets ----------------------------------------------------------------------------------------------


def came(*payloads: str, state: State | None = None) -> tuple[list[int], faults.Screening]:
    given = [
        row_of(reading, "d", "p", reading.flags)
        for n, payload in enumerate(payloads)
        for reading in parse_packet(payload.encode(), START + n * TEN).readings
    ]
    found = screen(state or State(), given)
    return [row.flags | bits for row, bits in zip(given, found.flags, strict=True)], found


GOOD = [f'{{"soil_moisture": {50 - n / 10:.1f}, "temperature": {21 + n / 10:.1f}}}' for n in range(20)]


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        ('{"soil_moisture": 100, "temperature": 100}', "sentinel"),
        ('{"soil_moisture": 0, "temperature": 0}', "sentinel"),
        ('{"soil_moisture": 48, "temperature": 85}', "sentinel"),
        ('{"soil_moisture": 100, "temperature": 100, "humidity": 100}', "all_equal"),
        ('{"soil_moisture": 48, "temperature": 61}', "jump"),
    ],
)
def test_error_values_are_flagged_at_once_and_told_of_when_they_come_twice(frame: str, fault: str) -> None:
    once, found = came(*GOOD, frame, *GOOD[-1:])
    assert once[-2] & flags.FAULTY
    assert not once[-1] & flags.FAULTY
    assert found.changes == []
    _, found = came(*GOOD, frame, frame, *GOOD[-3:])
    assert [(c.fault, c.active) for c in found.changes] == [(fault, True), (fault, False)]


def test_a_frame_of_garbage_is_flagged_and_one_bad_value_is_not_the_others_fault() -> None:
    garbage = '{"soil_moisture": 136, "temperature": -1749.4, "light_level": 2583686877, "conductivity": 300}'
    bits, _ = came(*GOOD, garbage, '{"soil_moisture": 48, "temperature": -127}')
    assert bits[-2] & flags.FAULTY
    assert (bits[-1] & flags.FAULTY, bits[-1] & flags.OUT_OF_RANGE) == (0, flags.OUT_OF_RANGE)


def test_a_converter_at_its_end_is_no_measurement() -> None:
    state = State()
    scale = (3000.0, 1000.0)
    given = [row._replace(soil_raw=2000.0 + n) for n, row in enumerate(rows(soil(*quiet(20))))]
    given.append(given[-1]._replace(time=given[-1].time + TEN, soil_raw=4095.0))
    assert screen(state, given, scale).flags[-1] == flags.SENTINEL


def test_a_clock_that_was_right_and_is_wrong_is_told_and_the_values_are_kept() -> None:
    stamped = [
        f'{{"soil_moisture": {50 - n / 10:.1f}, "ts": "{(START + n * TEN).isoformat()}"}}' for n in range(6)
    ]
    reset = ['{"soil_moisture": 49, "ts": "2015-01-01T00:00:00Z"}'] * 3
    bits, found = came(*stamped, *reset)
    assert [(c.fault, c.active) for c in found.changes] == [("clock_reset", True)]
    assert not any(b & flags.UNTRUSTED for b in bits)
    assert came(*reset)[1].changes == []  # one that was never right was not reset


def test_two_senders_of_one_identity_are_told_apart_from_a_restart() -> None:
    def sent(*sequence: tuple[int, int]) -> faults.Screening:
        given = rows(soil(*quiet(len(sequence))))
        return screen(State(), [r._replace(boot=b, seq=s) for r, (b, s) in zip(given, sequence, strict=True)])

    restart = [(3, n) for n in range(50)] + [(4, n) for n in range(50)] + [(9, n) for n in range(50)]
    assert sent(*restart).changes == []
    twins = [(3, 100 + n // 2) if n % 2 else (7, n // 2) for n in range(20)]
    found = sent(*twins)
    assert [(c.metric, c.fault, c.active) for c in found.changes] == [(None, "duplicate_stream", True)]
    assert found.flags[-1] == flags.DUPLICATE
    assert [c.fault for c in sent(*[(1, 10 + n // 2 if n % 2 else n // 2) for n in range(20)]).changes]


# --- the state --------------------------------------------------------------------------------------------


def test_the_state_survives_being_written_down_at_any_moment() -> None:
    given = simulated_rows(3)[0][:1500]
    whole = screen(State(), given)
    state, flagged = State(), []
    for first in range(0, len(given), 7):
        state = State.load(state.dump())
        flagged += screen(state, given[first : first + 7]).flags
    assert flagged == whole.flags
    assert any(flagged)


def test_readings_of_before_and_retained_ones_change_nothing() -> None:
    state = State()
    screen(state, rows(soil(*quiet(144))))
    before = state.dump()
    retained = [row._replace(flags=flags.RETAINED) for row in rows(soil(5), START + timedelta(days=2))]
    assert screen(state, [*rows(soil(5), START), *retained]).flags == [0, 0]
    assert state.dump() == before


# --- simulated pots ---------------------------------------------------------------------------------------


def simulated_rows(
    seed: int, kinds: tuple[simulated.Kind, ...] = simulated.KINDS, days: int = 30
) -> tuple[list[Row], Sequence[simulated.Fault]]:
    """What a simulated pot sends, as ingest would see it, and the truth."""
    probe = ("capacitive-16bit", "capacitive-12bit", "miflora", "tuya", "fdr")[seed % 5]
    pot = pots.PRESETS["greenhouse" if probe == "fdr" else "indoor"]
    design = Design(pot, probe, links.PRESETS["wired"], kinds, 2.0, 1200.0)
    node, made = Node(design, seed, START), []
    time = node.next_report(START)
    while time < START + timedelta(days=days):
        report = node.measure(time)
        payload = encode([{"ts": report.time + report.clock_error, **report.values}])
        made += [row_of(r, "d", "p", r.flags) for r in parse_packet(payload, time).readings]
        time = node.next_report(time)
    return made, node.faults.until(time)


def flagged_times(given: Sequence[Row]) -> list[datetime]:
    found = screen(State(), given)
    known = flags.FAULTY | flags.OUT_OF_RANGE | flags.CLOCK_WRONG
    times = [r.time for r, bits in zip(given, found.flags, strict=True) if (r.flags | bits) & known]
    return times + [r.time for late in found.late for r in given if late.after < r.time < late.until]


def test_simulated_faults_are_found_and_none_are_invented() -> None:
    """Recall over faults that touched a reading with room to fall; the contact of a pot at 0 % cannot be lost."""
    found = total = 0
    for seed in range(10):
        given, truth = simulated_rows(seed)
        flagged = flagged_times(given)
        for fault in truth:
            touched = [r for r in given if fault.start <= r.time < fault.end]
            if fault.kind != "drift" and touched and _level(given, fault.start) > 8:
                total += 1
                found += any(fault.start <= time < fault.start + timedelta(days=2) for time in flagged)
        assert [time for time in flagged if not _within(truth, time)] == []
    assert total > 60
    assert found / total >= 0.9


def test_healthy_simulated_pots_show_no_fault() -> None:
    for seed in range(5):
        assert flagged_times(simulated_rows(seed, ("drift",))[0]) == []


def _within(truth: Sequence[simulated.Fault], time: datetime) -> bool:
    """Whether a fault explains a flag; a run of equal readings may have begun by chance before the sensor stuck."""
    return any(
        f.start - timedelta(hours=f.kind == "stuck")
        <= time
        < min(f.end, f.start + timedelta(days=8)) + 3 * TEN
        for f in truth
        if f.kind != "drift"
    )


def _level(given: Sequence[Row], at: datetime) -> float:
    before = [r.soil_moisture for r in given if r.time < at and r.soil_moisture is not None]
    return before[-1] if before else 0.0
