"""A form that was refused: the page that it stood on once more, so that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from fastapi import Request, Response
from starlette.exceptions import HTTPException
from starlette.types import Message

from plantops_server.web.forms import Fields
from plantops_server.web.login import own_place
from plantops_server.web.typed import Typed


async def page_again(request: Request, status: int, sentence: str, wrong: str = "") -> Response | None:
    """The page of the form that ``request`` sent, as ``status``; None when it was none of ours or no page is left.

    ``wrong`` is the field that ``sentence`` is about.
    """
    fields: Fields | None = getattr(request.state, "accepted_form", None)
    if fields is None:
        return None
    for place in _places(request.url.path, fields.text("back")):
        typed = Typed(request.url.path, fields.as_dict(), sentence, wrong)
        answer = await _looked_at(request, place, typed)
        if answer is not None and answer.status_code == 200:
            answer.status_code = status
            return answer
    return None


def _places(action: str, back: str | None) -> Iterator[str]:
    """Where the form may have stood: where it says, else its own address and those above."""
    if back is not None:
        yield own_place(back)
    while action:
        yield quote(action)
        action = action.rpartition("/")[0]
    yield "/"


async def _looked_at(request: Request, place: str, typed: Typed) -> Response | None:
    """What whoever sent the form sees at ``place``; None when there is no page."""
    path, _, query = place.partition("?")
    scope = {
        **request.scope, "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": query.encode(), "path_params": {},
        "state": {**request.scope["state"], "typed": typed, "accepted_form": None},
    }  # fmt: skip
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    async def nothing() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    try:
        await request.app.router(scope, nothing, keep)
    except HTTPException:
        return None
    answer = Response(b"".join(message.get("body", b"") for message in sent[1:]), sent[0]["status"])
    answer.raw_headers = list(sent[0]["headers"])
    return answer
