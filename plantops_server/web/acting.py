"""What the forms of several pages share: back to where they stood, with a sentence that says how it went."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError

from plantops_server.errors import InvalidInput, PlantOpsError
from plantops_server.web.forms import Fields
from plantops_server.web.login import own_place
from plantops_server.web.pages import redirect, render

Body = TypeVar("Body", bound=BaseModel)


def back(fields: Fields, default: str) -> str:
    """The page that the form stood on, if it names one of ours."""
    return own_place(fields.text("back") or default)


async def acted(place: str, sentence: str, work: Awaitable[Any]) -> Response:
    """Do it and go back with ``sentence``, or with what kept it from being done."""
    try:
        await work
    except PlantOpsError as error:
        return refused(place, error)
    return redirect(place, sentence)


def refused(place: str, error: PlantOpsError) -> Response:
    """Back, with what is wrong. Raises the error again when it is none that a person can mend."""
    if error.status >= 500 and error.status != 503:
        raise error
    return redirect(place, str(error), "problem")


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
        where = " ".join(str(part).replace("_", " ") for part in first["loc"] if isinstance(part, str))
        said = str(first["msg"]).removeprefix("Value error, ")
        raise InvalidInput(
            problem=f"{where or 'The form'}: {said}. Correct it; nothing was changed."
        ) from None
