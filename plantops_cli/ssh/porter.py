"""One connection at the door: who is there, by the one key that was proved; and nothing but sessions."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import NoReturn, Protocol

import asyncssh

from plantops_cli.ssh.rules import MOST_KEYS_OFFERED, SIT_DOWN_WITHIN_S
from plantops_cli.ssh.seat import Guest, Seat

UNREACHABLE = (
    "The PlantOps server cannot be reached at the moment, so nobody can be let in. Try again soon.\n"
)
_READ_WITHIN_S = 1.0


class Known(Protocol):
    """A registered key."""

    username: str
    fingerprint: str


class Host(Protocol):
    """What a connection asks the door."""

    def admits(self, porter: Porter) -> bool:
        """Whether this connection may go on; it has said nothing yet."""

    async def owner_of(self, fingerprint: str) -> Known | None:
        """The registered key of that fingerprint; raises ConnectionError when the server is away."""

    def known(self, porter: Porter) -> None:
        """A key was proved."""

    def left(self, porter: Porter) -> None:
        """The connection is over."""

    def seat(self, guest: Guest) -> Seat | None:
        """A free seat; None when all are taken."""

    def refused(self, porter: Porter) -> None:
        """It ended before a key was proved."""


class Porter(asyncssh.SSHServer):
    """Lets in whoever proves a registered key; the name that the client gives decides nothing.

    A client may ask about any number of keys without having their private halves. Only a signature lets it in, and
    asyncssh checks it in the same step in which it asked us about that key: so the key asked about last, at the
    moment in which it says that authentication is complete, is the one that was proved.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._connection: asyncssh.SSHServerConnection
        self._asked: Known | None = None
        self._proved: Known | None = None
        self.offers = 0
        self.address, self.connection = "", ""
        self._gone = asyncio.Event()
        self._sat_down = False

    @property
    def username(self) -> str:
        """Of the proved key; empty before."""
        return self._proved.username if self._proved else ""

    @property
    def fingerprint(self) -> str:
        """Of the proved key; empty before."""
        return self._proved.fingerprint if self._proved else ""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Somebody is there."""
        self._connection = conn
        peer, here = conn.get_extra_info("peername"), conn.get_extra_info("sockname")
        self.address = str(peer[0])
        self.connection = f"{peer[0]} {peer[1]} {here[0]} {here[1]}"
        if not self._host.admits(self):
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone."""
        self._gone.set()
        if self._proved is None:
            self._host.refused(self)
        self._host.left(self)

    # --- who -------------------------------------------------------------------------------------------

    def begin_auth(self, username: str) -> bool:
        """Everybody has to prove a key."""
        return True

    def password_auth_supported(self) -> bool:
        """No passwords."""
        return False

    def kbdint_auth_supported(self) -> bool:
        """Nor questions."""
        return False

    def public_key_auth_supported(self) -> bool:
        """Keys only."""
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether this key is registered; that the client has it is checked by the caller, by its signature."""
        self._asked = None
        self.offers += 1
        if self.offers > MOST_KEYS_OFFERED:
            self._connection.disconnect(
                asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "Too many keys; name one with -i."
            )
            return False
        try:
            found = await self._host.owner_of(key.get_fingerprint("sha256"))
        except ConnectionError:
            with suppress(OSError, asyncssh.Error):
                self._connection.send_auth_banner(UNREACHABLE)
            return False
        self._asked = found
        return found is not None

    def auth_completed(self) -> None:
        """A signature was right: from here on it is the user of that key."""
        self._proved = self._asked
        self._host.known(self)
        asyncio.get_running_loop().call_later(SIT_DOWN_WITHIN_S, self._show_out_if_idle)

    # --- what ------------------------------------------------------------------------------------------

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> NoReturn:
        """Nothing is forwarded. What asyncssh has other doors for (-R, sockets, tun) it refuses by itself."""
        raise asyncssh.ChannelOpenError(
            asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "Nothing is forwarded here."
        )

    def session_requested(self) -> Seat:
        """A seat, if one is free."""
        if self._proved is None:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "Prove a key first.")
        seat = self._host.seat(self)
        if seat is None:
            raise asyncssh.ChannelOpenError(
                asyncssh.OPEN_RESOURCE_SHORTAGE, "As many sessions as may be are open. Try again later."
            )
        self._sat_down = True
        return seat

    def _show_out_if_idle(self) -> None:
        """A connection on which nobody ever asks for a session (``ssh -N``) has nothing to wait for."""
        if not self._sat_down:
            self._connection.disconnect(asyncssh.DISC_BY_APPLICATION, "No session was asked for.")

    async def close(self) -> None:
        """End the connection, after a moment in which the client may read its last words and go by itself."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_READ_WITHIN_S):
                await self._gone.wait()
        self._connection.close()
