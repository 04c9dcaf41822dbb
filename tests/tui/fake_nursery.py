"""The part of the garden's server that changes plants and devices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plantops_api import wire
from tests.tui.moments import NOW, ago


class FakeNursery:
    """Answers like the doors of devices, pairing, species, and those that change plants."""

    cards: list[wire.PlantCard]
    devices: list[wire.Device]

    def __init__(self) -> None:
        self.pairing = wire.Pairing(open=False)
        self.suggestion = wire.CalibrationSuggestion(
            device_id="dev_1", waterings=1, reason="One watering is too few."
        )
        self.archived: dict[str, wire.PlantCard] = {}
        self.notes: dict[str, str] = {}
        self.own: dict[str, dict[str, wire.Range]] = {}

    def add_card(self, plant_id: str, said: dict[str, Any]) -> None:
        raise NotImplementedError

    def _plant(self, plant_id: str) -> Any:
        raise NotImplementedError

    def nursery(self, method: str, steps: list[str], params: dict[str, str], body: Any) -> Any:
        """The answer, or None for what is not there."""
        match steps[:2]:
            case ["api", "pairing"]:
                return self._pair(method, body)
            case ["api", "devices"]:
                return self._device(method, steps[2], steps[3:], body) if steps[2:] else page(self.devices)
            case ["api", "species"]:
                return page(species(params.get("q") or ""))
            case ["api", "plants"]:
                return self._change_plant(method, steps[2:], body)
        return None

    def _pair(self, method: str, body: Any) -> Any:
        if method == "POST":
            until = NOW + timedelta(seconds=body["seconds"])
            self.pairing = wire.Pairing(open=True, until=until, opened_by="ada")
        elif method == "DELETE":
            self.pairing = wire.Pairing(open=False)
        return self.pairing.model_dump(mode="json")

    def _change_plant(self, method: str, steps: list[str], body: Any) -> Any:
        match method, steps:
            case "POST", []:
                return self._plant_said(f"plt_new{len(self.cards)}", body)
            case "PUT", [plant_id]:
                return self._plant_said(plant_id, body)
            case "DELETE", [plant_id]:
                return self._archive(plant_id)
            case "POST", [plant_id, "restore"]:
                self.cards.append(self.archived.pop(plant_id))
                return self._plant(plant_id)
            case _, [plant_id, "maintenance"]:
                until = None if method == "DELETE" else NOW + timedelta(seconds=body["seconds"])
                self.cards[:] = [
                    c.model_copy(update={"maintenance_until": until}) if c.id == plant_id else c
                    for c in self.cards
                ]
                return (
                    {
                        "plant_id": plant_id,
                        "until": f"{until:%FT%TZ}",
                        "set_by": "ada",
                        "set_at": f"{NOW:%FT%TZ}",
                    }
                    if until
                    else {}
                )
        return None

    def _plant_said(self, plant_id: str, body: Any) -> Any:
        """What POST and PUT do: the answer is the plant."""
        said = {name: body.get(name) for name in ("name", "species", "location")}
        known = next((place for place, found in enumerate(self.cards) if found.id == plant_id), None)
        if known is None:
            self.add_card(plant_id, said)
        else:
            self.cards[known] = self.cards[known].model_copy(update=said)
        self.notes[plant_id] = body.get("notes") or ""
        own = body.get("thresholds") or {}
        self.own[plant_id] = {metric: wire.Range.model_validate(limits) for metric, limits in own.items()}
        return self._plant(plant_id)

    def _archive(self, plant_id: str) -> Any:
        found = next((found for found in self.cards if found.id == plant_id), None)
        if found is None:
            return None
        self.cards.remove(found)
        self.archived[plant_id] = found
        self.devices = [
            d.model_copy(update={"plant_id": None, "plant_name": None}) if d.plant_id == plant_id else d
            for d in self.devices
        ]
        return {}

    def _device(self, method: str, device_id: str, verb: list[str], body: Any) -> Any:
        place = next((i for i, found in enumerate(self.devices) if found.id == device_id), None)
        if place is None:
            return None
        found = self.devices[place]
        match method, verb:
            case "DELETE", []:
                self.devices.pop(place)
                return {}
            case "GET", ["calibration", "suggestion"]:
                return self.suggestion.model_dump(mode="json")
            case "POST", ["calibration"]:
                changes: dict[str, Any] = {"calibration": {"dry": body["dry"], "wet": body["wet"]}}
            case "POST", ["rotate"]:
                return _credentials(device_id)
            case "POST", ["command"]:
                return {"device_id": device_id, "command": body["command"], "sent_at": NOW.isoformat()}
            case "POST", ["allow-reenrolment"]:
                changes = {"reenrolment_allowed_until": NOW + timedelta(hours=1)}
            case "POST", ["provision"]:
                names = {card.id: card.name for card in self.cards}
                plant_id = body["plant_id"]
                changes = {"plant_id": plant_id, "plant_name": names.get(plant_id)}
            case "PATCH", []:
                changes = wire.DevicePatch.model_validate(body).model_dump(exclude_unset=True)
            case _:
                changes = {}
        self.devices[place] = wire.Device.model_validate({**found.model_dump(), **changes})
        return self.devices[place].model_dump(mode="json")


def species(wanted: str) -> list[wire.Species]:
    known = [
        wire.Species(
            id="monstera", scientific_name="Monstera deliciosa", common_names=["Swiss cheese plant"]
        ),
        wire.Species(id="adansonii", scientific_name="Monstera adansonii", common_names=["monkey mask"]),
        wire.Species(id="basil", scientific_name="Ocimum basilicum", common_names=["basil"]),
    ]
    needle = wanted.casefold()
    return [s for s in known if needle in " ".join([s.scientific_name, *s.common_names]).casefold()]


def more_devices() -> list[wire.Device]:
    """Beside the one that is well: silent, asleep, faulty, and one that nobody has tied yet."""

    def device(number: int, **changes: Any) -> wire.Device:
        base: dict[str, Any] = {
            "status": "online", "trust": "fresh", "last_seen_at": ago(3), "created_at": ago(50_000),
            "report_interval_s": 600, "mac_address": f"24:6F:28:AE:52:{number:02X}", "battery": 80, "rssi": -70,
            "sensor_types": ["soil_moisture", "temperature"], "firmware_version": "plantops 1.0",
        }  # fmt: skip
        return wire.Device(id=f"dev_{number}", **{**base, **changes})

    return [
        device(2, name="bathroom", plant_id="plt_fern", plant_name="Fern", status="offline", trust="offline",
               last_seen_at=ago(372), battery=11),
        device(3, name="shelf", plant_id="plt_aloe", plant_name="Aloe", status="sleeping", trust="asleep",
               last_seen_at=ago(41), report_interval_s=3600, calibration=wire.Calibration(dry=3000, wet=1200)),
        device(4, name="greenhouse", plant_id="plt_tomato", plant_name="Tomato", trust="faulty", rssi=-88,
               rejected=[wire.RejectedSample(reason="humidity: above 100", count=12, last_at=ago(9),
                                             sample='{"humidity": 140}')]),
        device(5, status="provisioning", trust="none", last_seen_at=None, battery=None, rssi=None),
    ]  # fmt: skip


def _credentials(device_id: str) -> dict[str, Any]:
    mqtt = {
        "host": "127.0.0.1",
        "port": 1883,
        "tls": False,
        "client_id": device_id,
        "username": f"{device_id}.2",
        "password": "s3cret-of-the-test",
    }
    topics = {"telemetry": "t", "status": "s", "config": "c", "command": "d"}
    return {
        "device_id": device_id,
        "status": "provisioning",
        "mqtt": mqtt,
        "topics": topics,
        "report_interval_s": 600,
    }


def page(items: list[Any]) -> dict[str, Any]:
    return {"items": [item.model_dump(mode="json") for item in items], "next_cursor": None}
