"""What somebody typed into a form that was refused: its page gives it back, beside the sentence of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping

_A_SECRET = re.compile(r"PRIVATE KEY|^po_")
"""Pasted into the wrong field it is not given back either; fields for secrets never are (``ui.field``)."""


class Typed:
    """What templates ask while they draw forms; when nothing was refused, it answers with the usual values.

    ``action`` is the address that the form was sent to, ``wrong`` the field that the sentence is about.
    """

    def __init__(
        self, action: str = "", fields: Mapping[str, str] | None = None, sentence: str = "", wrong: str = ""
    ) -> None:
        self._action, self._fields = action, fields or {}
        self._sentence, self._wrong = sentence, wrong
        self._here = False

    @property
    def untold(self) -> str:
        """The sentence, while no form has told it: for the top of the page."""
        return self._sentence

    @property
    def refused(self) -> bool:
        """Whether a form was refused at all."""
        return bool(self._action)

    def is_of(self, action: str, key: str = "") -> bool:
        """Whether it was this form; ``key`` tells forms of one address apart."""
        return self.refused and action == self._action and key == self._fields.get("form", "")

    def is_below(self, address: str) -> bool:
        """Whether the form was sent to ``address`` or to one below it."""
        return f"{self._action}/".startswith(f"{address}/")

    def begin(self, action: str, key: str = "") -> str:
        """From now on this form is drawn. What is wrong with it, or nothing."""
        self._here = self.is_of(action, key)
        if not self._here:
            return ""
        sentence, self._sentence = self._sentence, ""
        return sentence

    @property
    def drawn(self) -> bool:
        """Whether the form that is drawn is the refused one: what it folds away is shown."""
        return self._here

    def text(self, name: str, usual: object) -> object:
        """What was typed into a field of the form that is drawn, else ``usual``."""
        given = self._fields.get(name) if self._here else None
        return usual if given is None or _A_SECRET.search(given) else given

    def withheld(self, name: str, usual: object) -> bool:
        """Whether something was typed into a field for secrets, which has to be typed once more."""
        return self._here and self._fields.get(name, "") not in ("", usual)

    def checked(self, name: str, usual: bool) -> bool:
        """Whether a box was checked: browsers send no others."""
        return name in self._fields if self._here else usual

    def is_wrong(self, name: str) -> bool:
        """Whether the sentence is about this field."""
        return self._here and name == self._wrong
