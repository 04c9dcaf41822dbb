"""What drawings show: gaps stay gaps, extremes survive, what is doubtful is not joined."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from plantops_api import wire
from plantops_api.traces import trace_of, with_forecast
from plantops_server.web import past_table
from plantops_server.web.chart import HIGH, WIDE, chart, points_for_script
from plantops_server.web.gauge import gauge
from plantops_server.web.moments import Moments
from plantops_server.web.spark import HEIGHT, sparkline
from plantops_server.web.window import Window

END = datetime(2026, 11, 24, 12, tzinfo=UTC)
MOMENTS = Moments(END, ZoneInfo("Europe/Berlin"))
LIMITS = wire.Threshold(min=30, max=60, source="user")


def series(*means: float | None) -> wire.SparkSeries:
    return wire.SparkSeries(mean=list(means))


def history(
    means: list[float | None], *, spread: float = 0, flags: list[int] | None = None, hours: float = 24
) -> wire.History:
    start = END - timedelta(hours=hours)
    step = timedelta(hours=hours) / len(means)
    column = wire.HistorySeries(
        mean=means,
        min=[None if v is None else v - spread for v in means],
        max=[None if v is None else v + spread for v in means],
    )
    return wire.History(
        plant_id="fern", start=start, end=END, bucket_s=None if flags else step.total_seconds(),
        times=[start + n * step for n in range(len(means))], flags=flags or [],
        series={"soil_moisture": column}, thresholds={"soil_moisture": LIMITS},
    )  # fmt: skip


def drawn(past: wire.History, **more: object) -> str:
    return str(chart(trace_of(past, "soil_moisture", **more), MOMENTS, "Soil"))  # type: ignore[arg-type]


def path(picture: str, kind: str) -> str:
    found = re.search(rf'<path class="{kind}" d="([^"]*)"', picture)
    return found.group(1) if found else ""


def test_a_gap_in_a_sparkline_is_a_jump_and_a_lonely_point_is_a_dot() -> None:
    drawing = str(sparkline("soil_moisture", series(40, 41, None, None, 42, None, 43, 44), LIMITS))
    moves = re.search(r'd="([^"]*)"', drawing)
    assert moves is not None
    assert moves.group(1).count("m") == 3
    assert moves.group(1).count("h0") == 1


def test_a_sparkline_without_a_value_is_not_drawn() -> None:
    assert str(sparkline("soil_moisture", series(None, None), LIMITS)) == ""
    assert str(sparkline("soil_moisture", None, LIMITS)) == ""


def test_a_sparkline_stays_in_its_box_and_its_band_lies_between_the_limits() -> None:
    drawing = str(sparkline("soil_moisture", series(*[float(v) for v in range(0, 96, 2)]), LIMITS))
    y = 0
    for word in re.findall(r"[ml](\d+)[ ]?(-?\d+)", drawing):
        y += int(word[1])
        assert 0 <= y <= HEIGHT
    band = re.search(r'<rect y="(\d+)" width="47" height="(\d+)"', drawing)
    assert band is not None
    assert 0 < int(band.group(1)) < HEIGHT - int(band.group(2))


def test_a_pause_is_not_joined_in_a_chart() -> None:
    whole = path(drawn(history([40.0] * 48)), "mean")
    broken = path(drawn(history([40.0] * 20 + [None] * 8 + [40.0] * 20)), "mean")
    assert (whole.count("M"), broken.count("M")) == (1, 2)


def test_the_lowest_and_highest_of_a_bucket_are_drawn_around_the_mean() -> None:
    assert path(drawn(history([40.0] * 48)), "envelope") == ""
    envelope = path(drawn(history([40.0] * 24, spread=10)), "envelope")
    heights = [float(y) for _, y in re.findall(r"(\d+) ([\d.]+)", envelope)]
    window = Window("soil_moisture", [30.0, 50.0], LIMITS, fitted=True)
    assert min(heights) == round((1 - window.up(50)) * HIGH, 1)
    assert max(heights) == round((1 - window.up(30)) * HIGH, 1)


def test_what_left_its_range_is_drawn_in_the_colour_of_warning() -> None:
    assert path(drawn(history([40.0] * 48)), "mean off") == ""
    assert path(drawn(history([40.0] * 40 + [20.0] * 8)), "mean off") != ""


def test_doubtful_readings_are_dots_that_no_line_joins_and_no_pointer_reads() -> None:
    flags = [0] * 10 + [64] + [0] * 10
    means = [40.0] * 10 + [99.0] + [40.0] * 10
    picture = drawn(history(means, flags=flags))
    assert path(picture, "doubtful").count("M") == 1
    window = Window("soil_moisture", [*means], LIMITS, fitted=True)
    assert f" {(1 - window.up(99)) * HIGH:.1f}" not in path(picture, "mean")
    points = json.loads(points_for_script(trace_of(history(means, flags=flags), "soil_moisture")))
    assert max(point[1] for point in points) == 40
    assert all(0 <= point[0] <= WIDE for point in points)


def test_waterings_are_drops_with_their_moment() -> None:
    picture = drawn(history([40.0] * 48), waterings=[END - timedelta(hours=12), END - timedelta(days=9)])
    assert picture.count('class="drop"') == 1
    assert "Watered Tue 24 Nov 2026, 01:00" in picture  # on the clock of the page, not of UTC


def test_the_axis_is_labelled_in_the_zone_of_the_page() -> None:
    labels = re.findall(r'class="when[^"]*"[^>]*>([^<]*)<', drawn(history([40.0] * 48)))
    assert "Tue 24" in labels  # midnight in Berlin, 23:00 in UTC
    assert "12:00" in labels or "10:00" in labels


def test_the_forecast_goes_on_from_the_newest_point() -> None:
    trace = trace_of(history([50.0, 45.0, 40.0, 35.0]), "soil_moisture")
    forecast = wire.Forecast(at=END + timedelta(hours=6), plus_minus_h=1, reason="")
    picture = str(chart(with_forecast(trace, forecast), MOMENTS, "Soil"))
    assert path(picture, "ahead").count("L") == 1


def test_a_chart_carries_no_style_attribute_and_escapes_its_label() -> None:
    picture = str(chart(trace_of(history([40.0] * 4), "soil_moisture"), MOMENTS, '"><script>'))
    assert " style=" not in picture
    assert "<script" not in picture


def test_a_gauge_shows_the_value_between_its_limits() -> None:
    places = re.search(
        r'band" x="([\d.]+)%".*width="([\d.]+)%".*cx="([\d.]+)%"', str(gauge("soil_moisture", 45, LIMITS))
    )
    assert places is not None
    left, width, value = map(float, places.groups())
    assert left < value < left + width
    below = re.search(r'band" x="([\d.]+)%".*cx="([\d.]+)%"', str(gauge("soil_moisture", 10, LIMITS)))
    assert below is not None
    assert float(below.group(2)) < float(below.group(1))
    assert str(gauge("light_level", 900, wire.Threshold(min=1, max=2, source="user"))) == ""


def test_the_table_has_an_hour_a_line_of_a_day_and_a_day_a_line_of_a_month() -> None:
    day = past_table.lines([trace_of(history([40.0, 50.0] * 48, spread=1), "soil_moisture")], MOMENTS)
    assert day[0].when.startswith("Tue ")
    assert day[0].cells == ["45 (39–51)"]
    assert 24 <= len(day) <= 26
    month = past_table.lines([trace_of(history([40.0] * 300, hours=720), "soil_moisture")], MOMENTS)
    assert 30 <= len(month) <= 32
    assert month[1].when == "Mon 23 Nov"


def test_the_axis_of_what_cannot_be_negative_does_not_go_below_nothing() -> None:
    window = Window("light_level", [0.0, 900.0], None, fitted=True)
    assert window.low == 0
    assert window.ticks()[0] > 0
    assert Window("temperature", [-4.0, 2.0], None, fitted=True).low < -4
