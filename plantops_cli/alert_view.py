"""How the command line shows an alert."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from plantops_api import wire, wording
from plantops_cli import tables, times
from plantops_cli.output import Column, Section


class ToldAlert(wire.Alert):
    """An alert with every attempt to tell of it, newest first."""

    deliveries: list[wire.DeliveryAttempt] = Field([])


def state_of(alert: wire.Alert, now: datetime) -> str:
    """``resolved``, ``snoozed``, ``acked`` or ``open``."""
    if alert.resolved_at:
        return "resolved"
    if alert.snoozed_until and alert.snoozed_until > now:
        return "snoozed"
    return "acked" if alert.acked_at else "open"


def problem(alert: wire.Alert) -> str:
    """What is wrong, in words with the numbers: ``soil moisture low: 12 % (limit 30 %)``."""
    what = f"{alert.metric} {alert.kind}" if alert.metric and alert.kind in ("low", "high") else alert.kind
    words = what.replace("_", " ")
    if alert.detail:
        return f"{words}: {' '.join(alert.detail.split())}"
    if alert.value is None:
        return words
    limit = wording.alert_limit(alert)
    return f"{words}: {wording.alert_value(alert)}" + (f" (limit {limit})" if limit else "")


def whose(alert: wire.Alert) -> str:
    """The plant's or the device's name."""
    return alert.plant_name or alert.device_name or alert.plant_id or alert.device_id or "–"


BRIEF = (
    Column("id", lambda alert: alert.id),
    Column("severity", lambda alert: alert.severity),
    Column("problem", problem),
    Column("opened_at", lambda alert: alert.opened_at, title="SINCE"),
)
"""Enough where the plant is known."""


def columns(now: datetime) -> list[Column]:
    """The columns of a list of alerts."""
    return [
        Column("id", lambda alert: alert.id),
        Column("severity", lambda alert: alert.severity),
        Column("state", lambda alert: state_of(alert, now)),
        Column("plant", whose),
        Column("problem", problem),
        Column(
            "opened_at", lambda alert: alert.opened_at, lambda alert: times.ago(alert.opened_at, now), "SINCE"
        ),
        Column("kind", lambda alert: alert.kind, in_table=False),
        Column("metric", lambda alert: alert.metric, in_table=False),
        Column("value", lambda alert: alert.value, in_table=False),
        Column("threshold", lambda alert: alert.threshold, in_table=False),
        Column("detail", lambda alert: alert.detail, in_table=False),
        Column("plant_id", lambda alert: alert.plant_id, in_table=False),
        Column("device_id", lambda alert: alert.device_id, in_table=False),
        Column("acked_at", lambda alert: alert.acked_at, in_table=False),
        Column("snoozed_until", lambda alert: alert.snoozed_until, in_table=False),
        Column("resolved_at", lambda alert: alert.resolved_at, in_table=False),
    ]


def sections(alert: ToldAlert, now: datetime) -> list[Section]:
    """What ``alerts show`` prints: the alert, how it ended, and who was told with what success."""
    facts = [[column.heading.lower(), column.cell(alert)] for column in columns(now) if column.in_table]
    more = {
        "acknowledged by": alert.acked_by,
        "resolved": alert.resolved_at and f"{times.ago(alert.resolved_at, now)}: {alert.resolution or '–'}",
        "in maintenance": "it opened while nothing was to be told" if alert.in_maintenance else None,
    }
    facts += [[name, value] for name, value in more.items() if value]
    rows = [
        [
            times.local(at.at),
            at.channel,
            at.event,
            at.outcome,
            tables.plain(at.status),
            tables.plain(at.error),
        ]
        for at in alert.deliveries
    ]
    told = Section("Deliveries", rows, ("AT", "CHANNEL", "EVENT", "OUTCOME", "STATUS", "ERROR"))
    return [Section("", facts), *([told] if rows else [])]


def event_columns(now: datetime) -> list[Column]:
    """The columns of ``alerts watch``: one line a change, with the time of the change first."""
    return [Column("time", lambda _: now, lambda _: now.astimezone().strftime("%H:%M:%S")), *columns(now)]
