"""The examination behind ``plantops doctor``: each check finds ok, warn or fail, and says how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from plantops_api import __version__, errors, places
from plantops_cli import configuration
from plantops_cli.broker_probe import Broker
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.finding import Finding
from plantops_cli.invocation import Invocation
from plantops_cli.lock_checks import Probe, as_a_device, without_credentials

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

_SKEW_WARN_S, _SKEW_FAIL_S = 5.0, 60.0
"""Readings more than five minutes ahead lose their own time; well before that a clock deserves a word."""

_READY_FIXES = {
    "database": 'Check that PostgreSQL runs; the server\'s log and "plantops db status" say more.',
    "broker": "Check that Mosquitto runs with its dynamic-security plugin; the server's log says more.",
    "ingest": "The server does not keep up or cannot store; see its log.",
    "outbox": 'Notifications wait: "plantops settings notifications test" says why.',
    "disk": "Free some disk space, or shorten PLANTOPS_RETENTION_DAYS.",
}


def typed_broker(url: str | None) -> Broker | None:
    """The broker that was named on the command line. Raises Stop for what is no address (exit 2)."""
    if url is None:
        return None
    try:
        parts = urlsplit(url if "://" in url else f"mqtt://{url}")
        port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise Stop(ExitCode.USAGE, f"{url!r} is no address of a broker.", "Write mqtt://host:1883.")
    return Broker(parts.hostname, port, parts.scheme == "mqtts")


async def examine(call: Invocation, broker: Broker | None, *, probe: bool) -> list[Finding]:
    """Run every check that makes sense; what an earlier failure makes pointless is left out."""
    async with call.client() as client:
        findings, reachable = await _server(client)
        device: Probe | None = None
        if reachable:
            findings.append(await _clock(client, call.now))
            findings.append(await _token(client))
            findings.append(await _channels(client))
            findings.append(await _advisor(client))
            device = await Probe.register(client) if probe else None
        known = broker or (device.broker if device else None) or _guessed_broker(call, client.url)
        findings += await without_credentials(known)
        if reachable and probe:
            findings += await as_a_device(client, device, known)
        return findings


async def _server(client: PlantOpsClient) -> tuple[list[Finding], bool]:
    try:
        ready = await client.get_ready()
    except errors.ServerUnreachable as problem:
        fix = 'Start it with "plantops up", or name another one with PLANTOPS_URL or --url.'
        return [Finding("server", "fail", problem.message, fix)], False
    except errors.NotPlantOps as problem:
        return [Finding("server", "fail", problem.message, problem.advice)], False
    except errors.ApiError as problem:
        return [Finding("server", "fail", problem.message, "See the server's log.")], True
    return [
        Finding("server", "ok", f"answers at {client.url}"),
        _version(ready.version),
        *(
            Finding(
                name,
                "ok" if check.ok else "fail",
                check.detail,
                "" if check.ok else _READY_FIXES.get(name, ""),
            )
            for name, check in ready.checks.items()
        ),
    ], True


def _version(of_server: str) -> Finding:
    if of_server == __version__:
        return Finding("version", "ok", f"client and server are {__version__}")
    return Finding(
        "version",
        "warn",
        f"the server is {of_server}, this client {__version__}",
        "Install the same version on both sides; new commands may need the newer one.",
    )


async def _clock(client: PlantOpsClient, now: Callable[[], datetime]) -> Finding:
    before = now()
    there = await client.server_time()
    if there is None:
        return Finding("clock", "warn", "the server sends no Date header", "A proxy may remove it.")
    # The header counts whole seconds: half of one is nobody's fault.
    middle = before + (now() - before) / 2
    skew = abs((there - middle).total_seconds() + 0.5)
    result: Literal["ok", "warn", "fail"] = "ok"
    if skew > _SKEW_WARN_S:
        result = "fail" if skew > _SKEW_FAIL_S else "warn"
    fix = "" if result == "ok" else "Let both machines keep time by NTP (timedatectl)."
    return Finding("clock", result, f"{skew:.0f} s apart", fix)


async def _token(client: PlantOpsClient) -> Finding:
    try:
        me = await client.get_me()
    except errors.Unauthenticated as refusal:
        return Finding("token", "fail", refusal.message, refusal.advice)
    except errors.ApiError as problem:
        return Finding("token", "warn", problem.message, problem.advice)
    return Finding("token", "ok", f"{me.username}, {me.role}")


async def _channels(client: PlantOpsClient) -> Finding:
    """Whether anybody would hear of an alert; addresses are not shown."""
    try:
        settings = await client.get_notification_settings()
    except errors.ApiError as problem:
        return Finding("notifications", "warn", f"cannot be read: {problem.message}")
    broken = [channel for channel in settings.channels if channel.disabled_reason]
    if broken:
        return Finding(
            "notifications",
            "fail",
            f"channel {broken[0].name!r} is disabled: {broken[0].disabled_reason}",
            "Give it a new address: plantops settings notifications set --channel NAME --ask-url --enable",
        )
    working = [channel.name for channel in settings.channels if channel.enabled]
    if working:
        return Finding("notifications", "ok", f"go to {', '.join(working)}")
    return Finding(
        "notifications",
        "warn",
        "nobody is told about alerts",
        "Add a channel: plantops settings notifications set --channel NAME --type discord --ask-url",
    )


async def _advisor(client: PlantOpsClient) -> Finding:
    """Whether the language model would answer. Without one the rules write care plans, so nothing here is a failure."""
    try:
        settings = await client.llm_settings()
        if settings.provider is None:
            return Finding("advisor", "ok", "no language model is set up: the rules write care plans")
        tested = await client.test_llm()
    except errors.ApiError as problem:
        return Finding("advisor", "warn", f"cannot be checked: {problem.message}")
    who = f"{tested.model} of {tested.provider}"
    if tested.ok:
        return Finding("advisor", "ok", f"{who} answers in {tested.latency_ms} ms")
    return Finding(
        "advisor",
        "warn",
        f"{tested.error} Meanwhile the rules write care plans.",
        'Mend it with "plantops settings llm set", or forget the model: plantops settings llm forget',
    )


def _guessed_broker(call: Invocation, server_url: str) -> Broker:
    """Where the broker probably is: what is configured here, the local stack's, else the server's host."""
    environ = configuration.as_environment(call.environ)
    for name in ("PLANTOPS_MQTT_PUBLIC_URL", "PLANTOPS_MQTT_URL"):
        if environ.get(name):
            return typed_broker(environ[name]) or Broker("127.0.0.1", 1883)
    port = places.local_stack(places.data_dir(environ)).get("mqtt_port")
    if isinstance(port, int) and places.is_loopback(server_url):
        return Broker("127.0.0.1", port)
    return Broker(urlsplit(server_url).hostname or "127.0.0.1", 1883)
