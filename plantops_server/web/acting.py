"""What the forms of several pages share: back to where they stood, with a sentence that says how it went."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError

from plantops_api.refusals import name_of, sentence_of
from plantops_server.errors import InvalidInput
from plantops_server.plants import registry as plants
from plantops_server.store.database import Connection
from plantops_server.web.forms import Fields
from plantops_server.web.login import own_place
from plantops_server.web.pages import redirect, render

Body = TypeVar("Body", bound=BaseModel)


def back(fields: Fields, default: str) -> str:
    """The page that the form stood on, if it names one of ours."""
    return own_place(fields.text("back") or default)


async def plants_to_choose(conn: Connection) -> list[tuple[str, str]]:
    """Ids and names of the plants that are not archived, by name."""
    named = await plants.names(conn, await plants.ids(conn))
    return sorted(named.items(), key=lambda item: (item[1].casefold(), item[0]))


async def acted(place: str, sentence: str, work: Awaitable[Any]) -> Response:
    """Do it and go on to ``place`` with ``sentence``. What is raised leaves as the form's page again (mistakes.py)."""
    await work
    return redirect(place, sentence)


def handed_over(request: Request, title: str, sentence: str, secret: str, place: str, here: str) -> Response:
    """The one page that shows a secret; it is kept nowhere, and leaving it loses it."""
    return render(
        request, "secret.html", title=title, sentence=sentence, secret=secret, place=place, here=here
    )


def body_of(model: type[Body], /, **values: Any) -> Body:
    """A request body of the API from the fields of a form. Raises InvalidInput, which repeats no value."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        names = [part for part in first["loc"] if isinstance(part, str)]
        where = name_of(names).capitalize() or "The form"
        raise InvalidInput(
            problem=f"{where}: {sentence_of(first)}. Correct it; nothing was changed.",
            field=names[-1] if names else "",
        ) from None
