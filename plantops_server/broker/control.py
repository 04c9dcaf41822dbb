"""Commands to Mosquitto's dynamic-security plugin over ``$CONTROL/dynamic-security/v1``.

A connection is made for each conversation and closed after it: the administrator's account is bound to one client id,
and two processes that held a connection each would throw one another out for ever.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import paho.mqtt.client as mqtt

from plantops_server.broker.address import Address, Login
from plantops_server.broker.connection import Connection
from plantops_server.errors import BrokerError, BrokerUnavailable

log = logging.getLogger(__name__)

_TOPIC = "$CONTROL/dynamic-security/v1"
_PAGE = 100  # of about 250 bytes each: well below any packet limit
_ATTEMPTS = 3

Command = dict[str, Any]
Answer = dict[str, Any]


class Conversation:
    """An open connection to the plugin: ask as often as needed, one message at a time."""

    def __init__(self, connection: Connection, answers: _Answers, timeout_s: float) -> None:
        self._connection = connection
        self._answers = answers
        self._timeout_s = timeout_s
        self._numbers = itertools.count(1)

    async def ask(self, commands: Sequence[Command]) -> list[Answer]:
        """Send commands in one message; the plugin's answers in the same order, each with ``error`` or ``data``.

        Raises BrokerUnavailable when no answer comes in time.
        """
        number = str(next(self._numbers))
        payload = json.dumps({"commands": [command | {"correlationData": number} for command in commands]})
        answer = self._answers.expect(number)
        try:
            await self._connection.publish(_TOPIC, payload.encode())
            async with asyncio.timeout(self._timeout_s):
                return await answer
        except TimeoutError:
            raise BrokerUnavailable(problem="the dynamic-security plugin did not answer") from None
        finally:
            answer.cancel()

    async def list_all(self, command: str, key: str) -> list[Answer]:
        """All items of ``listClients`` or ``listRoles``, page by page."""
        items: list[Answer] = []
        while True:
            page = {"command": command, "verbose": True, "count": _PAGE, "offset": len(items)}
            data = succeeded((await self.ask([page]))[0]).get("data", {})
            items += data[key]
            if not data[key] or len(items) >= data["totalCount"]:
                return items


class ControlChannel:
    """The way to the plugin. One conversation at a time in this process."""

    def __init__(self, address: Address, admin: Login, *, timeout_s: float = 3.0) -> None:
        self.admin = admin
        self._address = address
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()

    async def run(self, commands: Sequence[Command]) -> list[Answer]:
        """One message in a conversation of its own, again when another process took our client id meanwhile.

        Raises BrokerUnavailable.
        """
        for _ in range(_ATTEMPTS - 1):
            async with self.open() as conversation:
                with suppress(BrokerUnavailable):
                    return await conversation.ask(commands)
        async with self.open() as conversation:
            return await conversation.ask(commands)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Conversation]:
        """A conversation. Raises BrokerUnavailable when the broker does not accept us in time."""
        async with self._lock:
            answers = _Answers()
            connection = Connection(
                self._address, self.admin, filters=[f"{_TOPIC}/response"], receiver=answers, passing=True
            )
            answers.connection = connection
            answers.loop = asyncio.get_running_loop()
            await connection.start()
            try:
                if not await connection.wait_connected(self._timeout_s):
                    raise BrokerUnavailable(problem=connection.problem)
                yield Conversation(connection, answers, self._timeout_s)
            finally:
                await connection.stop()


def succeeded(answer: Answer, *, unless: Sequence[str] = ()) -> Answer:
    """The answer, if it is a success or its error is one of ``unless``. Raises BrokerError."""
    error = answer.get("error")
    if error is not None and error not in unless:
        raise BrokerError(command=answer.get("command", "the command"), problem=error)
    return answer


class _Answers:
    """Matches the plugin's answers to questions by their correlation data."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop
        self.connection: Connection
        self._expected: dict[str, asyncio.Future[list[Answer]]] = {}

    def expect(self, number: str) -> asyncio.Future[list[Answer]]:
        future = self._expected[number] = self.loop.create_future()
        return future

    def received(self, message: mqtt.MQTTMessage, epoch: int) -> None:
        if message.qos:
            self.connection.acknowledge(epoch, [message.mid])
        try:
            answers = json.loads(message.payload)["responses"]
            number = answers[0]["correlationData"]
        except (ValueError, LookupError, TypeError):
            log.warning("the dynamic-security plugin sent an answer that cannot be read")
            return
        self._tell(self._resolve, number, answers)

    def dropped(self) -> None:
        """Nothing to forget: the question's caller times out or hears of it from ``publish``."""
        self._tell(self._fail)

    def _tell(self, callback: Callable[..., None], *args: Any) -> None:
        with suppress(RuntimeError):  # the event loop is closed: nobody is left to hear it
            self.loop.call_soon_threadsafe(callback, *args)

    def _resolve(self, number: str, answers: list[Answer]) -> None:
        future = self._expected.pop(number, None)
        if future is not None and not future.done():
            future.set_result(answers)

    def _fail(self) -> None:
        for future in self._expected.values():
            if not future.done():
                future.set_exception(
                    BrokerUnavailable(problem="the connection was lost before the plugin answered")
                )
        self._expected.clear()
