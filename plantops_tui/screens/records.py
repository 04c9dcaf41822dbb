"""Rows of the tables: what each kind of record shows, column by column."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from plantops_api import wire
from plantops_api.scales import scale_of, side
from plantops_api.wording import newest
from plantops_tui import wording
from plantops_tui.look import Pen
from plantops_tui.widgets.plant_card import trust_style
from plantops_tui.widgets.record_list import Column, Record

COLUMNS: dict[str, tuple[Column, ...]] = {
    "waterings": (
        Column("when", 17), Column("how", 9), Column("amount", 8, right=True),
        Column("soil before", 11, right=True), Column("after", 6, right=True), Column("note"),
    ),
    "devices": (
        Column("device"), Column("state", 14), Column("last seen", 10), Column("sends each", 10),
        Column("battery", 7, right=True), Column("signal", 8, right=True),
    ),
    "alerts": (
        Column("what"), Column("state", 22), Column("value", 9, right=True), Column("limit", 9, right=True),
        Column("since", 7, right=True), Column("told", 10, right=True),
    ),
    "thresholds": (
        Column("metric", 14), Column("now", 13, right=True), Column("", 7), Column("from", 5, right=True),
        Column("to", 5, right=True), Column("source"),
    ),
}  # fmt: skip

ALL_ALERTS: tuple[Column, ...] = (
    Column("plant"), Column("what", 18), Column("state", 16), Column("value", 9, right=True),
    Column("limit", 9, right=True), Column("since", 6, right=True),
)  # fmt: skip


def waterings(pen: Pen, found: Iterable[wire.Watering]) -> list[Record]:
    """Newest first, as the server sends them."""
    look = pen.look
    return [
        Record(
            str(watering.id),
            (
                Content.styled(wording.stamp(pen, watering.at), look.text),
                Content.styled(watering.source, look.muted),
                Content.styled(
                    f"{watering.amount_ml:g} ml" if watering.amount_ml else pen.glyphs.dash, look.text
                ),
                Content.styled(_percent(pen, watering.moisture_before), look.muted),
                Content.styled(_percent(pen, watering.moisture_after), look.text),
                Content.styled(one_line(watering.note), look.muted),
            ),
        )
        for watering in found
    ]


def devices(pen: Pen, found: Iterable[wire.DeviceBrief]) -> list[Record]:
    """State as glyph and word; battery and signal with their units."""
    look = pen.look
    return [
        Record(
            device.id,
            (
                Content.styled(device.name or device.id, look.text),
                Content.styled(
                    f"{pen.glyphs.trust[device.trust]} {wording.TRUST_WORDS[device.trust]}",
                    trust_style(pen, device.trust),
                ),
                Content.styled(wording.age(pen, device.last_seen_at), look.muted),
                Content.styled(wording.duration(device.report_interval_s), look.muted),
                Content.styled(wording.reading("battery", device.battery), look.text),
                Content.styled(wording.reading("rssi", device.rssi), look.text),
            ),
        )
        for device in found
    ]


def alerts(pen: Pen, found: Iterable[wire.Alert]) -> list[Record]:
    """Alerts of one plant, with when each was told."""
    return [
        Record(str(alert.id), (_what(pen, alert), *_alert_cells(pen, alert), _told(pen, alert)))
        for alert in found
    ]


def _told(pen: Pen, alert: wire.Alert) -> Content:
    if alert.sent_at is not None:
        return Content.styled(wording.clock(pen, alert.sent_at), pen.look.text)
    return Content.styled("not told" if alert.resolved_at else "not yet", pen.look.muted)


def all_alerts(pen: Pen, found: Iterable[wire.Alert]) -> list[Record]:
    """Alerts of the whole house, each with its plant or device."""
    return [
        Record(
            str(alert.id),
            (
                Content.styled(alert_subject(alert), pen.look.strong),
                _what(pen, alert),
                *_alert_cells(pen, alert),
            ),
        )
        for alert in found
    ]


def thresholds(pen: Pen, plant: wire.Plant) -> list[Record]:
    """One row a metric, with its value now and where its limits come from."""
    rows = []
    for metric in wire.LIMIT_METRICS:
        limits = plant.thresholds.get(metric)
        if limits is None:
            continue
        value = _now(plant, metric)
        where = side(metric, value, limits)
        word = {-1: f"{pen.glyphs.below} below", 0: "", 1: f"{pen.glyphs.above} above"}[where]
        shown = pen.glyphs.dash if value is None else wording.reading(metric, value, limits)
        cells = (
            Content.styled(scale_of(metric).label, pen.look.text),
            Content.styled(shown, pen.look.text),
            Content.styled(word, pen.look.warn),
            Content.styled(_limit(pen, metric, limits.min), pen.look.text),
            Content.styled(_limit(pen, metric, limits.max), pen.look.text),
            Content.styled(_origin(pen, limits), pen.look.muted),
        )
        rows.append(Record(metric, cells))
    return rows


def _now(plant: wire.Plant, metric: str) -> float | None:
    """The newest value; of the day's light yesterday's sum, because a day counts when it is over."""
    if metric == "dli":
        return plant.dli.yesterday if plant.dli and plant.dli.complete else None
    state = newest(plant, metric)
    return state.value if state else None


def _origin(pen: Pen, limits: wire.Threshold) -> str:
    """Who set it, and when; that nobody is told about it, where that is so."""
    words = wording.SOURCE_WORDS[limits.source]
    if limits.set_by and limits.source == "user":
        words = f"set by {limits.set_by}"
    if limits.set_at:
        words += f" {wording.clock(pen, limits.set_at)}"
    return words if limits.enabled else f"{words}, no alarm"


def alert_subject(alert: wire.Alert) -> str:
    """What the alert is about, by name."""
    return alert.plant_name or alert.device_name or alert.plant_id or alert.device_id or "the system"


def one_line(words: str | None) -> str:
    """A note on one line: line breaks and tabs become spaces."""
    return " ".join((words or "").split())


def _what(pen: Pen, alert: wire.Alert) -> Content:
    glyph = pen.glyphs.health["critical" if alert.severity == "critical" else "attention"]
    closed = alert.resolved_at is not None
    style = pen.look.muted if closed else pen.look.bad if alert.severity == "critical" else pen.look.warn
    return Content.styled(f"{glyph if not closed else ' '} {wording.alert_phrase(alert)}", style)


def _alert_cells(pen: Pen, alert: wire.Alert) -> tuple[Content, ...]:
    return (
        Content.styled(wording.alert_state(pen, alert), pen.look.muted),
        Content.styled(wording.alert_value(alert), pen.look.text),
        Content.styled(wording.alert_limit(alert), pen.look.muted),
        Content.styled(wording.age(pen, alert.opened_at), pen.look.muted),
    )


def _percent(pen: Pen, value: float | None) -> str:
    return pen.glyphs.dash if value is None else f"{value:.0f} %"


def _limit(pen: Pen, metric: str, value: float | None) -> str:
    """Without its unit, which stands beside the value; 28 and not 28.0."""
    if value is None:
        return pen.glyphs.dash
    return wording.number(value, 0 if float(value).is_integer() else scale_of(metric).decimals or 1)
