"""Alerts, maintenance, and who is told."""

from __future__ import annotations

from plantops_api import wire
from plantops_api.client.calls import Calls, path_part


class AlertCalls(Calls):
    """Alerts, maintenance, and who is told."""

    async def list_alerts(
        self,
        state: str = "open",
        *,
        plant_id: str | None = None,
        q: str | None = None,
        limit: int | None = None,
    ) -> list[wire.Alert]:
        """Alerts, newest first; ``state`` is open or all."""
        return await self._list(wire.Alert, "/api/alerts", limit, state=state, plant_id=plant_id, q=q)

    async def get_alert(self, alert_id: int) -> wire.Alert:
        """One alert."""
        return await self._get(wire.Alert, f"/api/alerts/{alert_id}")

    async def ack_alert(self, alert_id: int) -> wire.Alert:
        """Say "seen, I am on it": no more reminders."""
        return await self._send(wire.Alert, "POST", f"/api/alerts/{alert_id}/ack")

    async def unack_alert(self, alert_id: int) -> wire.Alert:
        """Take an acknowledgement back."""
        return await self._send(wire.Alert, "POST", f"/api/alerts/{alert_id}/unack")

    async def snooze_alert(self, alert_id: int, body: wire.SnoozeBody) -> wire.Alert:
        """Be quiet about it for a while."""
        return await self._send(wire.Alert, "POST", f"/api/alerts/{alert_id}/snooze", body)

    async def resolve_alert(self, alert_id: int, body: wire.ResolveBody | None = None) -> wire.Alert:
        """Close it by hand."""
        body = body or wire.ResolveBody()
        return await self._send(wire.Alert, "POST", f"/api/alerts/{alert_id}/resolve", body)

    async def alert_deliveries(self, alert_id: int, limit: int | None = None) -> list[wire.DeliveryAttempt]:
        """Every attempt to tell of one alert, the newest first."""
        return await self._list(wire.DeliveryAttempt, f"/api/alerts/{alert_id}/deliveries", limit)

    async def list_maintenance(self) -> list[wire.Maintenance]:
        """What is in maintenance now."""
        return await self._list(wire.Maintenance, "/api/maintenance", None)

    async def begin_maintenance(
        self, body: wire.MaintenanceBody, plant_id: str | None = None
    ) -> wire.Maintenance:
        """Tell nothing for a while, about one plant or (none given) about anything."""
        return await self._send(wire.Maintenance, "POST", _maintenance(plant_id), body)

    async def end_maintenance(self, plant_id: str | None = None) -> None:
        """Tell again, about one plant or (none given) about everything that is not in maintenance itself."""
        await self._exchange.ask("DELETE", _maintenance(plant_id))

    async def get_notification_settings(self) -> wire.NotificationSettings:
        """Notification channels (URLs masked) and rules."""
        return await self._get(wire.NotificationSettings, "/api/settings/notifications")

    async def replace_notification_settings(
        self, body: wire.NotificationSettingsBody
    ) -> wire.NotificationSettings:
        """Replace channels and rules; a masked URL keeps the stored secret of the channel of that name."""
        return await self._send(wire.NotificationSettings, "PUT", "/api/settings/notifications", body)

    async def send_test_notification(self, channel: str | None = None) -> wire.NotificationTest:
        """Send a test message through one channel, or all, and tell what really came back."""
        body = wire.NotificationTestBody(channel=channel)
        return await self._send(wire.NotificationTest, "POST", "/api/settings/notifications/test", body)


def _maintenance(plant_id: str | None) -> str:
    return "/api/maintenance" if plant_id is None else f"/api/plants/{path_part(plant_id)}/maintenance"
