"""What every provider can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from plantops_server.advisor.prices import Tokens

Turn: TypeAlias = tuple[Literal["user", "assistant"], str]
"""One message of the conversation and who said it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to a model: instructions, the conversation so far, and the JSON schema of the answer."""

    system: str
    turns: Sequence[Turn]
    schema: Mapping[str, Any]
    most_tokens: int
    """Of the answer; what the model thinks before it counts, too."""


class Reply(NamedTuple):
    """What came back: the raw text, and what it took."""

    text: str
    tokens: Tokens


class Provider(Protocol):
    """One model at one address."""

    async def write(self, ask: Ask) -> Reply:
        """The complete answer. Raises CannotAsk, also for a refusal and for an answer that was cut off."""

    async def check(self) -> None:
        """Make the cheapest authenticated call. Raises CannotAsk."""
