"""A form: fields with their errors beside them. It stays open, with all that was typed, until its save worked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input, Static, TextArea

from plantops_api import errors, text
from plantops_tui.screens.dialog import Dialog


class Field(NamedTuple):
    """One line of a form. ``check`` says in words what is wrong with a text, or nothing."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    longest: int = 120
    check: Callable[[str], str] = lambda value: ""
    lines: int = 1
    secret: bool = False
    """Typed unseen."""


Values = Mapping[str, str]


class FormDialog(Dialog[object]):
    """Answers with what ``save`` gave (never None), or with None when it was left.

    Args:
        title: names the object.
        fields: from top to bottom.
        save: sends the values and gives the answer; a refusal of the server is said beside the fields it is about.
        words: sentences between title and fields.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save", show=False, priority=True),
        Binding("down", "app.focus_next", "next field", show=False),
        Binding("up", "app.focus_previous", "field before", show=False),
    ]

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        save: Callable[[Values], Awaitable[object]],
        words: str = "",
        verb: str = "saves",
    ) -> None:
        super().__init__()
        self._title, self._fields, self._save, self._words, self._verb = title, fields, save, words, verb
        self._saving = False

    def compose(self) -> ComposeResult:
        """Title, fields, hint."""
        with Vertical(classes="dialog form"):
            yield Static(self._title, classes="title", markup=False)
            if self._words:
                yield Static(self._words, classes="words", markup=False)
            with VerticalScroll(can_focus=False):
                for field in self._fields:
                    yield from self.compose_field(field)
            yield Static("", id="form-wrong", classes="wrong", markup=False)
            yield Static(self._hint(), classes="hint", markup=False)

    def compose_field(self, field: Field) -> Iterable[Vertical | Horizontal | Static]:
        """Label and field side by side, below them what is wrong."""
        value = field.value
        with Horizontal(classes="row"):
            yield Static(field.label, classes="label", markup=False)
            if field.lines > 1:
                area = TextArea(value, id=field.name, compact=True, highlight_cursor_line=False)
                area.styles.height = field.lines
                yield area  # type: ignore[misc]
            else:
                yield Input(  # type: ignore[misc]
                    value,
                    placeholder=field.hint,
                    id=field.name,
                    max_length=field.longest,
                    compact=True,
                    password=field.secret,
                    select_on_focus=False,  # else the first letter would wipe out what stands there
                )
        yield Static("", id=f"{field.name}-wrong", classes="wrong beside", markup=False)

    def _hint(self) -> str:
        last = "ctrl+s" if any(field.lines > 1 for field in self._fields) else "enter"
        tab = "   tab next field" if len(self._fields) > 1 else ""
        return f"{last} {self._verb}{tab}   esc leaves"

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(f"#{self._fields[0].name}").focus()

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields, without blanks at the ends."""
        return {field.name: self._text_of(field).strip() for field in self._fields}

    def _text_of(self, field: Field) -> str:
        widget = self.query_one(f"#{field.name}")
        return (
            widget.text if isinstance(widget, TextArea) else widget.value if isinstance(widget, Input) else ""
        )

    def show_wrong(self, wrong: Mapping[str, str]) -> None:
        """Say beside each field what is wrong with it; the empty name is the form as a whole."""
        for field in self._fields:
            self._mark(f"#{field.name}-wrong", wrong.get(field.name, ""))
        self._mark("#form-wrong", wrong.get("", ""))
        first = next((field.name for field in self._fields if wrong.get(field.name)), None)
        if first:
            self.query_one(f"#{first}").focus()

    def _mark(self, selector: str, words: str) -> None:
        line = self.query_one(selector, Static)
        line.update(text.shorten(words, 300))
        line.set_class(bool(words), "-shown")

    @on(Input.Submitted)
    def action_save(self) -> None:
        """Check, then send."""
        wrong = {field.name: field.check(self.values[field.name]) for field in self._fields}
        self.show_wrong(wrong)
        if not any(wrong.values()) and not self._saving:
            self._send(self.values)

    @work(exclusive=True, group="form", exit_on_error=False)
    async def _send(self, values: Values) -> None:
        self._saving = True
        try:
            answer = await self._save(values)
        except errors.ApiError as problem:
            self.show_wrong(by_field(problem, [field.name for field in self._fields]))
            return
        finally:
            self._saving = False
        self.dismiss(answer)


def by_field(problem: errors.ApiError, names: Sequence[str]) -> dict[str, str]:
    """The server's refusal, field by field; what belongs to none is about the form."""
    wrong: dict[str, str] = {}
    for entry in problem.errors if isinstance(problem, errors.Refused) else ():
        where, what = entry.get("loc"), entry.get("msg")
        steps = [str(step) for step in where] if isinstance(where, list) else [str(where)]
        name = next((step for step in steps if step in names), None)
        if name and isinstance(what, str):
            wrong[name] = f"{what[:1].upper()}{what[1:]}"
    return wrong or {"": f"{problem.message} {problem.advice}".strip()}
