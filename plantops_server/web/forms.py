"""What a form of ours sent: its fields as text, as browsers without scripts send them."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from plantops_server.errors import InvalidInput

_MOST_FIELDS = 1000
"""A form has a box for each plant of the house."""


class Fields:
    """The fields of a form by name. Texts are stripped; an empty one counts as not given."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._values = {name: value.strip() for name, value in pairs}

    def text(self, name: str) -> str | None:
        """A text; None when it is empty or missing."""
        return self._values.get(name) or None

    def number(self, name: str, label: str) -> float | None:
        """A number, with a point or a comma; None when empty. Raises InvalidInput, naming ``label``."""
        given = self.text(name)
        if given is None:
            return None
        try:
            value = float(given.replace(",", "."))
        except ValueError:
            value = float("nan")
        if value != value or value in (float("inf"), float("-inf")):
            raise InvalidInput(
                problem=f"{label}: {given[:40]!r} is no number. Write it like 22.5.", field=name
            )
        return value

    def has(self, name: str) -> bool:
        """Whether the field was sent at all: a checked box, a pressed button."""
        return name in self._values

    def as_dict(self) -> dict[str, str]:
        """All fields as they came, to show a form again beside what is wrong with it."""
        return dict(self._values)


async def sent_fields(request: Request) -> Fields:
    """Dependency: the fields of a urlencoded form. Raises InvalidInput for a body that is none."""
    try:
        pairs = parse_qsl(
            (await request.body()).decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise InvalidInput(
            problem="The form cannot be read. Go back, load the page again and send it once more."
        ) from None
    return Fields(pairs)


FieldsDep = Annotated[Fields, Depends(sent_fields)]
