"""The part of the garden's server behind Settings: notifications, users, tokens; and what limits would have done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plantops_api import wire
from tests.tui.fake_nursery import page
from tests.tui.moments import NOW, ago


class FakeOffice:
    """Answers like the doors of settings and access."""

    def __init__(self) -> None:
        self.notifications = wire.NotificationSettings(
            channels=[
                wire.Channel(name="family", type="discord", url="https://discord.com/api/webhooks/1130/****"),
                wire.Channel(name="phone", type="apprise", url="ntfys://****", min_severity="critical",
                             kinds=["low", "offline"], enabled=False, disabled_reason="HTTP 404: gone"),
            ],
            quiet_hours=wire.QuietHours(start="22:00", end="07:30", timezone="Europe/Berlin"),
            repeat_after_s=21_600,
        )  # fmt: skip
        self.users = [
            wire.User(id="usr_1", username="admin", role="admin", has_password=False, created_at=ago(90_000)),
            wire.User(id="usr_2", username="ada", role="operator", has_password=True, created_at=ago(80_000),
                      last_login_at=ago(300)),
        ]  # fmt: skip
        self.tokens = [
            wire.Token(id="tok_1", name="greenhouse display", username="ada", role="viewer", created_at=ago(70_000),
                       expires_at=NOW + timedelta(days=3), last_used_at=ago(1)),
            wire.Token(id="tok_2", name="old phone", username="admin", role="admin", created_at=ago(90_000),
                       expires_at=ago(4000)),
        ]  # fmt: skip
        self.enrolment = [
            wire.EnrolmentToken(id="enr_1", name="balcony", uses_left=3, created_at=ago(500),
                                expires_at=NOW + timedelta(hours=16), last_used_at=ago(20)),
        ]  # fmt: skip
        self.test_outcome = wire.ChannelTest(channel="family", ok=True, status=204)
        self.deliveries = [
            wire.DeliveryAttempt(id=1, channel="family", event="opened", at=ago(290), outcome="later", status=429,
                                 error="rate limited"),
            wire.DeliveryAttempt(id=2, channel="family", event="opened", at=ago(289), outcome="sent", status=204),
        ]  # fmt: skip

    def office(self, method: str, steps: list[str], params: dict[str, str], body: Any) -> Any:
        """The answer, or None for what is not there."""
        match method, steps:
            case _, ["api", "settings", "notifications", *rest]:
                return self._notifications(method, rest, body)
            case _, ["api", ("users" | "tokens") as kind, *rest]:
                return self._access(method, kind, rest, body)
            case _, ["api", "enrolment-tokens", *rest]:
                return self._enrolment(method, rest, body)
            case "GET", ["api", "alerts", _, "deliveries"]:
                return page(self.deliveries)
            case "GET", ["api", "plants", plant_id, "thresholds", "what-if"]:
                return what_if(plant_id, params)
        return None

    def _notifications(self, method: str, rest: list[str], body: Any) -> Any:
        if method == "POST":
            outcome = self.test_outcome.model_copy(update={"channel": body["channel"]})
            return wire.NotificationTest(results=[outcome]).model_dump(mode="json")
        if method == "PUT":
            kept = wire.NotificationSettingsBody.model_validate(body).model_dump()
            for channel in kept["channels"]:
                if "****" not in channel["url"]:
                    channel["url"] = channel["url"][:24] + "****"
            self.notifications = wire.NotificationSettings.model_validate(kept)
        return self.notifications.model_dump(mode="json")

    def _enrolment(self, method: str, rest: list[str], body: Any) -> Any:
        if method == "POST":
            made = wire.EnrolmentToken(
                id="enr_9", name=body["name"], uses_left=body["uses"], created_at=NOW,
                expires_at=NOW + timedelta(seconds=body.get("expires_in_s") or 86_400),
            )  # fmt: skip
            self.enrolment.append(made)
            return {**made.model_dump(mode="json"), "token": "enrol_shown_once"}
        if method == "DELETE":
            self.enrolment[:] = [token for token in self.enrolment if token.id != rest[0]]
            return {}
        return page(self.enrolment)

    def _access(self, method: str, kind: str, rest: list[str], body: Any) -> Any:
        found: list[Any] = self.users if kind == "users" else self.tokens
        match method:
            case "POST" if kind == "users":
                said = {"username": body["username"], "role": body["role"]}
                found.append(wire.User(id="usr_9", has_password=True, created_at=NOW, **said))
                return found[-1].model_dump(mode="json")
            case "POST":
                made = wire.Token(
                    id="tok_9", name=body["name"], role=body["role"], username="ada", created_at=NOW
                )
                found.append(made)
                return {**made.model_dump(mode="json"), "token": "plantops_shown_once"}
            case "PATCH":
                place = next(i for i, user in enumerate(found) if user.id == rest[0])
                found[place] = found[place].model_copy(update={"role": body["role"]})
                return found[place].model_dump(mode="json")
            case "DELETE":
                found[:] = [item for item in found if item.id != rest[0]]
                return {}
        return page(found)


def what_if(plant_id: str, params: dict[str, str]) -> Any:
    """The higher the lower limit, the more alerts."""
    low = float(params["min"]) if "min" in params else None
    high = float(params["max"]) if "max" in params else None
    alerts = int((low or 0) // 10)
    return wire.WhatIf(
        plant_id=plant_id, metric=params["metric"], start=NOW - timedelta(days=30), end=NOW, readings=4320,
        hours_known=720,
        proposed=wire.WhatIfOutcome(min=low, max=high, alerts=alerts, critical=0, hours_low=alerts * 13.7,
                                    hours_high=0, longest_h=9),
        current=wire.WhatIfOutcome(min=25, max=60, alerts=2, critical=1, hours_low=20, hours_high=1, longest_h=9),
        current_source="species",
    ).model_dump(mode="json")  # fmt: skip
