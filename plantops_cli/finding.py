"""What one check of ``plantops doctor`` found."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Finding(NamedTuple):
    """The outcome of one check; ``fix`` is empty when there is nothing to do."""

    check: str
    result: Literal["ok", "warn", "fail"]
    detail: str
    fix: str = ""
