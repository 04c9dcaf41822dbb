"""MQTT credentials of devices, in the database and at the broker, so that neither is ever half done.

A new account is made at the broker first, under a name that nobody has had, and the row is written after it: whoever
has an answer can connect. If the row is not written the account is taken away, here or by the next reconciliation. No
transaction is open while the broker is spoken to.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from datetime import datetime
from typing import Any, NamedTuple

from plantops_server.broker.accounts import Account, Accounts, Drift
from plantops_server.broker.address import Login
from plantops_server.broker.dynsec_entries import Entry, state
from plantops_server.broker.identities import server_logins
from plantops_server.broker.passwords import hash_password, new_password
from plantops_server.devices import enrolment, registry
from plantops_server.devices.enrolment import Admission, Credentials, Request
from plantops_server.errors import BrokerStateNotReachable, Conflict, PlantOpsError
from plantops_server.store import bell
from plantops_server.store.database import Database
from plantops_server.store.ids import new_id
from plantops_server.store.vault import Vault

log = logging.getLogger(__name__)

_DECISIONS = 3  # attempts of one device that arrive together settle in the second round
_SETTLE_S = 2.0


class Issued(NamedTuple):
    """Credentials that work now. ``row``: id, status and report_interval_s of the device."""

    row: dict[str, Any]
    account: Account


async def register(db: Database, accounts: Accounts, request: Request, now: datetime) -> Issued:
    """Let a device in, or give it credentials again after a lost answer or with an owner's leave.

    Raises EnrolmentClosed, EnrolmentTokenNotAccepted, TooManyUnclaimed, DeviceAlreadyRegistered, and BrokerUnavailable
    or BrokerError with nothing changed.
    """
    for _ in range(_DECISIONS):
        async with db.connection() as conn:
            admission = await enrolment.admission(conn, request, now)
        if admission.kind == "retry" and admission.known is not None:
            return await rotate(db, accounts, admission.known["id"])
        issued = await _enrol(db, accounts, request, admission, now)
        if issued is not None:
            return issued
    raise Conflict(problem="Several registrations of this device came at once. Try again in a few seconds.")


async def rotate(db: Database, accounts: Accounts, device_id: str) -> Issued:
    """A new password for the same account; a live connection under the old one ends.

    Raises DeviceNotFound, Conflict when somebody else rotates it now, and BrokerUnavailable or BrokerError, after which
    the old password holds.
    """
    async with db.connection() as conn:
        row = await registry.get_device(conn, device_id)
    old_hash = row["mqtt_password_hash"]
    account = _account(device_id, row["mqtt_username"], row["mqtt_client_id"])
    await _swap_hash(db, device_id, old_hash, account.password_hash)
    try:
        await accounts.set_password(account)
    except PlantOpsError:
        await _swap_hash(db, device_id, account.password_hash, old_hash)
        raise
    log.info("new password for device %s", device_id)
    return Issued(row, account)


async def decommission(db: Database, accounts: Accounts, device_id: str, now: datetime) -> None:
    """Shut a device out, at the broker first, and take it out of use; its readings stay.

    Raises DeviceNotFound, and BrokerUnavailable or BrokerError with nothing changed.
    """
    async with db.connection() as conn:
        row = await registry.get_device(conn, device_id)
    await accounts.delete(device_id, row["mqtt_username"])
    async with db.transaction() as conn:
        plant_id = await registry.decommission(conn, device_id, now)
        await bell.ring(conn, "device", [device_id])
        await bell.ring(conn, "plant", [plant_id] if plant_id else [])
    log.info("device %s is decommissioned", device_id)


async def reconcile(db: Database, accounts: Accounts, *, settle_s: float = _SETTLE_S) -> Drift:
    """Make the broker's accounts equal to the database; what was different. Logs it.

    Accounts that the broker has lost come back with the passwords that the devices have, at the price of a restart of
    the broker; where only a person can do that, the log says how, and they stay ``missing``. Raises BrokerUnavailable
    and BrokerError.
    """
    wanted = await _wanted(db)
    drift = await accounts.reconcile(wanted)
    if drift.missing:
        drift = await _bring_back(db, accounts, drift, settle_s)
    if drift:
        # Our own accounts are made at the first start: nothing to worry about.
        alarming = (
            drift.deleted
            or drift.repaired
            or drift.missing
            or {a.username for a in wanted} & {*drift.created}
        )
        log.log(
            logging.WARNING if alarming else logging.INFO,
            "the broker's accounts differed from the database: %d made, %d deleted, %d repaired, %d still missing",
            len(drift.created), len(drift.deleted), len(drift.repaired), len(drift.missing),
        )  # fmt: skip
    return drift


async def _bring_back(db: Database, accounts: Accounts, drift: Drift, settle_s: float) -> Drift:
    await asyncio.sleep(
        settle_s
    )  # a device that is being decommissioned is missing too, until its row says so
    wanted = await _wanted(db)
    missing = sorted({account.username for account in wanted} & set(drift.missing))
    if not missing:
        return drift._replace(missing=[])
    log.warning("the broker has lost %d accounts; they are rebuilt from the database", len(missing))
    try:
        await accounts.rebuild(wanted)
    except BrokerStateNotReachable as error:
        log.error("%s", error)
        return drift._replace(missing=missing)
    return drift._replace(created=[*drift.created, *missing], missing=[])


async def broker_state(db: Database, vault: Vault, admin: Login, now: datetime) -> str:
    """The dynamic-security.json that a broker needs to let every device in with the password it has.

    For a broker whose files the server cannot reach. Raises WrongSecretKey.
    """
    async with db.transaction() as conn:
        logins = await server_logins(conn, vault)
    entries = [*map(Entry.of_server, logins.all), *map(Entry.of_device, await _wanted(db))]
    return json.dumps(state(admin, entries, now), indent=1)


async def _enrol(
    db: Database, accounts: Accounts, request: Request, admission: Admission, now: datetime
) -> Issued | None:
    """Account, then row; None when somebody else was faster, with everything as it was."""
    device_id = new_id("dev") if admission.known is None else admission.known["id"]
    account = _new_account(device_id)
    await accounts.create(account)
    try:
        async with db.transaction() as conn:
            stored = Credentials(device_id, account.username, account.client_id, account.password_hash)
            row = await enrolment.admit(conn, request, admission, stored, now)
            if row is not None:
                await bell.ring(conn, "device", [device_id])
    except BaseException:
        await _take_away(accounts, account.device_id, account.username)
        raise
    if row is None:
        await _take_away(accounts, account.device_id, account.username)
        return None
    if admission.known is not None:
        await _take_away(accounts, device_id, admission.known["mqtt_username"])
    log.info("device %s is enrolled (%s)", device_id, admission.kind)
    return Issued(row, account)


async def _take_away(accounts: Accounts, device_id: str, username: str) -> None:
    """Delete an account that no row names; if that fails now, the next reconciliation does it."""
    try:
        await accounts.delete(device_id, username)
    except PlantOpsError as error:
        log.warning("the broker account %s goes with the next reconciliation: %s", username, error)


async def _swap_hash(db: Database, device_id: str, old: str, new: str) -> None:
    async with db.transaction() as conn:
        if not await registry.change_password(conn, device_id, old, new):
            raise Conflict(
                problem=f"The password of device {device_id} is being changed by somebody else. Look at the device, "
                "and rotate it again if you need to."
            )


async def _wanted(db: Database) -> list[Account]:
    async with db.connection() as conn:
        rows = await registry.broker_accounts(conn)
    return [
        Account(row["id"], row["mqtt_username"], row["mqtt_client_id"], row["mqtt_password_hash"])
        for row in rows
    ]


def _new_account(device_id: str) -> Account:
    """An account under a name and a client id that were never used: no old session can be taken up with them."""
    name = f"{device_id}-{secrets.token_hex(4)}"
    return _account(device_id, name, name)


def _account(device_id: str, username: str, client_id: str) -> Account:
    password = new_password()
    return Account(device_id, username, client_id, hash_password(password), password)
