"""``plantops ssh serve``: listens, lets keys in, gives each session a process, and closes in order."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import time
from contextlib import suppress

import asyncssh

from plantops_api import errors, places, wire
from plantops_api.client import PlantOpsClient
from plantops_cli import configuration, diagnostics
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation
from plantops_cli.invocation import run as run_to_end
from plantops_cli.ssh.access_log import AccessLog
from plantops_cli.ssh.authorized_keys import place_words, session_command
from plantops_cli.ssh.identity import Papers, reachable
from plantops_cli.ssh.porter import Porter
from plantops_cli.ssh.rules import (
    KEEPALIVE_S,
    KEEPALIVES_LOST,
    LOGIN_GRACE_S,
    MOST_STRANGERS,
    HouseRules,
    Turnstile,
)
from plantops_cli.ssh.seat import Guest, Seat

__all__ = ["HouseRules", "run"]

_NEXT_PORTS = 100
_SERVER_WITHIN_S = 15.0
_TRY_AGAIN_S = 0.3
_THRIFTY = {"MALLOC_ARENA_MAX": "1"}
"""Threads of a session allocate little; arenas of their own would cost 1 MB (glibc mallopt(3))."""
_SOUND = {
    "kex_algs": "-*sha1*,*group-exchange*,*group14*,rsa*,*nistp*",
    "mac_algs": "-*sha1*,umac-64*,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,*@ssh.com",
    "signature_algs": "-ssh-rsa,ssh-dss",
}
"""What asyncssh offers, without SHA-1, groups and curves in doubt, and codes that are short or made too early."""
_STOP_WITHIN_S = 8.0


def run(call: Invocation, rules: HouseRules) -> None:
    """Serve until Ctrl-C or SIGTERM. Raises Stop and the errors of the client."""
    run_to_end(_serve(call, rules))


async def _serve(call: Invocation, rules: HouseRules) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    papers = Papers(places.data_dir(configuration.as_environment(call.environ)))
    async with call.client() as client:
        await _check_token(client)
        door = Door(
            client, rules, place_words(call.environ, call.url, call.token_file), AccessLog(call.environ)
        )
        listener, port = await _listen(door, papers, rules)
        try:
            host = reachable(rules.host)
            user = await _local_user(client, papers) if rules.local_key else None
            papers.write_known_hosts(host, port)
            _announce(papers, host, port, papers.login_line(host, port, user))
            await stop.wait()
        finally:
            papers.notice.unlink(missing_ok=True)
            listener.close()
            await door.close()


class Door:
    """Who is at the door, who sits inside."""

    def __init__(self, client: PlantOpsClient, rules: HouseRules, place: list[str], log: AccessLog) -> None:
        self._client, self._rules, self._place, self._log = client, rules, place, log
        self._turnstile = Turnstile(rules.connections_per_minute)
        self._strangers: set[Porter] = set()
        self._inside: set[Porter] = set()
        self._seats: set[Seat] = set()

    # --- at the door (porter.Host) ----------------------------------------------------------------------

    def admits(self, porter: Porter) -> bool:
        """Neither too many strangers at once nor too many connections a minute from one place."""
        busy = len(self._strangers) >= MOST_STRANGERS
        if busy or not self._turnstile.admits(porter.address, time.monotonic()):
            return False
        self._strangers.add(porter)
        return True

    async def owner_of(self, fingerprint: str) -> wire.SshKey | None:
        """Asked anew at each offer: a key that was taken away lets nobody in."""
        try:
            found = await self._client.all_ssh_keys(fingerprint)
        except errors.ApiError as problem:
            self._log.note("ssh cannot ask the server", warning=True, problem=problem.message)
            raise ConnectionError(problem.message) from None
        return next((key for key in found if key.fingerprint == fingerprint), None)

    def known(self, porter: Porter) -> None:
        """No stranger any more."""
        self._strangers.discard(porter)
        self._inside.add(porter)

    def left(self, porter: Porter) -> None:
        """Gone."""
        self._strangers.discard(porter)
        self._inside.discard(porter)

    def seat(self, guest: Guest) -> Seat | None:
        """A seat; None when all are taken."""
        if len(self._seats) >= self._rules.max_sessions:
            self._log.note("ssh full", warning=True, address=guest.address, user=guest.username)
            return None
        argv = [
            *session_command(guest.username, guest.fingerprint, self._place),
            "--of-door",
            str(os.getpid()),
        ]
        environ = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ} | _THRIFTY
        seat = Seat(guest, argv, environ, self._rules.idle_s, self._vacated)
        self._seats.add(seat)
        return seat

    def refused(self, porter: Porter) -> None:
        """It ended before a key was proved."""
        self._log.note("ssh refused", warning=True, address=porter.address, keys_offered=porter.offers)

    # --- inside -----------------------------------------------------------------------------------------

    def _vacated(self, seat: Seat, status: int) -> None:
        self._seats.discard(seat)
        self._log.note(
            "ssh session", address=seat.guest.address, user=seat.guest.username, key=seat.guest.fingerprint,
            asked=seat.command or "tui", term=seat.term or "-", size=seat.size or "-",
            duration_s=f"{time.monotonic() - seat.began:.1f}", exit=status,
        )  # fmt: skip

    async def close(self) -> None:
        """Ask everybody to leave, and wait until they have."""
        seats = list(self._seats)
        for seat in seats:
            seat.leave("The door was closed by whoever runs it.")
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_WITHIN_S):
                await asyncio.gather(*(seat.left() for seat in seats))
        await asyncio.gather(*(porter.close() for porter in [*self._inside, *self._strangers]))


async def _listen(door: Door, papers: Papers, rules: HouseRules) -> tuple[asyncssh.SSHAcceptor, int]:
    """Listen on the wanted port, or the first free one after it, which is said loudly."""
    key = papers.host_key()
    for port in range(rules.port, min(rules.port + _NEXT_PORTS, 65_536)):
        try:
            listener = await asyncssh.listen(
                rules.host, port, server_factory=lambda: Porter(door), server_host_keys=[key], encoding=None,
                line_editor=False, server_version="PlantOps", login_timeout=LOGIN_GRACE_S,
                keepalive_interval=KEEPALIVE_S, keepalive_count_max=KEEPALIVES_LOST, sftp_factory=None,
                allow_scp=False, agent_forwarding=False, x11_forwarding=False, gss_host=None, **_SOUND,
            )  # fmt: skip
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                continue
            why = f"{rules.host}:{port} cannot be listened on: {problem.strerror or problem}."
            raise Stop(ExitCode.FAILURE, why, "Choose another with --host and --port.") from None
        found = listener.get_port()
        if rules.port not in (0, found):
            diagnostics.warn(f"Port {rules.port} is taken, so the SSH door listens on {found}.")
        return listener, found
    raise Stop(ExitCode.CONFLICT, f"No port from {rules.port} on is free.", "Choose another with --port.")


async def _check_token(client: PlantOpsClient) -> None:
    """Raises Stop when our token cannot open sessions; a server that is still away is only said."""
    try:
        me = await client.get_me()
    except (errors.ServerUnreachable, errors.ServerFailed) as problem:
        diagnostics.warn(f"{problem.message} Nobody gets in until it answers.")
        return
    if me.role != "admin":
        raise Stop(
            ExitCode.NOT_ALLOWED,
            f"The SSH door opens sessions for everybody, so it needs an admin's token, and {me.username} is {me.role}.",
            "Name the file of one with --token-file.",
        )


async def _local_user(client: PlantOpsClient, papers: Papers) -> str:
    """The user whom the local key lets in. A server that is only starting is waited for."""
    end = time.monotonic() + _SERVER_WITHIN_S
    while True:
        try:
            return await papers.let_local_key_in(client)
        except errors.ServerUnreachable:
            if time.monotonic() >= end:
                raise
            await asyncio.sleep(_TRY_AGAIN_S)


def _announce(papers: Papers, host: str, port: int, login: str) -> None:
    """Say where we are: to people on stderr, to programs of this machine in door.json."""
    papers.publish({"pid": os.getpid(), "host": host, "port": port, "login": login})
    diagnostics.say(f"The SSH door is open. Log in: {login}")
