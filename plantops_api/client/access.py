"""People, and what proves who they are."""

from __future__ import annotations

from plantops_api import wire
from plantops_api.client.calls import Calls, path_part


class AccessCalls(Calls):
    """People, and what proves who they are."""

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
        return await self._send(wire.User, "PATCH", f"/api/users/{path_part(user_id)}", body, only_set=True)

    async def delete_user(self, user_id: str) -> None:
        """Remove a user and the user's tokens."""
        await self._exchange.ask("DELETE", f"/api/users/{path_part(user_id)}")

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
        return await self._send(wire.Token, "GET", f"/api/tokens/{path_part(token_id)}")

    async def delete_token(self, token_id: str) -> None:
        """Revoke an API token."""
        await self._exchange.ask("DELETE", f"/api/tokens/{path_part(token_id)}")

    async def list_ssh_keys(self, user_id: str = "me", limit: int | None = None) -> list[wire.SshKey]:
        """SSH keys of a user; ``me`` is the owner of our token."""
        return await self._list(wire.SshKey, f"/api/users/{path_part(user_id)}/ssh-keys", limit)

    async def all_ssh_keys(self, fingerprint: str | None = None) -> list[wire.SshKey]:
        """Everybody's SSH keys, or the one with this fingerprint; for admins."""
        return await self._list(wire.SshKey, "/api/ssh-keys", None, fingerprint=fingerprint)

    async def add_ssh_key(self, user_id: str, body: wire.SshKeyBody) -> wire.SshKey:
        """Let a public key log a user in."""
        return await self._send(wire.SshKey, "POST", f"/api/users/{path_part(user_id)}/ssh-keys", body)

    async def delete_ssh_key(self, user_id: str, key_id: str) -> None:
        """Take a key away from a user."""
        await self._exchange.ask("DELETE", f"/api/users/{path_part(user_id)}/ssh-keys/{path_part(key_id)}")

    async def open_ssh_session(self, body: wire.SshSessionBody) -> wire.TokenCreated:
        """A token with which an SSH door acts as that user; ``delete_token`` ends it."""
        return await self._send(wire.TokenCreated, "POST", "/api/ssh-sessions", body)
