"""Who may enrol, and as what: a new device, a known one that an owner lets in again, or one that lost the answer.

Nothing here talks to the broker: the caller makes the account first, and then writes the row in one transaction.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from plantops_api.wire import RegisterBody
from plantops_server.devices import enrolment_tokens, pairing
from plantops_server.devices.sql import SQL
from plantops_server.errors import (
    DeviceAlreadyRegistered,
    EnrolmentClosed,
    EnrolmentTokenNotAccepted,
    TooManyUnclaimed,
)
from plantops_server.store.database import Connection

Row = dict[str, Any]

RETRY_WITHIN = timedelta(minutes=2)
"""How long the same token and nonce get credentials again: the answer may have been lost on the way."""

MAX_UNCLAIMED = 50
"""Devices without a plant beyond which the pairing window lets nobody in: a flood must not fill the list."""


class Request(NamedTuple):
    """A device's wish to enrol. ``token`` None: it counts on the pairing window."""

    body: RegisterBody
    token: str | None

    @property
    def mac(self) -> str:
        """The MAC address as the database keeps it."""
        return normalised_mac(self.body.mac_address)

    @property
    def nonce_hash(self) -> str | None:
        """What is kept of token and nonce; None without a nonce."""
        if self.body.nonce is None:
            return None
        return hashlib.sha256(f"{self.token or ''}\0{self.body.nonce}".encode()).hexdigest()


class Admission(NamedTuple):
    """As what a device comes in. ``known`` is its row, None for new hardware."""

    kind: Literal["new", "again", "retry"]
    token_id: str | None
    known: Row | None


class Credentials(NamedTuple):
    """What is stored of the account that the broker holds."""

    device_id: str
    username: str
    client_id: str
    password_hash: str


async def admission(conn: Connection, request: Request, now: datetime) -> Admission:
    """Decide; changes nothing.

    Raises EnrolmentClosed, EnrolmentTokenNotAccepted, TooManyUnclaimed and DeviceAlreadyRegistered.
    """
    token = await _token(conn, request, now)
    known = await (await conn.execute(SQL["device_by_mac"], {"mac": request.mac})).fetchone()
    token_id = None if token is None else token["id"]
    if known is not None and _is_retry(known, request, now):
        return Admission("retry", token_id, known)
    await _check_claim(conn, token, now)
    if known is None:
        return Admission("new", token_id, None)
    allowed_until = known["reenrolment_allowed_until"]
    if allowed_until is None or allowed_until <= now:
        raise DeviceAlreadyRegistered(mac=request.mac, id=known["id"])
    return Admission("again", token_id, known)


async def admit(
    conn: Connection, request: Request, admission: Admission, credentials: Credentials, now: datetime
) -> Row | None:
    """Write the device down (its id, status, report_interval_s); takes one use of the token.

    None when somebody else was faster since ``admission``: decide again. Raises EnrolmentTokenNotAccepted.
    """
    if admission.token_id is not None and not await enrolment_tokens.use(conn, admission.token_id, now):
        raise EnrolmentTokenNotAccepted
    body = request.body
    values = {
        "id": credentials.device_id, "mac": request.mac, "username": credentials.username,
        "client_id": credentials.client_id, "password_hash": credentials.password_hash,
        "firmware_version": body.firmware_version, "sensor_types": Jsonb(body.sensor_types), "name": body.name,
        "report_interval_s": body.report_interval_s, "nonce_hash": request.nonce_hash, "now": now,
    }  # fmt: skip
    if admission.known is not None:
        values["old_username"] = admission.known["mqtt_username"]
        return await (await conn.execute(SQL["enrol_again"], values)).fetchone()
    try:
        return await (await conn.execute(SQL["insert_device"], values)).fetchone()
    except UniqueViolation:
        return None


def normalised_mac(text: str) -> str:
    """``24-6f-28-ae-52-7c``, ``246F28AE527C`` and the like as ``24:6F:28:AE:52:7C``."""
    digits = re.sub(r"[:-]", "", text).upper()
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


async def _token(conn: Connection, request: Request, now: datetime) -> Row | None:
    if request.token is None:
        return None
    token = await enrolment_tokens.find(conn, request.token, now)
    if token is None:
        raise EnrolmentTokenNotAccepted
    return token


async def _check_claim(conn: Connection, token: Row | None, now: datetime) -> None:
    """Registration alone is never enough: a person must have said yes, by a token or by the window."""
    if token is not None:
        if token["uses_left"] <= 0:
            raise EnrolmentTokenNotAccepted
        return
    if await pairing.window(conn, now) is None:
        raise EnrolmentClosed
    row = await (await conn.execute(SQL["count_unclaimed"])).fetchone()
    if row is not None and row["n"] >= MAX_UNCLAIMED:
        raise TooManyUnclaimed(60, count=row["n"])


def _is_retry(known: Row, request: Request, now: datetime) -> bool:
    same = request.nonce_hash is not None and known["enrolment_nonce_hash"] == request.nonce_hash
    return same and now - known["enrolled_at"] <= RETRY_WITHIN
