"""Series that nobody measured: VPD from temperature and humidity, DLI from the light of each local day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from plantops_server.store.database import Connection
from plantops_server.telemetry import dli
from plantops_server.telemetry.history import Columns, history
from plantops_server.telemetry.vpd import vpd

Column = list[float | None]

_NEEDED = {"vpd": ("temperature", "humidity"), "dli": ()}


async def history_with_derived(
    conn: Connection, plant_id: str, start: datetime, end: datetime, points: int, metrics: Sequence[str], zone: tzinfo
) -> Columns:  # fmt: skip
    """``history`` for metrics of ``wire.METRICS`` and of ``wire.DERIVED_METRICS`` alike.

    VPD (kPa) of a bucket is that of its mean temperature and humidity, its extremes those of cold moist and of warm
    dry air. DLI (mol/m²/d) at a time is the light of the local day in which it lies, for today so far.
    """
    measured = [metric for metric in metrics if metric not in _NEEDED]
    needed = [part for metric in metrics for part in _NEEDED.get(metric, ())]
    columns = await history(conn, plant_id, start, end, points, list(dict.fromkeys([*measured, *needed])))
    series = columns["series"]
    derived = {}
    if "vpd" in metrics:
        derived["vpd"] = _thirst(series["temperature"], series["humidity"])
    if "dli" in metrics:
        days = await dli.dli_by_day(conn, plant_id, start, end, zone)
        line: Column = [
            days[day].mol if (day := time.astimezone(zone).date()) in days else None
            for time in columns["times"]
        ]
        derived["dli"] = {"mean": line, "min": line, "max": line}
    columns["series"] = {metric: derived.get(metric) or series[metric] for metric in metrics}
    return columns


def _thirst(temperature: dict[str, Column], humidity: dict[str, Column]) -> dict[str, Column]:
    return {
        "mean": _pairwise(temperature["mean"], humidity["mean"]),
        "min": _pairwise(temperature["min"], humidity["max"]),
        "max": _pairwise(temperature["max"], humidity["min"]),
    }


def _pairwise(temperature: Column, humidity: Column) -> Column:
    return [
        None if warm is None or moist is None else round(vpd(warm, moist), 4)
        for warm, moist in zip(temperature, humidity, strict=True)
    ]
