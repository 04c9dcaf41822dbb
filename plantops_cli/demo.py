"""``plantops demo``: everything on this machine with six simulated pots, and the terminal interface to see them."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from plantops_cli import configuration, diagnostics
from plantops_cli.exit_codes import ExitCode
from plantops_cli.invocation import Invocation, invocation, run
from plantops_cli.noun import program
from plantops_cli.up import DataDir, Host, MqttHost, MqttPort, Port

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient
    from plantops_cli.stack_process import StackProcess

app = program()

Result = TypeVar("Result")

_LOOK_EVERY_S = 0.5
_DOOR_WITHIN_S = 15.0
_FAREWELL_S = 8.0
"""Longest that the devices may take to say goodbye."""


@app.command()
def demo(
    context: typer.Context,
    no_tui: Annotated[bool, typer.Option("--no-tui", help="No terminal interface; Ctrl-C stops it.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same pots.")] = 2026,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    mqtt_host: MqttHost = None,
    mqtt_port: MqttPort = None,
) -> None:
    """See PlantOps work: "up", and six simulated pots with 30 days of history that publish over MQTT.

    \b
    Examples:
      plantops demo
      plantops demo --no-tui --data-dir /tmp/demo
    """
    from plantops_cli import stack_process
    from plantops_cli.ssh import door_process

    call = invocation(context)
    settings = configuration.server_settings(
        call.environ, data_dir=data_dir, host=host, port=port, mqtt_host=mqtt_host, mqtt_port=mqtt_port
    )
    interface = not no_tui and _can_draw(call)
    diagnostics.say(f"Starting PostgreSQL, Mosquitto and the server in {settings.data_dir} ...")
    ssh = door_process.installed()
    if not ssh:
        diagnostics.warn(f"{door_process.MISSING} {door_process.INSTALL}")
    with stack_process.started(settings, _log_file() if interface else None, ssh=ssh) as stack:
        show = Show(call, stack, settings.data_dir, seed)
        code = show.with_interface() if interface else run(show.headless())
    raise typer.Exit(code)


class Show:
    """The fleet on the stage of one stack, with or without somebody watching."""

    def __init__(self, call: Invocation, stack: StackProcess, data_dir: Path, seed: int) -> None:
        self._call = call
        self._stack = stack
        self._data_dir = data_dir
        self._seed = seed
        self._quiet = False
        self._stack_is_silent = False
        """Whether what the server and the SSH door say of themselves goes to a log."""

    async def headless(self) -> int:
        """Run until Ctrl-C or SIGTERM."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await self._run(stop, asyncio.Event(), lambda _url: None)
        return ExitCode.OK

    def with_interface(self) -> int:
        """Run the fleet in a thread of its own and the interface in this one, until the interface is left."""
        from plantops_tui.app import run as open_interface

        self._stack_is_silent = True
        crew = _Crew(self._run)
        with crew.at_work():
            url = crew.wait_until_ready()
            if url is None:
                return ExitCode.OK
            self._quiet = True
            # As Ctrl-C would: Textual cleans the terminal up and leaves.
            signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
            from plantops_api import places

            return open_interface(url, places.read_token(self._data_dir / "admin.token"))

    async def _run(self, stop: asyncio.Event, ready: asyncio.Event, tell: Callable[[str], None]) -> None:
        from plantops_api.client import PlantOpsClient
        from plantops_cli.simulator.demo import run_demo

        place = await _unless(stop, self._stack.ready())
        if place is None:
            return
        tell(place[0])
        elsewhere = self._elsewhere()
        self._say(f'Look at it from another terminal: {elsewhere}plantops tui, or "plants list".')
        async with PlantOpsClient(*place) as client:
            await self._tell_web(client, f"{elsewhere}plantops web link")
            try:
                async with asyncio.TaskGroup() as group:
                    watch = group.create_task(self._watch(), name="watch the stack")
                    fleet = run_demo(
                        client, stop, data_dir=self._data_dir, seed=self._seed, ready=ready, say=self._say
                    )
                    ssh = group.create_task(self._tell_ssh(), name="tell of the SSH door")
                    await _within_farewell(stop, fleet)
                    watch.cancel()
                    ssh.cancel()
            except BaseExceptionGroup as several:
                raise _first_cause(several) from None

    async def _watch(self) -> None:
        """Raises Stop, which ends the fleet too, when the stack ends by itself."""
        while True:
            self._stack.check()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _tell_web(self, client: PlantOpsClient, again: str) -> None:
        """Say how a browser gets in: by a link, where the one that the server printed went to a log."""
        from plantops_api import wire

        if self._stack_is_silent:
            made = await client.make_login_link(wire.LoginLinkBody())
            self._say(f"Look at it in a browser: {made.url} (works once; {again} makes another)")
        else:
            self._say(f"Look at it in a browser by the link above; {again} makes another.")

    async def _tell_ssh(self) -> None:
        """Say how to log in over SSH, once the door is open, where it could not say so itself."""
        from plantops_cli.ssh.door_process import login_line

        if self._stack_is_silent and (line := await login_line(self._data_dir, _DOOR_WITHIN_S)):
            self._say(f"Look at it over SSH: {line}")

    def _elsewhere(self) -> str:
        """What another terminal must set to find this stack; nothing when it looks there anyway."""
        from plantops_api import places

        default = places.data_dir(
            {key: value for key, value in os.environ.items() if key != "PLANTOPS_DATA_DIR"}
        )
        return (
            ""
            if self._data_dir == default
            else f"PLANTOPS_DATA_DIR={shlex.quote(str(self._data_dir.absolute()))} "
        )

    def _say(self, sentence: str) -> None:
        if not self._quiet:
            diagnostics.say(sentence)


