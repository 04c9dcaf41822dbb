"""What all bodies have in common: how strictly they are read, pages, problems."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=120, examples=["Monstera by the window"])]


class Request(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Response(BaseModel):
    """Base of response bodies: unknown fields are ignored, so that fields may be added.

    What reads one is built at its first use: a client uses few of them, and waits for its start.
    """

    model_config = ConfigDict(extra="ignore", defer_build=True)


Item = TypeVar("Item")


class Page(Response, Generic[Item]):
    """One page of a list. ``next_cursor`` is null on the last page."""

    items: list[Item]
    next_cursor: str | None = None


class Problem(Response):
    """RFC 9457 problem document; ``detail`` says what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable machine-readable name of the error", examples=["plant_not_found"])
    errors: list[dict[str, Any]] = Field(default=[], description="One entry a field that is wrong: loc, msg")
