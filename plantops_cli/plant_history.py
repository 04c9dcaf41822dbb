"""``plants history``: asking for a span of readings, writing it as rows, drawing it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from plantops_api import wire
from plantops_cli import diagnostics, plant_view, times
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation
from plantops_cli.output import Column, Format

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

RANGES = ("24h", "7d", "30d", "1y")


@dataclass(frozen=True)
class Wanted:
    """Which readings: a named range, or a start (and perhaps an end)."""

    range: str | None
    start: datetime | None
    end: datetime | None
    metrics: list[str] | None
    points: int | None

    @classmethod
    def of(
        cls,
        range_: str,
        start: str | None,
        end: str | None,
        metrics: str | None,
        points: int | None,
        now: datetime,
    ) -> Wanted:
        """From what was typed. Raises Stop (exit 2) for what makes no sense."""
        if range_ not in RANGES:
            raise Stop(
                ExitCode.USAGE,
                f"There is no range {range_!r}.",
                f"Ranges: {', '.join(RANGES)}; or use --start.",
            )
        if end and not start:
            raise Stop(ExitCode.USAGE, "--end needs --start.")
        names = [plant_view.known_metric(name) for name in metrics.split(",")] if metrics else None
        if not start:
            return cls(range_, None, None, names, points)
        first = times.parse_moment(start, now)
        last = times.parse_moment(end, now) if end else now
        if first >= last:
            raise Stop(ExitCode.USAGE, "--start must be before --end.")
        return cls(None, first, last, names, points)

    async def fetch(self, client: PlantOpsClient, plant_id: str) -> wire.History:
        """Ask the server."""
        return await client.plant_history(
            plant_id,
            self.range,
            metrics=self.metrics,
            start=self.start,
            end=self.end,
            points=self.points,
        )


def write(call: Invocation, plant: wire.PlantCard, record: wire.History, *, plot: bool) -> None:
    """Write the readings: a plot, the columnar record (JSON, YAML), or one row a time (table, CSV, NDJSON)."""
    writer = call.writer()
    measured = [metric for metric, series in record.series.items() if any(v is not None for v in series.mean)]
    if plot and writer.format is not Format.TABLE:
        raise Stop(ExitCode.USAGE, f"--plot draws, and -o {writer.format} does not.", "Give one of them.")
    if plot and measured:
        width = writer.width or 80
        for metric in measured:
            writer.text(draw(plant.name, metric, record, width=width, colour=writer.colour))
    elif writer.format in (Format.JSON, Format.YAML):
        writer.one(record, [])
    else:
        names = list(record.series)
        writer.many(list(rows(record)), columns(names, raw=record.bucket_s is None))
    if not measured:
        diagnostics.say(f"{plant.name!r} has no readings in that time.")


def rows(record: wire.History) -> Iterator[dict[str, Any]]:
    """One row a bucket or reading; buckets in which nothing was measured are left out of the rows."""
    for place, moment in enumerate(record.times):
        row: dict[str, Any] = {"time": moment.isoformat()}
        for metric, series in record.series.items():
            row[metric] = series.mean[place]
            row[f"{metric}_min"], row[f"{metric}_max"] = series.min[place], series.max[place]
        if any(row[metric] is not None for metric in record.series):
            yield row


def columns(metrics: list[str], *, raw: bool) -> list[Column]:
    """Time and the metrics; buckets also have least and greatest in CSV."""
    found = [Column("time", _get("time"), lambda row: times.local(datetime.fromisoformat(row["time"])))]
    for metric in metrics:
        title = f"{metric.replace('_', ' ').upper()} {wire.UNITS.get(metric, '')}".strip()
        found.append(Column(metric, _get(metric), title=title))
        if not raw:
            found += [
                Column(f"{metric}_{end}", _get(f"{metric}_{end}"), in_table=False) for end in ("min", "max")
            ]
    return found


def _get(key: str) -> Any:
    return lambda row: row[key]


def draw(name: str, metric: str, record: wire.History, *, width: int, colour: bool) -> str:
    """A line plot of one metric as text; a gap in the readings is a gap in the line, limits are dashed."""
    import plotext  # type: ignore[import-untyped]

    series = record.series[metric]
    plotext.clear_figure()
    plotext.plot_size(width, 16)
    if not colour:
        plotext.theme("clear")
    for start, run in _runs(series.mean):
        seconds = [record.times[start + step].timestamp() for step in range(len(run))]
        plotext.plot(seconds, run, marker="braille")
    plotext.xlim(record.start.timestamp(), record.end.timestamp())
    limits = record.thresholds.get(metric)
    for limit in (limits.min, limits.max) if limits else ():
        if limit is not None and _in_sight(limit, series):
            plotext.horizontal_line(limit)
    ticks = [record.start + (record.end - record.start) * step / 4 for step in range(5)]
    plotext.xticks([tick.timestamp() for tick in ticks], [_tick(tick, record) for tick in ticks])
    title = f"{name}: {metric.replace('_', ' ')} {wire.UNITS.get(metric, '')}"
    drawn = plotext.build()
    lines = drawn if colour else plotext.uncolorize(drawn)
    return f"{title}\n{lines}"


def _runs(values: list[float | None]) -> Iterator[tuple[int, list[float]]]:
    """Stretches without a gap: where each starts, and its values."""
    run: list[float] = []
    for place, value in enumerate([*values, None]):
        if value is not None:
            run.append(value)
        elif run:
            yield place - len(run), run
            run = []


def _in_sight(limit: float, series: wire.HistorySeries) -> bool:
    """Whether a limit is near enough to the values to be drawn without squashing them."""
    values = [value for value in series.mean if value is not None]
    low, high = min(values), max(values)
    room = max(high - low, abs(high) * 0.05, 1.0)
    return low - room <= limit <= high + room


def _tick(moment: datetime, record: wire.History) -> str:
    shape = "%H:%M" if (record.end - record.start).total_seconds() <= 2 * 86_400 else "%d %b"
    return moment.astimezone().strftime(shape)
