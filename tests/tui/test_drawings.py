"""Sparkline, gauge and chart: gaps stay gaps, extremes survive, odd series do no harm."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plantops_api import wire
from plantops_api.axis import time_ticks
from plantops_api.slices import squeeze
from plantops_api.traces import trace_of
from plantops_tui.look import ASCII, UNICODE, Glyphs, Pen
from plantops_tui.widgets.canvas import changed_cells
from plantops_tui.widgets.range_gauge import draw_gauge
from plantops_tui.widgets.sparkline import draw_sparkline
from plantops_tui.widgets.time_chart import draw_chart
from plantops_tui.wording import short_reading
from tests.tui.conftest import BERLIN
from tests.tui.fake_garden import NOW, threshold
from tests.tui.test_hostile_text import look

NAN = float("nan")


def pen(glyphs: Glyphs = UNICODE) -> Pen:
    return Pen(look(), glyphs, NOW, BERLIN)


def spark(
    values: list[float | None], cells: int = 8, metric: str = "soil_moisture", glyphs: Glyphs = UNICODE
) -> str:
    return draw_sparkline(pen(glyphs), values, cells, metric).plain


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([], "········"),
        ([None] * 48, "········"),
        ([NAN] * 48, "········"),
        ([math.inf, -math.inf], "········"),
        ([50.0], "▅▅▅▅▅▅▅▅"),
        ([50.0] * 48, "▅▅▅▅▅▅▅▅"),
        ([0.0] * 48, "▁▁▁▁▁▁▁▁"),
        ([100.0] * 48, "████████"),
        ([1e12] * 8, "████████"),
        ([-5.0] * 8, "▁▁▁▁▁▁▁▁"),
        ([0, 20, 40, 60, None, NAN, 90, 100], "▁▂▄▅··██"),
    ],
)
def test_a_sparkline_of_any_series(values: list[float | None], drawn: str) -> None:
    assert spark(values) == drawn


def test_a_gap_is_neither_zero_nor_bridged() -> None:
    assert spark([50.0] * 16 + [None] * 16 + [50.0] * 16, 6) == "▅▅··▅▅"


def test_one_spike_in_seven_days_is_visible_at_width_60() -> None:
    values: list[float | None] = [40.0] * 2016
    values[1000] = 95.0
    assert spark(values, 60).count("█") == 1


def test_two_plants_compare_because_the_range_is_fixed() -> None:
    assert spark([20.0] * 8)[0] != spark([80.0] * 8)[0]


def test_a_dim_day_of_light_is_not_flat() -> None:
    assert len(set(spark([0, 0, 200, 800, 2000, 800, 200, 0], 8, "light_level"))) >= 3


def test_ascii_draws_ascii() -> None:
    assert spark([0, 20, 40, 60, None, 80, 90, 100], glyphs=ASCII).isascii()


@pytest.mark.parametrize("cells", [0, 1, 2, 3, 47, 48, 49, 200])
def test_a_sparkline_has_exactly_the_cells_asked_for(cells: int) -> None:
    assert len(spark([float(i) for i in range(48)], cells)) == cells
    assert len(squeeze([1.0], cells)) == cells


@pytest.mark.parametrize(
    ("value", "low", "high", "mark"),
    [(50.0, 25.0, 60.0, "●"), (10.0, 25.0, 60.0, "▼"), (90.0, 25.0, 60.0, "▲"), (25.0, 25.0, 60.0, "●"),
     (50.0, None, None, "●"), (10.0, 25.0, None, "▼"), (90.0, None, 60.0, "▲"), (1e9, 25.0, 60.0, "▲")],
)  # fmt: skip
def test_a_gauge_marks_where_the_value_is(
    value: float, low: float | None, high: float | None, mark: str
) -> None:
    drawn = draw_gauge(pen(), "soil_moisture", value, threshold(low, high), 20).plain
    assert len(drawn) == 20
    assert [c for c in drawn if c in "●▼▲"] == [mark]


@pytest.mark.parametrize("value", [None, NAN, math.inf])
def test_a_gauge_without_a_value_has_no_marker(value: float | None) -> None:
    drawn = draw_gauge(pen(), "soil_moisture", value, threshold(25, 60), 20).plain
    assert set(drawn) == {"━", "─"}


def test_a_value_just_outside_its_range_does_not_look_inside() -> None:
    assert short_reading("soil_moisture", 27.6, threshold(28, 70)) == "27.6%"
    assert short_reading("soil_moisture", 27.6, threshold(20, 70)) == "28 %"
    assert short_reading("soil_moisture", 18.0, threshold(28, 70)) == "18 %"
    assert short_reading("soil_moisture", 27.96, threshold(28, 70)) == "27.96%"
    assert short_reading("temperature", 28.04, threshold(18, 28)) == "28.04°"


# --- chart ---------------------------------------------------------------------------------------------


def history(
    mean: list[float | None], *, hours: float = 24, bucket: bool = True, low: list[float | None] | None = None,
    high: list[float | None] | None = None, limits: wire.Threshold | None = None,
) -> wire.History:  # fmt: skip
    step = hours * 3600 / max(1, len(mean))
    start = NOW - timedelta(hours=hours)
    return wire.History(
        plant_id="p", start=start, end=NOW, bucket_s=step if bucket else None,
        times=[start + timedelta(seconds=i * step) for i in range(len(mean))],
        series={"soil_moisture": wire.HistorySeries(mean=mean, min=low or mean, max=high or mean)},
        thresholds={"soil_moisture": limits} if limits else {},
    )  # fmt: skip


def chart(found: wire.History, width: int = 80, height: int = 16, glyphs: Glyphs = UNICODE) -> list[str]:
    lines = draw_chart(pen(glyphs), trace_of(found, "soil_moisture"), width, height)
    assert {line.cell_length for line in lines} == {width}
    return [line.plain for line in lines]


def braille(line: str) -> list[int]:
    return [x for x, character in enumerate(line) if "\u2800" < character <= "\u28ff"]


@pytest.mark.parametrize(
    "mean", [[], [None], [NAN] * 5, [50.0], [50.0] * 144, [0.0] * 10, [1e9, 3.0], [-40.0, 40.0]], ids=str
)
def test_a_chart_of_any_series(mean: list[float | None]) -> None:
    assert len(chart(history(mean))) == 16


def test_an_empty_chart_says_that_it_is_empty() -> None:
    assert any("no reading in this range" in line for line in chart(history([None] * 144)))


def test_a_gap_in_a_chart_stays_empty() -> None:
    lines = chart(history([50.0] * 48 + [None] * 48 + [50.0] * 48))
    drawn = {x for line in lines for x in braille(line)}
    assert not any(8 + 25 < x < 8 + 46 for x in drawn)
    assert min(drawn) < 12
    assert max(drawn) > 74


def test_readings_apart_are_not_joined() -> None:
    mean: list[float | None] = [50.0 if i % 36 == 0 else None for i in range(144)]
    assert sum(len(braille(line)) for line in chart(history(mean))) == 4


def test_an_extreme_within_a_bucket_is_drawn() -> None:
    mean: list[float | None] = [40.0] * 144
    high = list(mean)
    high[70] = 98.0
    lines = chart(history(mean, high=high))
    assert len(braille(lines[1])) == 1


def test_the_value_axis_has_its_unit_and_at_least_three_ticks() -> None:
    lines = chart(history([50.0] * 144))
    assert lines[0].startswith("soil moisture %")
    assert sum("┤" in line for line in lines) >= 3


def test_limits_are_drawn_and_points_beyond_them_are_marked_below_the_axis() -> None:
    lines = chart(history([50.0] * 72 + [10.0] * 72, limits=threshold(25, 60)))
    assert sum("╌" in line for line in lines[1:-1]) == 2
    axis = lines[-3]
    assert "↓" not in axis[:40] and "↓↓↓" in axis[46:]  # noqa: PT018
    assert "↓ below" in lines[-1]


def test_ascii_charts_are_ascii() -> None:
    lines = chart(history([50.0] * 72 + [10.0] * 72, limits=threshold(25, 60)), glyphs=ASCII)
    assert all(line.isascii() for line in lines)


def test_on_the_day_of_the_clock_change_ticks_follow_the_local_clock() -> None:
    """In Berlin 25 October 2026 has 25 hours: 02:00 comes twice, and 06:00 is 7 hours after midnight."""
    zone = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    ticks = time_ticks(start, start + timedelta(hours=25), zone, 80)
    assert [tick.label for tick in ticks][:3] == ["Sun 25", "03:00", "06:00"]
    assert ticks[2].at - ticks[0].at == timedelta(hours=7)


@pytest.mark.parametrize("days", [1, 7, 30, 365])
@pytest.mark.parametrize("width", [30, 70, 150])
def test_labels_of_any_range_fit(days: int, width: int) -> None:
    ticks = time_ticks(NOW - timedelta(days=days), NOW, BERLIN, width)
    assert 2 <= len(ticks) <= width / 5
    assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)


def test_only_cells_that_differ_are_repainted() -> None:
    before = draw_gauge(pen(), "soil_moisture", 50.0, threshold(25, 60), 20)
    after = draw_gauge(pen(), "soil_moisture", 60.0, threshold(25, 60), 20)
    left, width = changed_cells(before, after)
    assert (left, width) == (10, 2)
    assert changed_cells(before, before) == (0, 0)
