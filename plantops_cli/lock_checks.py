"""Checks of the broker's locks, tried for real: without credentials, as a device on foreign topics, after removal."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from paho.mqtt.enums import MQTTProtocolVersion

from plantops_api import errors, wire
from plantops_cli import broker_probe
from plantops_cli.broker_probe import Broker, Login, NoAnswer
from plantops_cli.finding import Finding

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

_VERSIONS = {"3.1.1": MQTTProtocolVersion.MQTTv311, "5": MQTTProtocolVersion.MQTTv5}


async def without_credentials(broker: Broker) -> list[Finding]:
    """A real connection attempt with both protocol versions; being let in is the failure."""
    try:
        let_in = [
            name
            for name, version in _VERSIONS.items()
            if await asyncio.to_thread(broker_probe.lets_in, broker, None, version=version)
        ]
    except NoAnswer as problem:
        return [
            Finding(
                "anonymous mqtt",
                "warn",
                f"could not be tried: {problem}",
                "Name the broker as sensors see it: plantops doctor --broker mqtt://HOST:PORT",
            )
        ]
    if not let_in:
        return [Finding("anonymous mqtt", "ok", f"{broker} refuses clients without credentials")]
    return [
        Finding(
            "anonymous mqtt",
            "fail",
            f"{broker} lets anybody in (MQTT {' and '.join(let_in)})",
            "Set allow_anonymous false and load the dynamic-security plugin; broker/mosquitto.conf shows how.",
        )
    ]


class Probe:
    """A device that exists for the examination only, or the reason why there is none."""

    def __init__(self, registered: wire.Registered | None, refusal: errors.ApiError | None) -> None:
        self.registered = registered
        self.refusal = refusal

    @classmethod
    async def register(cls, client: PlantOpsClient) -> Probe:
        """Register a device with a random, locally administered MAC address."""
        mac = ":".join(["02", *(f"{byte:02x}" for byte in secrets.token_bytes(5))])
        try:
            token = await client.create_enrolment_token(
                wire.EnrolmentTokenBody(name="plantops doctor", uses=1, expires_in_s=60)
            )
            try:
                body = wire.RegisterBody(mac_address=mac, name="plantops doctor", firmware_version="doctor")
                return cls(await client.register_device(body, token.token), None)
            finally:
                await client.delete_enrolment_token(token.id)
        except errors.ApiError as refusal:
            return cls(None, refusal)

    @property
    def broker(self) -> Broker | None:
        """The broker that devices are told."""
        if self.registered is None:
            return None
        return Broker(self.registered.mqtt.host, self.registered.mqtt.port, self.registered.mqtt.tls)

    @property
    def login(self) -> Login | None:
        """Its credentials."""
        if self.registered is None:
            return None
        mqtt = self.registered.mqtt
        return Login(mqtt.client_id, mqtt.username, mqtt.password)


async def as_a_device(client: PlantOpsClient, device: Probe | None, broker: Broker) -> list[Finding]:
    """What a device must not be able to do; whatever happens, the probe is removed again."""
    if device is None or device.registered is None or device.login is None:
        why = device.refusal if device else None
        limited = isinstance(why, errors.NotAllowed | errors.Unauthenticated)
        return [
            Finding(
                "enrolment",
                "warn" if limited else "fail",
                f"no device could be registered: {why.message if why else 'unknown'}",
                "Run doctor with an operator's token to try it." if limited else "See the server's log.",
            )
        ]
    findings = [Finding("enrolment", "ok", "a device registered and got credentials")]
    try:
        findings.append(await _foreign_topics(broker, device.login))
    finally:
        findings += await _removal(client, device.registered.device_id, broker, device.login)
    return findings


async def _foreign_topics(broker: Broker, login: Login) -> Finding:
    foreign = f"plantops/v1/dev_{secrets.token_hex(8)}/up/telemetry"
    try:
        allowed = await asyncio.to_thread(broker_probe.allows_foreign_topics, broker, login, foreign)
    except NoAnswer as problem:
        return Finding(
            "foreign topics", "fail", str(problem), "See the broker's log and the server's /readyz."
        )
    if not allowed:
        return Finding("foreign topics", "ok", "a device can neither publish nor listen on another's topics")
    return Finding(
        "foreign topics",
        "fail",
        f"a device may {' and '.join(allowed)} where it must not",
        "Default access must be deny for every ACL type; broker/mosquitto.conf shows how.",
    )


async def _removal(client: PlantOpsClient, device_id: str, broker: Broker, login: Login) -> list[Finding]:
    try:
        await client.delete_device(device_id)
        still_in = await asyncio.to_thread(broker_probe.lets_in, broker, login)
    except errors.ApiError as problem:
        fix = f"Remove it by hand: plantops devices remove {device_id}"
        return [Finding("revocation", "fail", f"the probe could not be removed: {problem.message}", fix)]
    except NoAnswer as problem:
        return [Finding("revocation", "warn", f"could not be tried: {problem}")]
    if still_in:
        return [
            Finding(
                "revocation",
                "fail",
                "a removed device is still let in",
                "See the server's log: accounts drift.",
            )
        ]
    return [Finding("revocation", "ok", "a removed device is refused at once")]
