"""How simulated devices get in: over HTTP as any device does, with a nonce, and back in when they are known already."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from plantops_api import errors, wire
from plantops_api.client import PlantOpsClient
from plantops_cli.simulator import chance

TOKEN_LIFE_S = 3600
ATTEMPTS = 30
LONGEST_WAIT_S = 30.0
"""Registration is rate-limited: a crowd of devices has to queue."""


class Enrolled(NamedTuple):
    """A device that may connect. ``known``: the device as the server held it before, None when it is new."""

    registered: wire.Registered
    known: wire.Device | None


@asynccontextmanager
async def enrolment_token(client: PlantOpsClient, name: str, uses: int) -> AsyncIterator[str]:
    """A token for so many devices, gone afterwards; needs the rights of whoever may make tokens."""
    body = wire.EnrolmentTokenBody(name=name, uses=uses, expires_in_s=TOKEN_LIFE_S)
    created = await client.create_enrolment_token(body)
    try:
        yield created.token
    finally:
        with suppress(errors.ApiError):  # used up or expired: then it is gone already
            await client.delete_enrolment_token(created.id)


async def register(client: PlantOpsClient, body: wire.RegisterBody, token: str | None) -> wire.Registered:
    """Register a new device. Waits when the server asks to; a lost answer is asked for once more under its nonce.

    Raises:
        Conflict: its MAC is known. Other ApiErrors: the server refuses, or is away.
    """
    body = body.model_copy(update={"nonce": secrets.token_hex(8)})
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await client.register_device(body, token)
        except errors.TooManyRequests as refusal:
            if attempt == ATTEMPTS:
                raise
            await asyncio.sleep(min(refusal.retry_after_s or 1.0, LONGEST_WAIT_S))
        except errors.ServerUnreachable:
            if attempt > 1:
                raise
    raise AssertionError("unreachable")


async def register_or_return(client: PlantOpsClient, body: wire.RegisterBody, token: str | None) -> Enrolled:
    """Register, or take up a device that registered before: its readings stay, its secret is rotated."""
    try:
        return Enrolled(await register(client, body, token), None)
    except errors.Conflict:
        known = await device_of(client, body.mac_address)
        if known is None:
            raise
        return Enrolled(await client.rotate_device(known.id), known)


async def device_of(client: PlantOpsClient, mac_address: str) -> wire.Device | None:
    """The device that holds a MAC address."""
    for device in await client.list_devices(q=mac_address):
        if device.mac_address and _digits(device.mac_address) == _digits(mac_address):
            return device
    return None


def mac_address(*names: object) -> str:
    """A locally administered unicast MAC address derived from names: the same names give the same one."""
    digits = chance.seed_of(*names).to_bytes(8, "big")[:6]
    return ":".join(f"{byte:02X}" for byte in bytes([digits[0] & 0xFC | 0x02]) + digits[1:])


def _digits(mac: str) -> str:
    return mac.replace(":", "").replace("-", "").lower()
