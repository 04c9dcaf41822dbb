"""The door that devices knock on: registration, open to whoever has a token or finds the pairing window open."""

from __future__ import annotations

import ipaddress
import time
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Body, Request, Response

from plantops_api.wire import RegisterBody, Registered
from plantops_server import credentials
from plantops_server.api.small_body import SmallBodyRoute
from plantops_server.devices import enrolment, enrolment_tokens
from plantops_server.entrance.auth import HouseDep
from plantops_server.entrance.house import House
from plantops_server.entrance.papers import SECRET_ANSWER, registered
from plantops_server.errors import PlantOpsError, TooManyRequests

router = APIRouter(route_class=SmallBodyRoute, tags=["devices"])
log = structlog.get_logger(__name__)


@router.post("/api/devices/register", response_model=Registered, status_code=201)
async def register_device(
    body: Annotated[RegisterBody, Body()], request: Request, response: Response, house: HouseDep
) -> dict[str, Any]:
    """Register a device; the answer holds MQTT credentials that work at once and are shown this once.

    Send `Authorization: Bearer <enrolment token>`, or nothing while an owner holds the pairing window open. A known MAC
    address gets 409 unless an owner allowed it to enrol again. Send a random `nonce`: with the same one (and token)
    the device gets credentials again within 2 minutes, should the answer have been lost.
    """
    token = _enrolment_token(request)
    address = request.client.host if request.client else ""
    await _limit(house, address, token)
    try:
        issued = await credentials.register(
            house.db, house.accounts, enrolment.Request(body, token), house.clock()
        )
    except PlantOpsError as error:
        log.warning("registration refused", reason=error.code, address=address)
        raise
    response.headers.update(SECRET_ANSWER)
    return registered(issued, house, request)


async def _limit(house: House, address: str, token: str | None) -> None:
    """Raises TooManyRequests when this address has tried too often."""
    per_minute, key = house.settings.registrations_per_minute, address
    if _is_loopback(address) or await _is_valid(house, token):
        per_minute, key = house.settings.registrations_per_minute_trusted, f"trusted {address}"
    wait_s = house.registrations.wait_s(key, per_minute, time.monotonic())
    if wait_s:
        raise TooManyRequests(wait_s)


async def _is_valid(house: House, token: str | None) -> bool:
    if token is None:
        return False
    async with house.db.connection() as conn:
        return await enrolment_tokens.is_valid(conn, token, house.clock())


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _enrolment_token(request: Request) -> str | None:
    """The token that was sent; what is no bearer token counts as a token that is not valid."""
    header = request.headers.get("authorization", "").strip()
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else header
