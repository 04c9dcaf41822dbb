"""Links lose, delay and double what real links do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import mean, median

from plantops_cli.simulator import demo_pots
from plantops_cli.simulator.links import PRESETS, Link

START = datetime(2026, 8, 1, tzinfo=UTC)


def reports(link: Link, interval_s: float, days: float) -> list[datetime]:
    times, time = [], START
    while (time := link.next_report(time, interval_s, len(times))) < START + timedelta(days=days):
        times.append(time)
    return times


def steps(times: list[datetime]) -> list[float]:
    return [(b - a).total_seconds() for a, b in pairwise(times)]


def test_a_wired_node_keeps_its_interval_to_the_second_and_loses_nothing() -> None:
    link = Link(PRESETS["wired"], 1, START)
    times = reports(link, 600, 3)
    assert all(590 < step < 610 for step in steps(times))
    assert all(link.copies(number) == 1 for number in range(len(times)))
    assert all(link.outage(time) is None for time in times)


def test_wifi_skips_slots_as_the_real_node_did() -> None:
    waits = [round(step / 25) for step in steps(reports(Link(PRESETS["wifi"], 2, START), 25, 3))]
    shares = [waits.count(slots) / len(waits) for slots in (1, 2, 3)]
    assert abs(shares[0] - 0.81) < 0.03
    assert abs(shares[1] - 0.115) < 0.03


def test_wifi_is_down_about_three_times_a_day_and_never_longer_than_half_a_day() -> None:
    link = Link(PRESETS["wifi"], 4, START)
    outages = {link.outage(START + timedelta(minutes=minute)) for minute in range(40 * 1440)} - {None}
    lengths = [(outage.end - outage.start).total_seconds() / 60 for outage in outages if outage]
    assert 1.5 <= len(lengths) / 40 <= 3.5
    assert 25 <= median(lengths) <= 120
    assert max(lengths) <= 720


def test_a_gateway_takes_all_its_nodes_down_at_once_and_other_gateways_none() -> None:
    one, two = (Link(PRESETS["lorawan"], seed, START, gateway_seed=7) for seed in (1, 2))
    foreign = Link(PRESETS["lorawan"], 1, START, gateway_seed=8)
    minutes = [START + timedelta(minutes=minute) for minute in range(20 * 1440)]
    down = [minute for minute in minutes if one.outage(minute)]
    assert down
    assert [minute for minute in minutes if two.outage(minute)] == down
    assert [minute for minute in minutes if foreign.outage(minute)] != down


def test_a_lorawan_node_ticks_slower_than_it_says_and_loses_one_frame_in_250() -> None:
    link = Link(PRESETS["lorawan"], 1, START)
    assert abs(median(steps(reports(link, 600, 5))) - 604) < 2
    lost = mean(link.copies(number) == 0 for number in range(20_000))
    assert 0.002 < lost < 0.006


def test_a_stretching_interval_grows_by_two_and_a_half_minutes_a_month() -> None:
    times = reports(Link(PRESETS["stretching"], 1, START), 600, 31)
    growth = median(steps(times)[-20:]) - median(steps(times)[:20])
    assert 120 < growth < 180


def test_one_wifi_message_in_a_hundred_comes_twice() -> None:
    link = Link(PRESETS["wifi"], 6, START)
    assert 0.006 < mean(link.copies(number) == 2 for number in range(20_000)) < 0.014


def test_the_gateway_of_a_demo_pot_fails_four_hours_in_for_three_hours_and_again_a_day_later() -> None:
    link = Link(PRESETS["wired"], 1, START)
    link.planned = demo_pots.silences(START)
    hours = [hour for hour in range(30) if link.outage(START + timedelta(hours=hour, minutes=1))]
    assert hours == [4, 5, 6, 24, 25, 26]


def test_one_plant_of_the_demo_falls_silent_and_it_is_not_one_that_has_another_trouble() -> None:
    silent = [character for character in demo_pots.CAST if character.silences]
    assert len(silent) == 1
    assert not any(character.thirsty or character.faults for character in silent)
