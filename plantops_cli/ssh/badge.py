"""The token with which one session acts: made for its user when it begins, revoked when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from plantops_api import errors, wire
from plantops_api.client import PlantOpsClient
from plantops_api.places import Place
from plantops_cli.exit_codes import ExitCode, Stop

_GOODBYE_WITHIN_S = 3.0


class Badge:
    """A session's own place: the server, and a token that may what its user may."""

    def __init__(self, url: str, issued: wire.TokenCreated) -> None:
        self.place = Place(url, issued.token, None)
        self._id = issued.id

    def give_back(self) -> None:
        """Revoke it; a second time, or a server that is away, is no error: it expires within a day."""

        async def talk() -> None:
            async with PlantOpsClient(self.place.url, self.place.token, timeout=_GOODBYE_WITHIN_S) as client:
                await client.delete_token(self._id)

        with suppress(errors.ApiError, RuntimeError):
            asyncio.run(talk())


@contextmanager
def worn(door: Place, body: wire.SshSessionBody) -> Iterator[Badge]:
    """A badge for the block; ``door`` has an admin's token.

    Raises Stop when it has none, and the errors of the client (the user or the key is gone, no server).
    """
    if door.token is None:
        raise Stop(
            ExitCode.NOT_ALLOWED,
            f"There is no admin's token for {door.url}.",
            "The SSH door needs one: run it where the data directory is, or name a file with --token-file.",
        )

    async def talk() -> wire.TokenCreated:
        async with PlantOpsClient(door.url, door.token) as client:
            return await client.open_ssh_session(body)

    badge = Badge(door.url, asyncio.run(talk()))
    try:
        yield badge
    finally:
        badge.give_back()
