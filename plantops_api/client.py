"""The PlantOps client: one method an endpoint, answers as wire models, errors as the tree of ``errors``.

    async with PlantOpsClient("http://127.0.0.1:8420", token) as client:
        for plant in await client.list_plants():
            print(plant.name, plant.health)

Every text in an answer has passed :mod:`plantops_api.text`. ``transport=`` is the seam for tests: hand it
``httpx2.ASGITransport(app)`` and the client talks to the server in process.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self, TypeVar, cast
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ValidationError

from plantops_api import errors, text, wire
from plantops_api.exchange import TIMEOUT_S, Exchange

Model = TypeVar("Model", bound=BaseModel)

PAGE = 200
"""Items asked for a page; ``list_*`` follow ``next_cursor`` until ``limit`` items or the end."""

STREAM_SILENCE_S = 45.0
"""Longest silence on the event stream, in s: three of the server's 15-s keep-alives."""

ADVICE_S = 150.0
"""How long a care plan may take, in s: the server gives the model 120, its repair round included."""

LLM_TEST_S = 30.0
"""How long the test of a language model may take, in s: the server gives it 10."""


class PlantOpsClient:
    """One server, one token. Use as ``async with``, or call ``aclose()``.

    Args:
        base_url: such as ``http://127.0.0.1:8420``.
        token: bearer token; None sends none.
        transport: replaces the network.
        timeout: seconds that a call may wait.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        timeout: float = TIMEOUT_S,
    ) -> None:
        self._exchange = Exchange(base_url, token, transport=transport, timeout=timeout)
        self.url = self._exchange.url

    def __repr__(self) -> str:
        return f"PlantOpsClient({self.url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._exchange.aclose()

    # --- plants -----------------------------------------------------------------------------------------

    async def list_plants(
        self, q: str | None = None, limit: int | None = None, *, archived: bool | None = None
    ) -> list[wire.PlantCard]:
        """Cards of all plants (or those whose text matches ``q``), following the pages."""
        return await self._list(wire.PlantCard, "/api/plants", limit, q=q, archived=archived)

    async def get_plant(self, plant_id: str) -> wire.Plant:
        """One plant with its devices and open alerts."""
        return await self._get(wire.Plant, f"/api/plants/{_part(plant_id)}")

    async def create_plant(self, body: wire.PlantBody) -> wire.Plant:
        """Add a plant."""
        return await self._send(wire.Plant, "POST", "/api/plants", body)

    async def replace_plant(self, plant_id: str, body: wire.PlantBody) -> wire.Plant:
        """Replace what people say about a plant; an absent optional field is cleared."""
        return await self._send(wire.Plant, "PUT", f"/api/plants/{_part(plant_id)}", body)

    async def delete_plant(self, plant_id: str) -> None:
        """Archive a plant; its readings stay."""
        await self._exchange.ask("DELETE", f"/api/plants/{_part(plant_id)}")

    async def restore_plant(self, plant_id: str) -> wire.Plant:
        """Take archiving back; its devices must be tied anew."""
        return await self._send(wire.Plant, "POST", f"/api/plants/{_part(plant_id)}/restore")

    async def plant_history(
        self,
        plant_id: str,
        range: str | None = None,  # noqa: A002 - the name of the query parameter
        *,
        metrics: list[str] | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        points: int | None = None,
    ) -> wire.History:
        """Readings of one plant in equal buckets: ``range`` is 24h, 7d, 30d or 1y, or give ``start`` and ``end``."""
        params = {
            "range": range,
            "metrics": ",".join(metrics) if metrics else None,
            "start": _iso(start),
            "end": _iso(end),
            "points": points,
        }
        return await self._get(wire.History, f"/api/plants/{_part(plant_id)}/history", params)

    async def plant_devices(self, plant_id: str) -> list[wire.DeviceBrief]:
        """The devices that sit in one plant."""
        return await self._list(wire.DeviceBrief, f"/api/plants/{_part(plant_id)}/devices", None)

    async def list_waterings(self, plant_id: str, limit: int | None = None) -> list[wire.Watering]:
        """Waterings of one plant, newest first."""
        return await self._list(wire.Watering, f"/api/plants/{_part(plant_id)}/waterings", limit)

    async def log_watering(self, plant_id: str, body: wire.WateringBody) -> wire.Watering:
        """Log a watering by hand."""
        return await self._send(wire.Watering, "POST", f"/api/plants/{_part(plant_id)}/waterings", body)

    async def export_plant_csv(
        self, plant_id: str, *, start: datetime | None = None, end: datetime | None = None
    ) -> AsyncIterator[bytes]:
        """The stored readings of one plant as CSV, piece by piece, never whole in memory.

        Raises:
            ServerUnreachable: the stream broke; what came so far is incomplete.
        """
        path = f"/api/plants/{_part(plant_id)}/export.csv"
        params = {"start": _iso(start), "end": _iso(end)}
        async with self._exchange.stream(path, params=params, headers={"Accept": "text/csv"}) as response:
            async for piece in response.aiter_bytes():
                yield piece

    async def snapshot_files(self) -> list[str]:
        """The files of which a snapshot of the web view is made."""
        answer = await self._exchange.ask("GET", "/snapshot/files.json")
        found = answer.get("files") if isinstance(answer, dict) else None
        return [str(name) for name in found] if isinstance(found, list) else []

    async def snapshot_file(self, name: str) -> bytes:
        """One file of a snapshot of the web view, as it is now."""
        path = "/".join(_part(part) for part in name.split("/"))
        async with self._exchange.stream(f"/snapshot/{path}", headers={"Accept": "*/*"}) as response:
            return await response.aread()

    async def threshold_what_if(
        self, plant_id: str, metric: str, low: float | None = None, high: float | None = None
    ) -> wire.WhatIf:
        """What these limits would have done in the last 30 days; None is no limit on that side."""
        params = {"metric": metric, "min": low, "max": high}
        return await self._get(wire.WhatIf, f"/api/plants/{_part(plant_id)}/thresholds/what-if", params)

    async def species_diff(self, plant_id: str, species: str) -> wire.SpeciesDiff:
        """Which limits of a plant another species would change, and which are kept."""
        path = f"/api/plants/{_part(plant_id)}/thresholds/species-diff"
        return await self._get(wire.SpeciesDiff, path, {"species": species})

    # --- devices ----------------------------------------------------------------------------------------

    async def list_devices(self, q: str | None = None, limit: int | None = None) -> list[wire.Device]:
        """All devices, or those whose text matches ``q``."""
        return await self._list(wire.Device, "/api/devices", limit, q=q)

    async def get_device(self, device_id: str) -> wire.Device:
        """One device with its rejected samples."""
        return await self._get(wire.Device, f"/api/devices/{_part(device_id)}")

    async def register_device(
        self, body: wire.RegisterBody, enrolment_token: str | None = None
    ) -> wire.Registered:
        """Register as a device does: with an enrolment token, or with none while the pairing window is open."""
        headers = {"Authorization": f"Bearer {enrolment_token}" if enrolment_token else ""}
        return await self._send(wire.Registered, "POST", "/api/devices/register", body, headers=headers)

    async def provision_device(self, device_id: str, plant_id: str | None) -> wire.Device:
        """Tie a device to a plant; None unties it."""
        body = wire.ProvisionBody(plant_id=plant_id)
        return await self._send(wire.Device, "POST", f"/api/devices/{_part(device_id)}/provision", body)

    async def update_device(self, device_id: str, body: wire.DevicePatch) -> wire.Device:
        """Change the given fields of a device."""
        path = f"/api/devices/{_part(device_id)}"
        return await self._send(wire.Device, "PATCH", path, body, only_set=True)

    async def calibrate_device(self, device_id: str, body: wire.CalibrationBody) -> wire.Device:
        """Set the endpoints of a soil probe; by default its history is derived by them, too."""
        return await self._send(wire.Device, "POST", f"/api/devices/{_part(device_id)}/calibration", body)

    async def suggest_calibration(self, device_id: str) -> wire.CalibrationSuggestion:
        """Endpoints that the probe's own history suggests, or why there are none."""
        path = f"/api/devices/{_part(device_id)}/calibration/suggestion"
        return await self._get(wire.CalibrationSuggestion, path)

    async def delete_device(self, device_id: str) -> None:
        """Decommission: the broker drops it at once; its readings stay."""
        await self._exchange.ask("DELETE", f"/api/devices/{_part(device_id)}")

    async def rotate_device(self, device_id: str) -> wire.Registered:
        """New MQTT credentials for a device; the old ones stop working."""
        return await self._send(wire.Registered, "POST", f"/api/devices/{_part(device_id)}/rotate")

    async def allow_reenrolment(self, device_id: str) -> wire.Device:
        """Let a known MAC register again, once."""
        return await self._send(wire.Device, "POST", f"/api/devices/{_part(device_id)}/allow-reenrolment")

    async def command_device(self, device_id: str, body: wire.CommandBody) -> wire.CommandSent:
        """Send a command to a device over MQTT."""
        return await self._send(wire.CommandSent, "POST", f"/api/devices/{_part(device_id)}/command", body)

    async def get_pairing(self) -> wire.Pairing:
        """State of the pairing window."""
        return await self._get(wire.Pairing, "/api/pairing")

    async def open_pairing(self, body: wire.PairingBody) -> wire.Pairing:
        """Let devices register without a token for a while."""
        return await self._send(wire.Pairing, "POST", "/api/pairing", body)

    async def close_pairing(self) -> None:
        """Close the pairing window."""
        await self._exchange.ask("DELETE", "/api/pairing")

    async def list_enrolment_tokens(self, limit: int | None = None) -> list[wire.EnrolmentToken]:
        """Enrolment tokens, without their secrets."""
        return await self._list(wire.EnrolmentToken, "/api/enrolment-tokens", limit)

    async def create_enrolment_token(self, body: wire.EnrolmentTokenBody) -> wire.EnrolmentTokenCreated:
        """A token with which devices may register; its secret is in this one answer only."""
        return await self._send(wire.EnrolmentTokenCreated, "POST", "/api/enrolment-tokens", body)

    async def delete_enrolment_token(self, token_id: str) -> None:
        """Revoke an enrolment token."""
        await self._exchange.ask("DELETE", f"/api/enrolment-tokens/{_part(token_id)}")

    # --- alerts and notifications -----------------------------------------------------------------------

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

    # --- species ----------------------------------------------------------------------------------------

    async def search_species(self, q: str | None = None, limit: int | None = None) -> list[wire.Species]:
        """Species of the shipped set whose scientific or common name matches."""
        return await self._list(wire.Species, "/api/species", limit, q=q)

    async def get_species(self, species_id: str) -> wire.Species:
        """One species."""
        return await self._get(wire.Species, f"/api/species/{_part(species_id)}")

    async def look_species_up(self, name: str) -> list[wire.Species]:
        """Ask OpenPlantbook, with the owner's key, for species by part of their name."""
        body = wire.SpeciesLookupBody(name=name)
        return (await self._send(wire.Page[wire.Species], "POST", "/api/species/lookup", body)).items

    async def fetch_species(self, species_id: str, *, refresh: bool = False) -> wire.Species:
        """Fetch a species from OpenPlantbook and keep it."""
        body = wire.SpeciesFetchBody(id=species_id, refresh=refresh)
        return await self._send(wire.Species, "POST", "/api/species/fetch", body)

    async def get_species_settings(self) -> wire.SpeciesSettings:
        """Whether OpenPlantbook can be asked; its secret is masked."""
        return await self._get(wire.SpeciesSettings, "/api/settings/species")

    async def replace_species_settings(self, body: wire.OpenPlantbookBody) -> wire.SpeciesSettings:
        """Set or forget the key of OpenPlantbook."""
        return await self._send(wire.SpeciesSettings, "PUT", "/api/settings/species", body)

    async def check_species_settings(self) -> wire.SpeciesProviderTest:
        """Ask OpenPlantbook something cheap, and tell what really came back."""
        return await self._send(wire.SpeciesProviderTest, "POST", "/api/settings/species/test")

    # --- care advisor -----------------------------------------------------------------------------------

    async def llm_settings(self) -> wire.LlmSettings:
        """Which model writes care plans, what it may cost and has cost; its key is masked."""
        return await self._get(wire.LlmSettings, "/api/settings/llm")

    async def set_llm_settings(self, body: wire.LlmSettingsBody) -> wire.LlmSettings:
        """Choose the model; an absent or masked key keeps the stored one, if the host stays."""
        return await self._send(wire.LlmSettings, "PUT", "/api/settings/llm", body, only_set=True)

    async def forget_llm_settings(self) -> None:
        """Forget provider, model and key: the rules write care plans then."""
        await self._exchange.ask("DELETE", "/api/settings/llm")

    async def test_llm(self) -> wire.LlmTest:
        """Make the cheapest authenticated call, and tell what really came back."""
        answer = await self._exchange.ask("POST", "/api/settings/llm/test", patience_s=LLM_TEST_S)
        return _model(wire.LlmTest, answer)

    async def analyze(self, plant_id: str, *, force: bool = False) -> wire.CarePlan:
        """The plant's care plan, written anew if something has changed since the current one (or by ``force``)."""
        body = wire.AnalyzeBody(force=force).model_dump(mode="json")
        path = f"/api/plants/{_part(plant_id)}/analyze"
        return _model(wire.CarePlan, await self._exchange.ask("POST", path, body=body, patience_s=ADVICE_S))

    async def analyze_live(
        self, plant_id: str, *, force: bool = False
    ) -> AsyncGenerator[wire.CareProgress | wire.CarePlan, None]:
        """``analyze`` that tells how far it is; the plan comes last.

        Whoever leaves it early closes it (``contextlib.aclosing``): when nobody waits any more, the server stops the
        call to the model, and nothing is saved.

        Raises:
            ServerUnreachable: the connection was lost before the plan came.
            Refused: the server's problem, also when it comes as an event.
        """
        body = wire.AnalyzeBody(force=force).model_dump(mode="json")
        path = f"/api/plants/{_part(plant_id)}/analyze"
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        async with self._exchange.stream(
            path, method="POST", body=body, headers=headers, silence_s=STREAM_SILENCE_S
        ) as response:
            source = cast("AsyncGenerator[httpx2.ServerSentEvent, None]", aiter(httpx2.EventSource(response)))
            async with aclosing(source) as arriving:
                async for sent in arriving:
                    told = _advice(sent)
                    if told is not None:
                        yield told
                    if isinstance(told, wire.CarePlan):
                        return
        raise errors.ServerUnreachable(f"The server at {self.url} ended the stream before the plan came.")

    async def care_plan(self, plant_id: str) -> wire.CarePlan:
        """The current care plan; NotFound when none was written yet."""
        return await self._get(wire.CarePlan, f"/api/plants/{_part(plant_id)}/care-plan")

    async def care_plans(self, plant_id: str, limit: int | None = None) -> list[wire.CarePlan]:
        """Care plans of one plant, the newest first."""
        return await self._list(wire.CarePlan, f"/api/plants/{_part(plant_id)}/care-plans", limit)

    async def care_feedback(self, plan_id: int, feedback: wire.Feedback | None) -> wire.CarePlan:
        """Say whether a plan helped; None takes it back."""
        body = wire.FeedbackBody(feedback=feedback)
        return await self._send(wire.CarePlan, "POST", f"/api/care-plans/{plan_id}/feedback", body)

    async def decide_action(self, plan_id: int, number: int, decision: wire.Decision) -> wire.CarePlan:
        """Accept or decline the action ``number`` (from 0) of a plan."""
        body = wire.DecisionBody(decision=decision)
        path = f"/api/care-plans/{plan_id}/actions/{number}/decision"
        return await self._send(wire.CarePlan, "POST", path, body)

    async def decide_proposal(self, plan_id: int, number: int, decision: wire.Decision) -> wire.CarePlan:
        """Accept or decline the threshold proposal ``number`` (from 0) of a plan; accepting sets the limits."""
        body = wire.DecisionBody(decision=decision)
        path = f"/api/care-plans/{plan_id}/threshold-proposals/{number}/decision"
        return await self._send(wire.CarePlan, "POST", path, body)

    async def advisor_preview(self, plant_id: str) -> wire.AdvisorPreview:
        """Exactly what ``analyze`` would send, to whom, and about what it would cost."""
        return await self._get(wire.AdvisorPreview, f"/api/plants/{_part(plant_id)}/advisor-preview")

    # --- access -----------------------------------------------------------------------------------------

    async def get_me(self) -> wire.Me:
        """Who the server thinks this token is."""
        return await self._get(wire.Me, "/api/auth/me")

    async def list_users(self, limit: int | None = None) -> list[wire.User]:
        """All users."""
        return await self._list(wire.User, "/api/users", limit)

    async def create_user(self, body: wire.UserBody) -> wire.User:
        """Add a user."""
        return await self._send(wire.User, "POST", "/api/users", body)

    async def update_user(self, user_id: str, body: wire.UserPatch) -> wire.User:
        """Change a user's role or password."""
        return await self._send(wire.User, "PATCH", f"/api/users/{_part(user_id)}", body, only_set=True)

    async def delete_user(self, user_id: str) -> None:
        """Remove a user and the user's tokens."""
        await self._exchange.ask("DELETE", f"/api/users/{_part(user_id)}")

    async def change_password(self, body: wire.PasswordBody) -> None:
        """Set the own password; it ends the own sessions in browsers."""
        await self._exchange.ask("POST", "/api/auth/password", body=body)

    async def make_login_link(self, body: wire.LoginLinkBody) -> wire.LoginLink:
        """A link that logs a browser in once; it is in this one answer only."""
        return await self._send(wire.LoginLink, "POST", "/api/auth/login-links", body)

    async def list_tokens(self, limit: int | None = None) -> list[wire.Token]:
        """API tokens, without their secrets."""
        return await self._list(wire.Token, "/api/tokens", limit)

    async def create_token(self, body: wire.TokenBody) -> wire.TokenCreated:
        """An API token; its secret is in this one answer only."""
        return await self._send(wire.TokenCreated, "POST", "/api/tokens", body)

    async def get_token(self, token_id: str) -> wire.Token:
        """One API token, without its secret."""
        return await self._send(wire.Token, "GET", f"/api/tokens/{_part(token_id)}")

    async def delete_token(self, token_id: str) -> None:
        """Revoke an API token."""
        await self._exchange.ask("DELETE", f"/api/tokens/{_part(token_id)}")

    async def list_ssh_keys(self, user_id: str = "me", limit: int | None = None) -> list[wire.SshKey]:
        """SSH keys of a user; ``me`` is the owner of our token."""
        return await self._list(wire.SshKey, f"/api/users/{_part(user_id)}/ssh-keys", limit)

    async def all_ssh_keys(self, fingerprint: str | None = None) -> list[wire.SshKey]:
        """Everybody's SSH keys, or the one with this fingerprint; for admins."""
        return await self._list(wire.SshKey, "/api/ssh-keys", None, fingerprint=fingerprint)

    async def add_ssh_key(self, user_id: str, body: wire.SshKeyBody) -> wire.SshKey:
        """Let a public key log a user in."""
        return await self._send(wire.SshKey, "POST", f"/api/users/{_part(user_id)}/ssh-keys", body)

    async def delete_ssh_key(self, user_id: str, key_id: str) -> None:
        """Take a key away from a user."""
        await self._exchange.ask("DELETE", f"/api/users/{_part(user_id)}/ssh-keys/{_part(key_id)}")

    async def open_ssh_session(self, body: wire.SshSessionBody) -> wire.TokenCreated:
        """A token with which an SSH door acts as that user; ``delete_token`` ends it."""
        return await self._send(wire.TokenCreated, "POST", "/api/ssh-sessions", body)

    # --- running ----------------------------------------------------------------------------------------

    async def get_ready(self) -> wire.Ready:
        """What /readyz says, also when the server is not ready."""
        return _model(wire.Ready, await self._exchange.ask("GET", "/readyz", accept=(503,)))

    async def server_time(self) -> datetime | None:
        """The server's clock by the Date header of /healthz, to the second; None when it sends none."""
        response = await self._exchange.send("GET", "/healthz")
        try:
            return parsedate_to_datetime(response.headers["date"])
        except (KeyError, ValueError):
            return None

    async def live(self, last_event_id: str | None = None) -> AsyncGenerator[wire.Event, None]:
        """Events of /api/stream as they come, over one connection; never ends by itself.

        Whoever leaves it early closes it (``contextlib.aclosing``), so that the connection goes at once.

        An event says what changed, not how: read it again. ``reset`` means: read everything again; it is the
        first event of a fresh connection, and comes later when events were lost. Give the ``id`` of the last
        event seen to continue after it, without a ``reset`` if the server still knows what followed.

        Raises:
            ServerUnreachable: the connection was lost, or nothing (not even a keep-alive) came for 45 s.
        """
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        async with self._exchange.stream(
            "/api/stream", headers=headers, silence_s=STREAM_SILENCE_S
        ) as response:
            fresh = not last_event_id
            # It is a generator, whatever its annotation says: closed at once when the reader leaves early.
            source = cast("AsyncGenerator[httpx2.ServerSentEvent, None]", aiter(httpx2.EventSource(response)))
            async with aclosing(source) as arriving:
                async for sent in arriving:
                    event = wire.Event(id=sent.id, event="reset") if fresh else _event(sent)
                    fresh = False
                    if event is not None:
                        yield event
        raise errors.ServerUnreachable(f"The server at {self.url} ended the event stream.")

    # --- how the above talk -----------------------------------------------------------------------------

    async def _get(self, model: type[Model], path: str, params: Mapping[str, Any] | None = None) -> Model:
        return _model(model, await self._exchange.ask("GET", path, params=params))

    async def _send(
        self,
        model: type[Model],
        method: str,
        path: str,
        body: BaseModel | None = None,
        *,
        only_set: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Model:
        sent = None if body is None else body.model_dump(mode="json", exclude_unset=only_set)
        return _model(model, await self._exchange.ask(method, path, body=sent, headers=headers))

    async def _list(self, model: type[Model], path: str, limit: int | None, **params: Any) -> list[Model]:
        found: list[Model] = []
        cursor: str | None = None
        while True:
            size = PAGE if limit is None else min(PAGE, limit - len(found))
            page = _model(
                wire.Page[Any],
                await self._exchange.ask("GET", path, params={**params, "limit": size, "cursor": cursor}),
            )
            found += [_model(model, item) for item in page.items]
            if not page.next_cursor or not page.items or (limit is not None and len(found) >= limit):
                return found[:limit]
            cursor = page.next_cursor


def _maintenance(plant_id: str | None) -> str:
    return "/api/maintenance" if plant_id is None else f"/api/plants/{_part(plant_id)}/maintenance"


def _part(value: str) -> str:
    """One path segment: an id that holds ``/`` or ``..`` stays one segment."""
    return quote(value, safe="") if value not in (".", "..") else value.replace(".", "%2E")


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _model(model: type[Model], answer: Any) -> Model:
    try:
        return model.model_validate(answer)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the answer"
        raise errors.NotPlantOps(
            f"The server's answer is not what this version expects ({where}: {first['msg']}).",
            'Client and server may be of different versions; "plantops doctor" compares them.',
        ) from None


def _advice(sent: httpx2.ServerSentEvent) -> wire.CareProgress | wire.CarePlan | None:
    """The typed event of ``analyze``; None for kinds that this version does not know. Raises its problem."""
    try:
        data = text.clean(json.loads(sent.data or "{}"))
    except (ValueError, RecursionError):
        raise errors.NotPlantOps("The server sent an event that is not JSON.") from None
    if sent.event == "problem":
        status = data.get("status") if isinstance(data, dict) else None
        raise errors.from_answer(status if isinstance(status, int) else 500, {}, sent.data.encode())
    if sent.event == "plan":
        return _model(wire.CarePlan, data)
    return _model(wire.CareProgress, data) if sent.event == "progress" else None


def _event(sent: httpx2.ServerSentEvent) -> wire.Event | None:
    """The typed event; None for kinds that this version does not know."""
    try:
        data = text.clean(json.loads(sent.data or "{}"))
        ids = data.get("ids", []) if isinstance(data, dict) else data
        return wire.Event.model_validate({"id": sent.id, "event": sent.event, "ids": ids})
    except (ValueError, RecursionError):
        return None
