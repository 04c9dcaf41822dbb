"""``plantops simulate``: pots that register over HTTP and publish over MQTT with credentials of their own."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from plantops_cli import diagnostics, times
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation, invocation
from plantops_cli.noun import program

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient
    from plantops_cli.simulator.crowd import Crowd

app = program()

Answer = TypeVar("Answer")

SIGN_OF_LIFE_S = 5.0
"""A large crowd waits for its turn to register: that long between two sentences about it."""


@app.command()
def simulate(
    context: typer.Context,
    pots: Annotated[int, typer.Option(min=1, max=2000, help="How many pots, each with a device.")] = 3,
    preset: Annotated[str, typer.Option(help="Kind of pot: indoor or greenhouse.")] = "indoor",
    probe: Annotated[
        str, typer.Option(help="Sensor: capacitive-16bit, capacitive-12bit, fdr, resistive, miflora, tuya.")
    ] = "capacitive-16bit",
    link: Annotated[
        str, typer.Option(help="Link: wired, wifi, lorawan, logger, 3g, deep-sleep, stretching.")
    ] = "wired",
    faults: Annotated[
        str,
        typer.Option(
            help="none, realistic, or a list of contact_step, probe_out, stuck, garbage, clock_reset, drift, sentinel."
        ),
    ] = "none",
    seed: Annotated[int, typer.Option(help="The same seed gives the same pots, weather and faults.")] = 1,
    speed: Annotated[
        float, typer.Option(min=0.01, max=100_000, help="The pots live so many times as fast; see below.")
    ] = 1.0,
    interval: Annotated[
        str, typer.Option(help="Time between two reports of a pot, in the pot's time.")
    ] = "10m",
    history: Annotated[
        str, typer.Option(metavar="SPAN", help="First publish so much history (30d at most), as a buffer.")
    ] = "0",
    duration: Annotated[
        str | None, typer.Option(metavar="SPAN", help="Stop after so much real time; default: at Ctrl-C.")
    ] = None,
    enrolment_token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Register with this token; default: one made with your API token."),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what really happened (waterings, faults) as JSON."),
    ] = None,
) -> None:
    """Simulate pots: each registers over HTTP and publishes over MQTT with its own credentials.

    With an API token, a plant is made for each pot and its device is tied to it. The same seed takes up the same
    plants and devices again. At --speed N a pot lives N seconds in each real second and reports every
    interval/N; readings carry the real time, so that what takes a pot a day shows as 24/N hours.

    \b
    Examples:
      plantops simulate --pots 5 --speed 600
      plantops simulate --preset greenhouse --link lorawan --faults realistic --seed 7
      plantops simulate --history 30d --duration 1m --truth truth.json
    """
    from plantops_cli.simulator.crowd import Crowd

    call = invocation(context)
    crowd = Crowd.of(
        pots=pots, preset=preset, probe=probe, link=link, faults=faults, seed=seed, speed=speed,
        interval_s=times.parse_duration(interval), history_s=times.parse_duration(history),
    )  # fmt: skip
    span = timedelta(seconds=times.parse_duration(duration)) if duration else None
    _check_writable(truth)
    token = _token_in(enrolment_token_file) if enrolment_token_file else None
    call.ask(lambda client: _run(client, call, crowd, span, token, truth))


async def _run(
    client: PlantOpsClient, call: Invocation, crowd: Crowd, span: timedelta | None, token: str | None,
    truth: Path | None,
) -> None:  # fmt: skip
    from plantops_cli.simulator import truth as truths

    async with _stop_signal() as stop, AsyncExitStack() as stack:
        diagnostics.say(f"Registering {crowd.pots} simulated pots at {client.url} ...")
        stack.push_async_callback(crowd.leave)
        await _unless(stop, crowd.enrol(client, token, call.now()), crowd)
        if crowd.history_s:
            sent = await _unless(stop, crowd.send_history(call.now()), crowd)
            diagnostics.say(f"Published {sent} readings of history.")
        members = crowd.members
        tied = "" if members[0].plant_id else " They are tied to no plant: an API token would do that."
        diagnostics.say(
            f"{len(members)} pots report every {crowd.real_interval_s:g} s.{tied} "
            + (
                "Ctrl-C stops them."
                if span is None
                else f"They stop after {times.brief(span.total_seconds())}."
            )
        )
        await crowd.live(stop, span, call.now(), diagnostics.warn)
        if truth is not None:
            truths.write(truth, crowd.seed, crowd.speed, crowd.truth(call.now()))
            diagnostics.say(f"Wrote the truth to {truth}.")
        diagnostics.say(f"Sent {sum(member.sent for member in members)} readings; all pots are offline now.")


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, Answer], crowd: Crowd) -> Answer:
    """The result of ``work``; says every few seconds how far it is.

    Raises:
        Stop: ``stop`` came first (exit 130).
    """
    doing, halt = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        while not doing.done() and not halt.done():
            await asyncio.wait({doing, halt}, timeout=SIGN_OF_LIFE_S, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done() and not halt.done():
                diagnostics.say(f"{len(crowd.members)} of {crowd.pots} pots are connected ...")
        if doing.done():
            return doing.result()
        raise Stop(
            ExitCode.INTERRUPTED, "Stopped before every pot was connected.", "The same seed continues."
        )
    finally:
        for task in (doing, halt):
            task.cancel()
        await asyncio.wait({doing, halt})


@asynccontextmanager
async def _stop_signal() -> AsyncIterator[asyncio.Event]:
    """An event that Ctrl-C and SIGTERM set, so that every device can say goodbye."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    with suppress(
        NotImplementedError, RuntimeError
    ):  # not in the main thread: then nobody presses Ctrl-C there
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        with suppress(NotImplementedError, RuntimeError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def _token_in(file: Path) -> str:
    from plantops_api.places import read_token

    return read_token(file)


def _check_writable(truth: Path | None) -> None:
    """Find out before the simulation, not after it."""
    if truth is not None and not truth.absolute().parent.is_dir():
        raise Stop(
            ExitCode.USAGE,
            f"{truth} cannot be written: there is no such directory.",
            "Make it first, or name another.",
        )
