"""Put what was gathered into facts. Pure: the allow-list is this package, what no line here names stays at home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from plantops_api.wire import PLANT_METRICS, Fact
from plantops_server.advisor.sheet import WRITTEN_BY_PEOPLE, FactSheet, quoted
from plantops_server.facts import airs, measures, sensors, water
from plantops_server.facts.gathering import HOUR, Gathered
from plantops_server.facts.seasons import season

_INCIDENT_WORDS = {
    "low": "below its limit", "high": "above its limit", "light_low": "a day with too little light",
    "offline": "a sensor is silent", "sensor_fault": "a sensor is faulty", "battery_low": "a battery is low",
    "flapping": "a sensor keeps losing its connection",
}  # fmt: skip


def sheet_of(known: Gathered, hour: datetime, zone: tzinfo) -> FactSheet:
    """The sheet as of a full hour."""
    plant = known.plant
    facts = [
        *_plant(plant), *_species(known.species), *_time(hour, zone), *_data(known, hour), *_incidents(plant, hour),
        *water.facts(known, hour, zone),
        *(fact for metric in PLANT_METRICS for fact in measures.facts(known, metric, hour)),
        *airs.facts(known, hour, zone), *sensors.facts(known, hour),
    ]  # fmt: skip
    name = quoted(plant["name"], WRITTEN_BY_PEOPLE["plant.name"])
    species = plant["species"] and quoted(plant["species"], WRITTEN_BY_PEOPLE["plant.species"])
    return FactSheet.of(plant["id"], name, species, facts)


def _plant(plant: Mapping[str, Any]) -> Iterator[Fact]:
    for fact_id, most in WRITTEN_BY_PEOPLE.items():
        field = fact_id.removeprefix("plant.")
        written = quoted(plant[field] or "", most)
        if written:
            yield Fact(id=fact_id, value=written, label=f"{field} that a person gave it")


def _species(species: Mapping[str, Any] | None) -> Iterator[Fact]:
    yield Fact(id="species.known", value=species is not None, label="whether its species is known")
    if species is None:
        return
    words = {
        "scientific_name": ("scientific name of the species", species["scientific_name"]),
        "common_names": ("common names of the species", ", ".join(species["common_names"][:2])),
        "watering": ("how the species likes its water", species["watering"]),
        "light": ("light that the species likes", species["light"]),
        "toxicity": ("toxicity of the species", species["toxicity"]),
        "sources": ("sources of the species' ranges and words", "; ".join(species["sources"][:3])),
    }
    for field, (label, value) in words.items():
        if value:
            yield Fact(id=f"species.{field}", value=quoted(value, 200), label=label)


def _time(hour: datetime, zone: tzinfo) -> Iterator[Fact]:
    local = hour.astimezone(zone)
    yield Fact(id="time.date", value=f"{local:%Y-%m-%d}", label="today")
    yield Fact(id="time.weekday", value=f"{local:%A}", label="day of the week")
    if now := season(local):
        yield Fact(id="time.season", value=now, label="season where the plant stands")


def _data(known: Gathered, hour: datetime) -> Iterator[Fact]:
    plant = known.plant
    yield Fact(
        id="data.trust", value=sensors.trust(known), label="how far the newest readings can be believed"
    )
    if plant["last_reading_at"] is not None:
        age = sensors.age_h(plant["last_reading_at"], hour)
        yield Fact(id="data.newest_h", value=age, unit="h", label="age of the newest reading")
    first = min((hours[0].start for hours in known.hours.values() if hours), default=None)
    if first is not None:
        days = round((hour + HOUR - first).total_seconds() / 86_400, 1)
        yield Fact(id="data.days", value=days, unit="d", label="days of the last 30 that are known")


def _incidents(plant: Mapping[str, Any], hour: datetime) -> Iterator[Fact]:
    yield Fact(id="incidents.open", value=float(plant["open_incidents"]), label="open problems")
    told: set[str] = set()
    for alert in plant["open_alerts"]:
        kind, metric = alert["kind"], alert["metric"]
        fact_id = f"incident.{kind}" + (f".{metric}" if kind in ("low", "high") else "")
        if fact_id in told:
            continue
        told.add(fact_id)
        words = _INCIDENT_WORDS[kind]
        label = f"open problem: {metric.replace('_', ' ')} {words}" if kind in ("low", "high") else words
        yield Fact(id=fact_id, value=alert["severity"], label=label)
        yield Fact(
            id=f"{fact_id}.hours", value=sensors.age_h(alert["opened_at"], hour), unit="h",
            label=f"how long it has been so: {label}",
        )  # fmt: skip
