"""Probes have the noise, resolution, temperature effect and range of the real ones."""

from __future__ import annotations

from statistics import mean, stdev

import pytest

from plantops_cli.simulator.climate import Air
from plantops_cli.simulator.probes import PRESETS, Probe

ROOM = Air(light=500, temperature=20, humidity=50)


def soil(preset: str, moisture: float = 40, air: Air = ROOM, samples: int = 2000) -> list[float]:
    read = [
        Probe(preset, seed=1).read(moisture, air, 0, number)["soil_moisture"] for number in range(samples)
    ]
    return [value for value in read if value is not None]


@pytest.mark.parametrize(
    ("preset", "low", "high"),
    [
        ("capacitive-16bit", 0.04, 0.13),
        ("fdr", 0.02, 0.06),
        ("capacitive-12bit", 0.25, 0.36),
        ("resistive", 2.5, 3.5),
    ],
)
def test_the_spread_of_equal_soil_is_that_of_the_sensor(preset: str, low: float, high: float) -> None:
    assert low <= stdev(soil(preset)) <= high


def test_a_12_bit_probe_moves_in_its_steps() -> None:
    steps = {round(value / 0.26, 3) for value in soil("capacitive-12bit")}
    assert all(step == int(step) for step in steps)


def test_warm_soil_reads_lower_on_the_probe_that_is_known_for_it() -> None:
    warm = mean(soil("capacitive-12bit", air=ROOM._replace(temperature=30)))
    assert mean(soil("capacitive-12bit")) - warm == pytest.approx(5.7, abs=0.1)


def test_a_reading_stays_within_what_the_probe_can_show() -> None:
    assert max(soil("capacitive-16bit", moisture=120)) == 97
    assert min(soil("resistive", moisture=-20)) == 0


def test_a_dht11_fails_one_sample_in_six_and_the_soil_beside_it_does_not() -> None:
    probe = Probe("capacitive-12bit", seed=3)
    read = [probe.read(40, ROOM, 0, number) for number in range(3000)]
    assert sum(values["humidity"] is None for values in read) / 3000 == pytest.approx(0.167, abs=0.03)
    assert all(values["soil_moisture"] is not None for values in read)


def test_a_resistive_probe_drifts_with_the_days() -> None:
    probe = Probe("resistive", seed=3)
    fresh = [probe.read(40, ROOM, 0, number)["soil_moisture"] or 0 for number in range(500)]
    old = [probe.read(40, ROOM, 100, number)["soil_moisture"] or 0 for number in range(500)]
    assert mean(fresh) - mean(old) == pytest.approx(5, abs=0.5)


def test_the_same_moment_is_read_the_same_whatever_was_read_before() -> None:
    first = Probe("miflora", seed=9)
    for number in range(50):
        first.read(30, ROOM, 0, number)
    assert first.read(40, ROOM, 0, 777) == Probe("miflora", seed=9).read(40, ROOM, 0, 777)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_measures_soil_in_percent(preset: str) -> None:
    assert all(0 <= value <= 100 for value in soil(preset, samples=200))
