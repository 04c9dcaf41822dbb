"""One care plan in the making, and those who wait for it: it goes on while one of them does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from plantops_api.wire import CarePlan, CareProgress
from plantops_server.advisor.consultation import Stage, Tell
from plantops_server.errors import Unavailable


class Job:
    """Runs ``work`` as a task of its own; ``waiters`` counts who follows it."""

    def __init__(self, name: str, work: Callable[[Tell], Coroutine[Any, Any, CarePlan]]) -> None:
        self.waiters = 0
        self._said: list[CareProgress] = []
        self._news = asyncio.Event()
        self.task = asyncio.create_task(work(self._tell), name=name)
        self.task.add_done_callback(lambda _task: self._wake())

    def _tell(self, stage: Stage, detail: str) -> None:
        self._said.append(CareProgress(stage=stage, detail=detail))
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def progress(self) -> AsyncGenerator[CareProgress, None]:
        """What was said so far and what is said from now on; ends with the work."""
        heard = 0
        while True:
            news = self._news  # before looking, so that nothing said meanwhile is missed
            while heard < len(self._said):
                heard += 1
                yield self._said[heard - 1]
            if self.task.done():
                return
            await news.wait()

    def plan(self) -> CarePlan:
        """The outcome, once ``progress`` has ended. Raises what the work raised, and Unavailable if it was stopped."""
        if self.task.cancelled():
            raise Unavailable(what="The care advisor")
        return self.task.result()
