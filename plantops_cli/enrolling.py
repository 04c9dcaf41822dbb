"""Registering a device from the command line, and handing over credentials that are shown once."""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from plantops_api import places, wire
from plantops_cli import diagnostics
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation
from plantops_cli.lookup import find_plant
from plantops_cli.output import Column

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

_CREDENTIALS = (
    Column("device_id", lambda device: device.device_id),
    Column("host", lambda device: device.mqtt.host),
    Column("port", lambda device: device.mqtt.port),
    Column("tls", lambda device: device.mqtt.tls),
    Column("client_id", lambda device: device.mqtt.client_id),
    Column("username", lambda device: device.mqtt.username),
    Column("password", lambda device: device.mqtt.password),
    Column("telemetry", lambda device: device.topics.telemetry),
    Column("status", lambda device: device.topics.status),
    Column("config", lambda device: device.topics.config),
    Column("command", lambda device: device.topics.command),
    Column("report_interval_s", lambda device: device.report_interval_s),
)


def checked_mac(typed: str) -> str:
    """The MAC address. Raises Stop when it is none (exit 2)."""
    if not re.fullmatch(r"[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}", typed):
        raise Stop(ExitCode.USAGE, f"{typed!r} is no MAC address.", "Write it as 24:6F:28:AE:52:7C.")
    return typed


def given_token(file: str | None) -> str | None:
    """The enrolment token in a file, or on stdin (``-``). Raises TokenFileUnreadable."""
    if file == "-":
        return sys.stdin.readline().strip()
    return places.read_token(Path(file)) if file else None


async def register(
    client: PlantOpsClient, body: wire.RegisterBody, token: str | None, plant: str | None
) -> wire.Registered:
    """Register with the token, or with one made for this one use; tie it to a plant if one is named.

    The plant is looked up first: nothing is half done when it does not exist.
    """
    target = await find_plant(client, plant) if plant else None
    body = body.model_copy(update={"nonce": secrets.token_hex(8)})
    if token is None:
        made = await client.create_enrolment_token(
            wire.EnrolmentTokenBody(
                name=f"plantops devices register {body.mac_address}", uses=1, expires_in_s=60
            )
        )
        try:
            registered = await client.register_device(body, made.token)
        finally:
            await client.delete_enrolment_token(made.id)
    else:
        registered = await client.register_device(body, token)
    if target is not None:
        await client.provision_device(registered.device_id, target.id)
    return registered


def hand_over(call: Invocation, registered: wire.Registered, out: str | None) -> None:
    """Print the credentials, or write them to a file with mode 0600 and print nothing secret."""
    if out is None:
        call.writer().one(registered, _CREDENTIALS)
        diagnostics.say("The password is shown this once; PlantOps keeps only its hash.")
        return
    write_secret_file(Path(out), json.dumps(registered.model_dump(mode="json"), indent=2) + "\n")
    diagnostics.say(f"Wrote the credentials to {out}; only you can read it.")


def write_secret_file(path: Path, content: str) -> None:
    """A new file that only its owner can read. Raises Stop when the file exists already (exit 6)."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Stop(
            ExitCode.CONFLICT, f"{path} exists already.", "Name another file, or remove it first."
        ) from None
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
