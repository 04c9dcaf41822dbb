"""How the command line shows a plant, and how it turns what was typed into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from plantops_api import wire, wording
from plantops_cli import alert_view, plant_words, tables, times
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.output import Column, Section

_SHORT = {
    "soil_moisture": "SOIL",
    "temperature": "TEMP",
    "humidity": "HUMIDITY",
    "light_level": "LIGHT",
    "conductivity": "CONDUCTIVITY",
}

WATERING_COLUMNS = (
    Column("id", lambda item: item.id),
    Column("at", lambda item: item.at),
    Column("source", lambda item: item.source),
    Column("amount_ml", lambda item: item.amount_ml, lambda item: with_unit(item.amount_ml, "ml"), "AMOUNT"),
    Column("moisture_before", lambda item: item.moisture_before, title="BEFORE %"),
    Column("moisture_after", lambda item: item.moisture_after, title="AFTER %"),
    Column("note", lambda item: item.note),
)


def columns(now: datetime) -> list[Column]:
    """The columns of a list of plants; CSV has more of them than the table."""
    return [
        Column("name", lambda plant: plant.name),
        Column("health", lambda plant: plant.health),
        Column("trust", lambda plant: plant.trust),
        *(_metric_column(metric) for metric in wire.PLANT_METRICS),
        Column(
            "worst", lambda plant: plant.worst, lambda plant: plant_words.problem(plant, now), "WHAT IS WRONG"
        ),
        Column("open_incidents", lambda plant: plant.open_incidents, in_table=False),
        Column(
            "last_reading_at",
            lambda plant: plant.last_reading_at,
            lambda plant: times.ago(plant.last_reading_at, now),
            "LAST READING",
        ),
        Column("species", lambda plant: plant.species, in_table=False),
        Column("location", lambda plant: plant.location, in_table=False),
        Column("id", lambda plant: plant.id),
    ]


def _metric_column(metric: str) -> Column:
    def value(plant: wire.PlantCard) -> float | None:
        state = plant.state.get(metric)
        return state.value if state else None

    return Column(
        metric,
        value,
        lambda plant: with_unit(value(plant), wire.UNITS[metric]),
        _SHORT[metric],
        in_table=metric != "conductivity",
    )


def sections(plant: wire.Plant, now: datetime) -> list[Section]:
    """What ``plants show`` prints: the plant, its values, its devices, its open alerts."""
    parts = [Section("", _facts(plant, now))]
    if metrics := _metrics(plant, now):
        parts.append(Section("Values", metrics, _VALUES_HEADING))
    if plant.devices:
        parts.append(Section("Devices", [_device(device, now) for device in plant.devices], _DEVICE_HEADING))
    if plant.open_alerts:
        rows = [[column.cell(alert) for column in alert_view.BRIEF] for alert in plant.open_alerts]
        parts.append(Section("Open alerts", rows, [column.heading for column in alert_view.BRIEF]))
    return parts


_VALUES_HEADING = ("METRIC", "NOW", "RANGE", "LIMITS FROM", "MEASURED", "TRUST")
_DEVICE_HEADING = ("NAME", "STATUS", "TRUST", "LAST SEEN", "BATTERY", "ID")


def _facts(plant: wire.Plant, now: datetime) -> list[list[str]]:
    interval = f", every {times.brief(plant.expected_interval_s)}" if plant.expected_interval_s else ""
    facts = {
        "name": plant.name,
        "id": plant.id,
        "species": plant.species,
        "location": plant.location,
        "health": plant.health,
        "trust": plant.trust,
        "what is wrong": plant_words.problem(plant, now),
        "last reading": times.ago(plant.last_reading_at, now) + interval,
        "next watering": _watering(plant, now),
        "light": wording.light_of_days(plant.dli),
        "maintenance": plant.maintenance_until
        and f"until {times.local(plant.maintenance_until)}, nothing is told",
        "notes": (plant.notes or "").replace("\n", " ").replace("\t", " "),
        "archived": "yes" if plant.archived else "",
    }
    return [[name, tables.plain(value)] for name, value in facts.items() if value]


def _watering(plant: wire.Plant, now: datetime) -> str:
    forecast = plant.next_watering
    if forecast is None:
        return f"no forecast: {plant.next_watering_reason}" if plant.next_watering_reason else ""
    when = "now" if forecast.at <= now else f"{times.local(forecast.at)} ± {forecast.plus_minus_h:.0f} h"
    return f"{when}: {forecast.reason}"


def _metrics(plant: wire.Plant, now: datetime) -> list[list[str]]:
    rows = []
    for metric in wire.LIMIT_METRICS:
        state, limits_ = wording.newest(plant, metric), plant.thresholds.get(metric)
        if state is None and limits_ is None:
            continue
        value, measured = state.value if state else None, times.ago(state.time if state else None, now)
        if metric == "dli":
            value, measured = _light(plant.dli)
        rows.append(
            [
                metric,
                wording.reading(metric, value)
                if metric == "vpd" and value is not None
                else with_unit(value, wire.UNITS[metric]),
                span(limits_),
                plant_words.source(limits_),
                measured,
                plant_words.trust(plant, state),
            ]
        )
    return rows


def _light(light: wire.Light | None) -> tuple[float | None, str]:
    """Yesterday's light, by which a plant is judged, or else today's, and which day it is of."""
    if light is None:
        return None, "–"
    if light.yesterday is None:
        return light.today, "today so far"
    return light.yesterday, "yesterday" if light.complete else "yesterday, in part"


def span(limits_: wire.Threshold | wire.Range | wire.Span | None) -> str:
    """``30 – 60``, ``≥ 30``, ``≤ 60``, or an en dash."""
    if limits_ is None or (limits_.min is None and limits_.max is None):
        return "–"
    if limits_.max is None:
        return f"≥ {tables.plain(limits_.min)}"
    return f"≤ {tables.plain(limits_.max)}" if limits_.min is None else f"{limits_.min:g} – {limits_.max:g}"


def _device(device: wire.DeviceBrief, now: datetime) -> list[str]:
    return [
        tables.plain(device.name),
        device.status,
        device.trust,
        times.ago(device.last_seen_at, now),
        with_unit(device.battery, "%"),
        device.id,
    ]


def with_unit(value: float | None, unit: str) -> str:
    """``12.3 %``, or an en dash."""
    return f"{tables.plain(float(value))} {unit}" if value is not None else "–"


def limits(
    own: Mapping[str, wire.Range], least: Sequence[str], most: Sequence[str]
) -> dict[wire.LimitMetric, wire.Range]:
    """The plant's own limits after ``--min METRIC=VALUE`` and ``--max METRIC=VALUE``.

    Raises:
        Stop: an unknown metric, no number, or min above max (exit 2).
    """
    result: dict[Any, wire.Range] = dict(own)
    for side, texts in (("min", least), ("max", most)):
        for typed in texts:
            metric, value = _limit(typed)
            result[metric] = result.get(metric, wire.Range()).model_copy(update={side: value})
    for metric, range_ in result.items():
        if range_.min is not None and range_.max is not None and range_.min > range_.max:
            raise Stop(
                ExitCode.USAGE, f"The min of {metric} ({range_.min:g}) is above its max ({range_.max:g})."
            )
    return result


def _limit(typed: str) -> tuple[str, float]:
    name, separator, value = typed.partition("=")
    metric = known_metric(name, wire.LIMIT_METRICS)
    try:
        number = float(value)
        if not separator or number != number or number in (float("inf"), float("-inf")):
            raise ValueError
    except ValueError:
        raise Stop(ExitCode.USAGE, f"{typed!r} is no limit.", f"Write {metric}=30.") from None
    return metric, number


def known_metric(name: str, known: Sequence[str] = wire.METRICS) -> str:
    """The metric's name. Raises Stop for one that is not ``known`` (exit 2)."""
    wanted = name.strip().replace("-", "_")
    if wanted not in known:
        raise Stop(ExitCode.USAGE, f"There is no metric {name!r}.", f"Metrics: {', '.join(known)}.")
    return wanted


