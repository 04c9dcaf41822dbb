"""Facts of the sensors: may they be believed, do they agree, and how are their batteries. Numbered, never named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from plantops_api.wire import UNITS, Fact
from plantops_server.facts.gathering import HOUR, Gathered

_WORST_FIRST = ("none", "faulty", "offline", "late", "asleep", "fresh")
_COMPARED = ("soil_moisture", "temperature", "humidity", "light_level")


def age_h(time: datetime, hour: datetime) -> float:
    """Whole hours since ``time``, counted at the full hour, so that an hour has one answer."""
    return float(max(0, (hour - time) // HOUR))


def trust(known: Gathered) -> str:
    """The trust of the plant's data: the worse of what the worker saw last and of what the clock says by now."""
    computed: str = known.plant["trust"]
    return min(computed, known.stored_trust, key=_WORST_FIRST.index)


def facts(known: Gathered, hour: datetime) -> Iterator[Fact]:
    """One block a sensor, then how far they disagree."""
    devices = known.plant["devices"]
    yield Fact(id="sensors.count", value=float(len(devices)), label="sensors in this plant")
    for number, device in enumerate(devices, 1):
        yield from _sensor(
            f"sensor.{number}", f"sensor {number}", known, device, hour, alone=len(devices) == 1
        )
    yield from _disagreement(known)


def _sensor(
    at: str, name: str, known: Gathered, device: Mapping[str, Any], hour: datetime, *, alone: bool
) -> Iterator[Fact]:
    believed = trust(known) if alone else device["trust"]
    yield Fact(id=f"{at}.trust", value=believed, label=f"how far {name} can be believed")
    if device["fault"]:
        yield Fact(id=f"{at}.fault", value=device["fault"], label=f"what is wrong with {name}")
    if device["last_seen_at"] is not None:
        yield Fact(
            id=f"{at}.heard_h", value=age_h(device["last_seen_at"], hour), unit="h", label=f"since {name} was heard"
        )  # fmt: skip
    level = known.batteries.get(device["id"], device["battery"])
    if level is not None:
        yield Fact(id=f"{at}.battery", value=float(round(level)), unit="%", label=f"battery of {name}")
    if device["rssi"] is not None:
        yield Fact(
            id=f"{at}.rssi", value=float(round(device["rssi"])), unit="dBm", label=f"radio signal of {name}"
        )
    week = known.sensors.get(device["id"])
    if week is not None and week["readings"]:
        share = float(round(100 * week["flagged"] / week["readings"]))
        yield Fact(
            id=f"{at}.flagged_7d", value=share, unit="%",
            label=f"share of the readings of {name} of the last 7 days that are not believed",
        )  # fmt: skip


def _disagreement(known: Gathered) -> Iterator[Fact]:
    """The means of a day, where two sensors or more measured the same thing, and how far they lie apart."""
    devices = [device["id"] for device in known.plant["devices"]]
    for metric in _COMPARED:
        means = {
            number: known.sensors[device_id][metric]
            for number, device_id in enumerate(devices, 1)
            if device_id in known.sensors and known.sensors[device_id][metric] is not None
        }
        if len(means) < 2:
            continue
        words = metric.replace("_", " ")
        for number, mean in means.items():
            yield Fact(
                id=f"sensor.{number}.{metric}_24h", value=round(mean, 1), unit=UNITS[metric],
                label=f"mean {words} of the last 24 h by sensor {number}",
            )  # fmt: skip
        apart = round(max(means.values()) - min(means.values()), 1)
        yield Fact(
            id=f"sensors.{metric}_apart_24h", value=apart, unit=UNITS[metric],
            label=f"how far the sensors disagree on {words}",
        )  # fmt: skip
