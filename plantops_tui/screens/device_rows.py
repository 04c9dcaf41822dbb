"""Rows about devices: the list of all, and what was rejected of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.content import Content

from plantops_api import wire
from plantops_tui import wording
from plantops_tui.look import Pen
from plantops_tui.screens.records import one_line
from plantops_tui.widgets.device_facts import link_mark, readings_mark
from plantops_tui.widgets.record_list import Column, Record

DEVICES: tuple[Column, ...] = (
    Column("device"), Column("plant"), Column("link", 9), Column("readings", 9), Column("seen", 6, right=True),
    Column("each", 6, right=True), Column("batt", 5, right=True), Column("signal", 7, right=True),
)  # fmt: skip

REJECTED: tuple[Column, ...] = (
    Column("rejected because", 24), Column("times", 6, right=True), Column("last", 6, right=True),
    Column("newest sample"),
)  # fmt: skip

_TRUST_RANK = {"faulty": 0, "offline": 1, "late": 2, "none": 3, "asleep": 4, "fresh": 5}


def by_need(device: wire.Device) -> tuple[Any, ...]:
    """Order of the list: those that wait for a plant, then those that are silent, then by name."""
    name = wording.device_name(device).casefold()
    return device.plant_id is not None, _TRUST_RANK[device.trust], name, device.id


def words(device: wire.Device) -> tuple[str | None, ...]:
    """What the filter looks into."""
    return (
        device.name, device.id, device.mac_address, device.plant_name, device.firmware_version,
        wording.STATUS_WORDS[device.status], wording.TRUST_WORDS[device.trust],
        None if device.plant_id else "no plant",
    )  # fmt: skip


def devices(pen: Pen, found: Iterable[wire.Device]) -> list[Record]:
    """One row a device."""
    return [Record(device.id, _cells(pen, device)) for device in found]


def _cells(pen: Pen, device: wire.Device) -> tuple[Content, ...]:
    look = pen.look
    plant = Content.styled(device.plant_name or device.plant_id or "", look.text)
    if device.plant_id is None:
        plant = Content.styled("no plant", look.warn)
    return (
        Content.styled(wording.device_name(device), look.strong),
        plant,
        link_mark(pen, device),
        readings_mark(pen, device),
        Content.styled(wording.age(pen, device.last_seen_at), look.muted),
        Content.styled(wording.duration(device.report_interval_s), look.muted),
        _measured(pen, "battery", device.battery),
        _measured(pen, "rssi", device.rssi),
    )


def _measured(pen: Pen, metric: str, value: float | None) -> Content:
    if value is None:
        return Content.styled(pen.glyphs.dash, pen.look.muted)
    return Content.styled(wording.reading(metric, value), pen.look.text)


def rejected(pen: Pen, samples: Iterable[wire.RejectedSample]) -> list[Record]:
    """One row a reason."""
    return [
        Record(
            f"{place}",
            (
                Content.styled(one_line(sample.reason), pen.look.warn),
                Content.styled(wording.number(sample.count), pen.look.text),
                Content.styled(wording.age(pen, sample.last_at), pen.look.muted),
                Content.styled(one_line(sample.sample), pen.look.text),
            ),
        )
        for place, sample in enumerate(samples)
    ]
