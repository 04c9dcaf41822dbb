"""How a device gets in: registration, the pairing window, enrolment tokens."""

from __future__ import annotations

from plantops_api import wire
from plantops_api.client.calls import Calls, path_part


class EnrolmentCalls(Calls):
    """How a device gets in: registration, the pairing window, enrolment tokens."""

    async def register_device(
        self, body: wire.RegisterBody, enrolment_token: str | None = None
    ) -> wire.Registered:
        """Register as a device does: with an enrolment token, or with none while the pairing window is open."""
        headers = {"Authorization": f"Bearer {enrolment_token}" if enrolment_token else ""}
        return await self._send(wire.Registered, "POST", "/api/devices/register", body, headers=headers)

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
        await self._exchange.ask("DELETE", f"/api/enrolment-tokens/{path_part(token_id)}")