def edited(
    before: wire.Plant,
    given: Mapping[str, str | None],
    least: Sequence[str],
    most: Sequence[str],
    cleared: Sequence[str],
) -> wire.PlantBody:
    """The whole plant as PUT wants it: what was given over what is there; an empty text clears."""
    texts = {name: getattr(before, name) if value is None else value or None for name, value in given.items()}
    if not texts["name"]:
        raise Stop(ExitCode.USAGE, "A plant needs a name. Nothing was changed.")
    forgotten = {known_metric(name, wire.LIMIT_METRICS) for name in cleared}
    own = {metric: range_ for metric, range_ in before.own_thresholds.items() if metric not in forgotten}
    return wire.PlantBody.model_validate({**texts, "thresholds": limits(own, least, most) or None})


def changes(before: wire.Plant, after: wire.Plant) -> list[str]:
    """What a change did, one phrase a field: ``location: kitchen -> balcony``."""
    told = []
    for field in ("name", "species", "location", "notes"):
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            told.append(f"{field}: {tables.plain(old)} -> {tables.plain(new)}")
    for metric in wire.LIMIT_METRICS:
        old_range, new_range = before.thresholds.get(metric), after.thresholds.get(metric)
        if old_range == new_range:
            continue
        if span(old_range) == span(new_range):
            told.append(
                f"limits of {metric}: {plant_words.source(old_range)} -> {plant_words.source(new_range)}"
            )
        else:
            told.append(f"{metric}: {span(old_range)} -> {span(new_range)}")
    return told
