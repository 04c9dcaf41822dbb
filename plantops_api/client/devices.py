"""Devices that are known."""

from __future__ import annotations

from plantops_api import wire
from plantops_api.client.calls import Calls, path_part


class DeviceCalls(Calls):
    """Devices that are known."""

    async def list_devices(self, q: str | None = None, limit: int | None = None) -> list[wire.Device]:
        """All devices, or those whose text matches ``q``."""
        return await self._list(wire.Device, "/api/devices", limit, q=q)

    async def get_device(self, device_id: str) -> wire.Device:
        """One device with its rejected samples."""
        return await self._get(wire.Device, f"/api/devices/{path_part(device_id)}")

    async def provision_device(self, device_id: str, plant_id: str | None) -> wire.Device:
        """Tie a device to a plant; None unties it."""
        body = wire.ProvisionBody(plant_id=plant_id)
        return await self._send(wire.Device, "POST", f"/api/devices/{path_part(device_id)}/provision", body)

    async def update_device(self, device_id: str, body: wire.DevicePatch) -> wire.Device:
        """Change the given fields of a device."""
        path = f"/api/devices/{path_part(device_id)}"
        return await self._send(wire.Device, "PATCH", path, body, only_set=True)

    async def calibrate_device(self, device_id: str, body: wire.CalibrationBody) -> wire.Device:
        """Set the endpoints of a soil probe; by default its history is derived by them, too."""
        return await self._send(wire.Device, "POST", f"/api/devices/{path_part(device_id)}/calibration", body)

    async def suggest_calibration(self, device_id: str) -> wire.CalibrationSuggestion:
        """Endpoints that the probe's own history suggests, or why there are none."""
        path = f"/api/devices/{path_part(device_id)}/calibration/suggestion"
        return await self._get(wire.CalibrationSuggestion, path)

    async def delete_device(self, device_id: str) -> None:
        """Decommission: the broker drops it at once; its readings stay."""
        await self._exchange.ask("DELETE", f"/api/devices/{path_part(device_id)}")

    async def rotate_device(self, device_id: str) -> wire.Registered:
        """New MQTT credentials for a device; the old ones stop working."""
        return await self._send(wire.Registered, "POST", f"/api/devices/{path_part(device_id)}/rotate")

    async def allow_reenrolment(self, device_id: str) -> wire.Device:
        """Let a known MAC register again, once."""
        return await self._send(wire.Device, "POST", f"/api/devices/{path_part(device_id)}/allow-reenrolment")

    async def command_device(self, device_id: str, body: wire.CommandBody) -> wire.CommandSent:
        """Send a command to a device over MQTT."""
        return await self._send(
            wire.CommandSent, "POST", f"/api/devices/{path_part(device_id)}/command", body
        )
