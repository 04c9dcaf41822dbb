"""What came of sending one message, in the few words that decide what happens next."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Answer(NamedTuple):
    """``outcome`` decides: ``sent``; ``later`` (try again, not before ``wait_s`` if that is given); ``refused`` (the
    service does not want this channel any more); ``invalid`` (it does not want this message); ``gone`` (the message
    that was to be edited does not exist any more).

    ``status`` is the HTTP status, None when there was no answer; ``wait_s`` may also come with ``sent``: the next
    message must wait so long. ``everywhere`` means that the wait holds for every channel of this service.
    ``reason`` is a sentence for people and holds no secret.
    """

    outcome: Literal["sent", "later", "refused", "invalid", "gone"]
    reason: str = ""
    status: int | None = None
    external_id: str | None = None
    wait_s: float | None = None
    everywhere: bool = False