class _Crew:
    """Work in a thread with an event loop of its own, while the main thread draws."""

    def __init__(
        self, work: Callable[[asyncio.Event, asyncio.Event, Callable[[str], None]], Awaitable[None]]
    ) -> None:
        self._work = work
        self._settled = threading.Event()  # ready, or ended
        self._url: str | None = None
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Run it for the block; at the end ask it to stop, wait, and raise what it failed with."""
        thread = threading.Thread(target=self._main, name="demo fleet", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ask_to_stop()
            thread.join(_FAREWELL_S)
        if self._failure is not None:
            raise self._failure

    def wait_until_ready(self) -> str | None:
        """The server's URL once the fleet is live; None when the work ended before."""
        while not self._settled.wait(0.2):  # in slices, so that Ctrl-C is heard
            continue
        return None if self._failure else self._url

    def _main(self) -> None:
        try:
            asyncio.run(self._life())
        except BaseException as failure:
            self._failure = failure
        finally:
            self._settled.set()

    async def _life(self) -> None:
        self._loop, self._stop, ready = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        announce = asyncio.create_task(self._announce(ready), name="announce the fleet")
        try:
            await self._work(self._stop, ready, self._told)
        finally:
            announce.cancel()

    async def _announce(self, ready: asyncio.Event) -> None:
        await ready.wait()
        self._settled.set()

    def _told(self, url: str) -> None:
        self._url = url

    def _ask_to_stop(self) -> None:
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):  # its loop has ended already
                self._loop.call_soon_threadsafe(self._stop.set)


async def _within_farewell(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Let ``work`` run, and, once the wish to stop came, for a few seconds more: then it is cancelled."""
    task = asyncio.create_task(work, name="demo fleet")
    wish = asyncio.create_task(stop.wait(), name="wish to stop")
    try:
        await asyncio.wait({task, wish}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await asyncio.wait({task}, timeout=_FAREWELL_S / 2)
        if task.done():
            await task
    finally:
        for pending in (task, wish):
            pending.cancel()
        await asyncio.gather(task, wish, return_exceptions=True)


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, Result]) -> Result | None:
    """The result of ``work``; None, and the work cancelled, when the wish to stop comes first."""
    task, wish = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, wish}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        for pending in (task, wish):
            pending.cancel()
        await asyncio.gather(task, wish, return_exceptions=True)


def _first_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that began it; the other tasks were cancelled because of it."""
    first = group.exceptions[0]
    return _first_cause(first) if isinstance(first, BaseExceptionGroup) else first


def _can_draw(call: Invocation) -> bool:
    from plantops_tui.terminal import refusal

    environ = dict(call.environ)
    return refusal(environ, stdin_tty=sys.stdin.isatty(), stdout_tty=sys.stdout.isatty()) is None


def _log_file() -> Path:
    from platformdirs import user_log_path

    return user_log_path("plantops") / "demo.log"
