"""A node's reports are what the server understands: the golden payloads are what it sends."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from plantops_api import wire
from plantops_cli.simulator import demo_pots, links, probes
from plantops_cli.simulator.battery import Battery
from plantops_cli.simulator.faults import KINDS
from plantops_cli.simulator.messages import arrays, encode
from plantops_cli.simulator.node import Design, Node
from plantops_cli.simulator.timeline import Timeline
from plantops_server.telemetry.packets import RANGES, parse_packet
from tests.contract import golden

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

SENT = [case for case in golden.load_all() if case.sent_by_devices]


def history(design: Design, seed: int = 1, days: float = 2) -> list[dict[str, Any]]:
    return list(Node(design, seed, NOW - timedelta(days=days)).history(NOW))


@pytest.mark.parametrize("case", SENT, ids=[case.name for case in SENT])
def test_a_device_that_measured_these_values_sends_the_golden_payload(case: Any) -> None:
    fields = [
        {"ts" if k == "time" else k: _instant(k, v) for k, v in reading.items()} for reading in case.readings
    ]
    assert json.loads(encode(fields)) == json.loads(case.payload)


@pytest.mark.parametrize("probe", probes.PRESETS)
def test_a_healthy_node_sends_nothing_that_the_server_refuses(probe: str) -> None:
    readings = history(Design(probe=probe))
    parsed = parse_packet(encode(readings[:500]), NOW, "dev_x")
    assert len(readings) > 250
    assert parsed.rejects == []
    assert all(reading.soil_moisture is not None for reading in parsed.readings)


def test_a_faulty_node_sends_what_the_server_has_to_refuse() -> None:
    readings = history(Design(faults=KINDS, faults_factor=40), seed=2, days=3)
    parsed = parse_packet(encode(readings[:500]), NOW, "dev_x")
    reasons = Counter(reject.reason for reject in parsed.rejects)
    assert reasons["temperature: out of range"] > 0
    assert any(reading.flags for reading in parsed.readings)


def test_the_same_seed_gives_the_same_history_and_another_seed_another() -> None:
    design = Design(link=links.PRESETS["wifi"], faults=KINDS)
    assert history(design, seed=4) == history(design, seed=4)
    assert history(design, seed=4) != history(design, seed=5)


def test_a_node_that_buffers_keeps_its_outages_and_one_that_does_not_has_gaps() -> None:
    down_often = replace(links.PRESETS["wired"], outages_per_day=4, outage_h=2, longest_outage_h=3)
    losing = history(Design(link=down_often), days=4)
    keeping = history(Design(link=replace(down_often, buffers=True)), days=4)
    assert len(keeping) > len(losing) + 20
    assert longest_step(keeping) < 700
    assert longest_step(losing) > 3600


def test_history_ends_where_live_readings_go_on() -> None:
    node = Node(Design(), 1, NOW - timedelta(days=1))
    last = list(node.history(NOW))[-1]["ts"]
    assert NOW - timedelta(seconds=620) < last < NOW
    assert node.pot.time == NOW


def test_a_long_buffer_goes_out_in_arrays_that_the_server_takes() -> None:
    parts = list(arrays(history(Design(), days=10)))
    assert [len(part) for part in parts[:-1]] == [500] * (len(parts) - 1)
    assert all(len(parse_packet(encode(part), NOW).readings) == len(part) for part in parts)


def test_a_coin_cell_lasts_a_year_and_a_half_and_suffers_in_the_cold() -> None:
    cell = Battery(seed=1, age_d=0)
    assert cell.charge(0, 20) == 100
    assert 5 < cell.charge(500, 20) < 32
    assert cell.charge(800, 20) == 0
    assert cell.charge(100, 20) - cell.charge(100, 0) == 8


def test_a_fast_pot_lives_its_days_in_minutes_but_its_history_keeps_its_own_time() -> None:
    timeline = Timeline(NOW, speed=60)
    assert timeline.pot(NOW + timedelta(minutes=1)) == NOW + timedelta(hours=1)
    assert timeline.real(NOW + timedelta(hours=1)) == NOW + timedelta(minutes=1)
    assert timeline.real(NOW - timedelta(days=3)) == NOW - timedelta(days=3)


@pytest.mark.parametrize("character", demo_pots.CAST, ids=lambda character: character.key)
def test_a_demo_pot_lives_within_its_limits_unless_its_probe_is_sick(character: demo_pots.Character) -> None:
    limits = {"soil_moisture": limit(28, 70), "temperature": limit(12, 32), "humidity": limit(40, 80)}
    node = Node(demo_pots.design_of(character, limits, live=False), 2026, NOW - timedelta(days=30))
    node.faults = type(node.faults)((), 1, NOW)
    for reading in node.history(NOW):
        for metric, at in limits.items():
            value = reading.get(metric)
            assert value is None or at.min <= value <= at.max, (metric, reading)


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_the_thirsty_pot_stands_just_above_its_limit_when_the_demo_begins(seed: int) -> None:
    basil = next(character for character in demo_pots.CAST if character.thirsty)
    node = Node(
        demo_pots.design_of(basil, {"soil_moisture": limit(28, 70)}, live=False), seed, NOW - timedelta(30)
    )
    demo_pots.dries_up(node.pot, NOW, 28)
    list(node.history(NOW))
    assert 27.95 <= node.pot.moisture <= 28.2
    assert node.pot.waterings


def longest_step(readings: list[dict[str, Any]]) -> float:
    times = [reading["ts"] for reading in readings]
    return max((b - a).total_seconds() for a, b in pairwise(times))


def limit(low: float, high: float) -> wire.Threshold:
    return wire.Threshold(min=low, max=high, source="species")


def _instant(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name == "time" else value


def test_no_metric_of_a_simulated_reading_is_unknown_to_the_server() -> None:
    metrics = set(history(Design(probe="miflora"), days=0.1)[0]) - {"ts"}
    assert metrics <= set(RANGES)
