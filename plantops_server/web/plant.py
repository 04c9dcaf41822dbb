"""The page of one plant: how it is now, its charts, alerts and devices."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Path, Query, Request, Response
from markupsafe import Markup

from plantops_api import wire
from plantops_api.scales import scale_of, side
from plantops_api.traces import Trace, trace_of, with_forecast
from plantops_api.wording import SOURCE_WORDS, alert_phrase, number, reading, span
from plantops_server import cards
from plantops_server.entrance.auth import HouseDep, Viewer
from plantops_server.entrance.house import House
from plantops_server.past import RANGES, past
from plantops_server.plants import registry
from plantops_server.web import past_table, words
from plantops_server.web.chart import chart, points_for_script
from plantops_server.web.gauge import gauge
from plantops_server.web.moments import Moments, moments_of
from plantops_server.web.pages import render

router = APIRouter(prefix="/plants", include_in_schema=False)

PlantId = Annotated[str, Path(max_length=100)]
POINTS = 240
"""Buckets of a chart: finer than a phone shows and as fine as a screen needs."""
_CHARTS = ("soil_moisture", "temperature", "humidity", "light_level", "dli", "conductivity", "vpd")
_NOW = (*wire.PLANT_METRICS,)
_MOST_MARKS = 100


class Tile(NamedTuple):
    """One metric as it is now."""

    label: str
    value: str
    unit: str
    side: int
    wanted: str
    source: str
    gauge: Markup
    measured_at: datetime | None


class Drawing(NamedTuple):
    """One metric over time. ``points`` is for the script that reads values under the pointer."""

    metric: str
    label: str
    unit: str
    summary: str
    picture: Markup
    points: str


@router.get("/{plant_id}")
async def plant_page(
    request: Request,
    house: HouseDep,
    _caller: Viewer,
    plant_id: PlantId,
    range_: Annotated[str, Query(alias="range", max_length=10)] = "7d",
) -> Response:
    """How the plant is, and how it was over a range; an unknown range is a week."""
    return render(request, "plant.html", **await overview(house, plant_id, range_, moments_of(request)))


async def overview(house: House, plant_id: str, range_: str, moments: Moments) -> dict[str, Any]:
    """All that the template draws. Raises PlantNotFound."""
    chosen = range_ if range_ in RANGES else "7d"
    now = house.clock()
    async with house.db.connection() as conn:
        plant = wire.Plant.model_validate(await cards.plant(conn, plant_id, now, house.settings.zone))
        columns = await past(
            conn, plant_id, now - RANGES[chosen], now, POINTS, _metrics(chosen), house.settings.zone
        )
        watered = await registry.list_waterings(conn, plant_id, _MOST_MARKS, None, None)
    history = wire.History.model_validate(columns)
    traces = _traces(plant, history, [row["at"] for row in watered])
    return {
        **heading(plant, moments), "range": chosen, "ranges": list(RANGES), "tiles": tiles(plant),
        "drawings": [_drawing(trace, moments) for trace in traces], "history": history,
        "charts_end": traces[0].end if traces else history.end,
        "table": past_table.lines(traces, moments), "heads": [_head(trace.metric) for trace in traces],
        "alerts": [(alert, alert_phrase(alert)) for alert in plant.open_alerts],
        "last_watering": watered[0] if watered else None,
    }  # fmt: skip


def heading(plant: wire.Plant, moments: Moments) -> dict[str, Any]:
    """What every page of a plant starts with."""
    return {
        "plant": plant, "health": words.health(plant), "trust": words.trust(plant, moments),
        "water": words.next_watering(plant, moments),
        "why": plant.next_watering.reason if plant.next_watering else plant.next_watering_reason,
    }  # fmt: skip


def tiles(plant: wire.Plant) -> list[Tile]:
    """The newest values, then yesterday's light."""
    found = [
        _tile(metric, plant.state[metric].value, plant.thresholds.get(metric), plant.state[metric].time)
        for metric in _NOW
        if metric in plant.state
    ]
    if plant.dli is not None and plant.dli.yesterday is not None:
        limits = plant.thresholds.get("dli") if plant.dli.complete else None
        found.append(_tile("dli", plant.dli.yesterday, limits, None)._replace(label="Light of yesterday"))
    return found


def _tile(metric: str, value: float, threshold: wire.Threshold | None, at: datetime | None) -> Tile:
    scale, judged = scale_of(metric), None if metric == "light_level" else threshold
    wanted = span(judged.min, judged.max) if judged else ""
    said = reading(metric, value, threshold)
    return Tile(
        scale.label.capitalize(), said.removesuffix(scale.unit).rstrip(), scale.unit, side(metric, value, threshold),
        f"{wanted} {scale.unit}" if wanted else "", SOURCE_WORDS[judged.source] if judged and wanted else "",
        gauge(metric, value, threshold), at,
    )  # fmt: skip


def _metrics(chosen: str) -> list[str]:
    """A day's light is a number a day: the curve of a day or a week, the sums of longer ranges."""
    absent = "dli" if chosen in ("24h", "7d") else "light_level"
    return [metric for metric in _CHARTS if metric != absent]


def _traces(plant: wire.Plant, history: wire.History, watered: list[datetime]) -> list[Trace]:
    """One a metric that was measured, all over the same time: with the days to the forecast, if it lies near."""
    found = []
    for metric in _CHARTS:
        trace = trace_of(
            history, metric, plant.expected_interval_s, watered if metric == "soil_moisture" else []
        )
        if trace.points:
            found.append(_foreseen(trace, plant.next_watering))
    end = max((trace.end for trace in found), default=history.end)
    return [replace(trace, end=end) for trace in found]


def _foreseen(trace: Trace, forecast: wire.Forecast | None) -> Trace:
    """The trace with its forecast, unless most of it would lie beyond the edge of the chart."""
    ahead = with_forecast(trace, forecast)
    return ahead if forecast is not None and forecast.at <= ahead.end else trace


def _head(metric: str) -> str:
    scale = scale_of(metric)
    return f"{scale.label.capitalize()} {scale.unit}".rstrip()


def _drawing(trace: Trace, moments: Moments) -> Drawing:
    scale = scale_of(trace.metric)
    low, high = trace.extremes or (0.0, 0.0)
    newest = trace.points[-1].mean
    summary = (
        f"{number(low, scale.decimals)} to {number(high, scale.decimals)} {scale.unit}, "
        f"last {number(newest, scale.decimals)} {scale.unit}"
    )
    label = (
        f"{scale.label.capitalize()} from {moments.full(trace.start)} to {moments.full(trace.end)}: {summary}"
    )
    return Drawing(
        trace.metric, scale.label.capitalize(), scale.unit, summary, chart(trace, moments, label),
        points_for_script(trace),
    )  # fmt: skip
