"""The wish to stop, and the deadline that goes with it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

STOP_WITHIN_S = 9.0
"""A stop that takes longer is forced: whoever was promised 10 s would kill us anyway."""
SAME_WISH_S = 1.0
"""Signals closer together are one wish: when a parent with threads is killed, the kernel tells us once a thread."""

log = structlog.get_logger(__name__)
Result = TypeVar("Result")


class StoppedEarly(Exception):
    """Somebody wished to stop before the server was up."""


class Stopping:
    """SIGTERM and SIGINT set the wish; a second one ends the process at once. Make it inside the event loop."""

    def __init__(self) -> None:
        self._wished = asyncio.Event()
        self._asked_at = 0.0
        self._deadline: asyncio.TimerHandle | None = None

    @property
    def wished(self) -> bool:
        """Whether somebody wished to stop."""
        return self._wished.is_set()

    def listen(self) -> None:
        """Take over both signals; call in the main thread."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)

    def wish(self) -> None:
        """Stop. Asking twice changes nothing."""
        self._wished.set()

    async def wait(self) -> None:
        """Return when somebody wished to stop."""
        await self._wished.wait()

    async def unless_wished(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of ``work``; raises StoppedEarly, after cancelling it, when the wish comes first."""
        task, wish = asyncio.ensure_future(work), asyncio.ensure_future(self.wait())
        try:
            await asyncio.wait({task, wish}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise StoppedEarly
            return await task
        finally:
            wish.cancel()
            task.cancel()
            await asyncio.gather(task, wish, return_exceptions=True)

    def _on_signal(self) -> None:
        loop = asyncio.get_running_loop()
        if self.wished and loop.time() < self._asked_at + SAME_WISH_S:
            return
        if self.wished:
            log.warning("stopped at once, as asked twice; what was not acknowledged is delivered again")
            os._exit(130)
        log.info("stopping")
        self.wish()
        self._asked_at = loop.time()
        self._deadline = loop.call_later(STOP_WITHIN_S, _force)


def _force() -> None:
    log.error("stopping took too long, ending at once", within_s=STOP_WITHIN_S)
    os._exit(1)
