"""What an edit of a plant would mean, told before it is saved: limits of another species, deeds of new limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plantops_api import wire
from plantops_cli import tables
from plantops_cli.output import Column, Section
from plantops_cli.plant_view import span, with_unit

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

COLUMNS = (
    Column("metric", lambda found: found.metric),
    Column("min", lambda found: found.proposed.min),
    Column("max", lambda found: found.proposed.max),
    Column("alerts", lambda found: found.proposed.alerts),
    Column("critical", lambda found: found.proposed.critical),
    Column("hours_low", lambda found: found.proposed.hours_low),
    Column("hours_high", lambda found: found.proposed.hours_high),
    Column("longest_h", lambda found: found.proposed.longest_h),
    Column("current_alerts", lambda found: found.current.alerts if found.current else None),
    Column("readings", lambda found: found.readings),
)

_HEADING = ("", "LIMITS", "FROM", "ALERTS", "CRITICAL", "TOO LOW", "TOO HIGH", "LONGEST")


def sections(found: wire.WhatIf) -> list[Section]:
    """What ``plants what-if`` prints: the limits asked about above those in force."""
    rows = [_row("asked", found, found.proposed, "you")]
    if found.current is not None:
        rows.append(_row("now", found, found.current, found.current_source or "–"))
    return [Section("", rows, _HEADING)]


def _row(name: str, found: wire.WhatIf, came: wire.WhatIfOutcome, source: str) -> list[str]:
    return [
        name, limits(found.metric, came), source, str(came.alerts), str(came.critical),
        with_unit(came.hours_low, "h"), with_unit(came.hours_high, "h"), with_unit(came.longest_h, "h"),
    ]  # fmt: skip


def limits(metric: str, came: wire.WhatIfOutcome | wire.Threshold | None) -> str:
    """``30 – 60 %``, or ``no limits``."""
    if came is None or (came.min is None and came.max is None):
        return "no limits"
    return f"{span(wire.Span(min=came.min, max=came.max))} {wire.UNITS.get(metric, '')}".rstrip()


def basis(found: wire.WhatIf) -> str:
    """On what it rests: ``Judged by 8640 readings of 720 h in the last 30 days.``"""
    if not found.readings:
        return "There are no readings of the last 30 days to judge by."
    what = "readings" if found.bucket_s is None else f"buckets of {found.bucket_s / 60:g} min"
    what = "days" if found.bucket_s == 86_400 else what
    hours = tables.plain(float(found.hours_known))
    return f"Judged by {found.readings} {what} of {hours} h in the last 30 days."


def sentence(found: wire.WhatIf) -> str:
    """``soil_moisture 30 – 60 %: 3 alerts (1 critical), 41 h out of range in the last 30 days; now …``."""
    said = f"{found.metric} {limits(found.metric, found.proposed)}: "
    if not found.readings:
        return f"{said}no readings of the last 30 days to try it on."
    said += f"{_outcome(found.proposed)} in the last 30 days"
    if found.current is not None:
        said += (
            f"; {limits(found.metric, found.current)} ({found.current_source}) gave {_outcome(found.current)}"
        )
    return f"{said}."


def _outcome(came: wire.WhatIfOutcome) -> str:
    alerts = "1 alert" if came.alerts == 1 else f"{came.alerts} alerts"
    critical = f" ({came.critical} critical)" if came.critical else ""
    return f"{alerts}{critical}, {tables.plain(came.hours_low + came.hours_high)} h out of range"


async def of_edit(client: PlantOpsClient, before: wire.Plant, body: wire.PlantBody) -> list[str]:
    """What saving ``body`` would mean, one sentence each; nothing when limits and species stay."""
    told = []
    if (body.species or None) != before.species:
        told += species_sentences(await client.species_diff(before.id, body.species or ""))
    for metric, range_ in (body.thresholds or {}).items():
        mine = before.own_thresholds.get(metric)
        same = mine is not None and (mine.min, mine.max) == (range_.min, range_.max)
        if not same and metric in (*wire.PLANT_METRICS, *wire.DERIVED_METRICS):
            told.append(sentence(await client.threshold_what_if(before.id, metric, range_.min, range_.max)))
    return told


def species_sentences(diff: wire.SpeciesDiff) -> list[str]:
    """What another species changes, what stays, and what to do about a name that nobody knows."""
    told = []
    if diff.species and diff.matched is None:
        told.append(unknown_species(diff.species, diff.nearest))
    if diff.changes:
        changed = (
            f"{change.metric} {limits(change.metric, change.before)} -> {limits(change.metric, change.after)}"
            for change in diff.changes
        )
        told.append(f"Limits that follow the species: {'; '.join(changed)}.")
    if diff.kept:
        told.append(f"Kept as you set them: {', '.join(diff.kept)}.")
    return told


def unknown_species(name: str, nearest: list[str]) -> str:
    """A species that nobody knows, and what may have been meant."""
    alike = f" Spelled alike: {', '.join(nearest)}." if nearest else ""
    return f"No species is known as {name!r}; general limits hold.{alike}"
