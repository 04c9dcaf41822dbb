"""An exception in one part stays in that part.

Textual ends the message loop of a widget, and with it the app, at the first exception of a handler. Here the
failure is noted instead and the loop goes on: losing one update is better than losing the wall display.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from textual.message import Message
from textual.message_pump import MessagePump


class Notebook(Protocol):
    """Who writes failures down."""

    def note_failure(self, where: object, problem: Exception) -> None:
        """Log a failure and tell the person."""


if TYPE_CHECKING:
    _Pump = MessagePump
else:
    _Pump = object


class Contained(_Pump):
    """Mixed in before a Textual class."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as problem:  # the point of this class
            cast(Notebook, self.app).note_failure(self, problem)
