"""Help for the focused screen, made from the bindings that are really there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from plantops_tui.look import Pen
from plantops_tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from plantops_tui.app import PlantOpsApp


class HelpLine(NamedTuple):
    """Keys that do the same thing, and what that is."""

    keys: tuple[str, ...]
    words: str
    everywhere: bool
    shown: bool
    """Whether the key bar shows it too; those come first."""


def help_lines(app: PlantOpsApp, screen: Screen[object]) -> list[HelpLine]:
    """One line an action of every active binding, those of the screen before those of the app."""
    found: dict[tuple[str, str], HelpLine] = {}
    for key, active in screen.active_bindings.items():
        binding = active.binding
        if not binding.description or binding.action.startswith("app."):
            continue  # moving the focus and copying a selection come from the toolkit
        name = (binding.action, type(active.node).__name__)
        words = binding.tooltip or binding.description
        known = found.get(name, HelpLine((), words, active.node is app, binding.show))
        shown = app.get_key_display(Binding(key, binding.action))
        found[name] = known._replace(keys=(*known.keys, shown))
    return sorted(found.values(), key=lambda line: (line.everywhere, not line.shown))


class HelpScreen(Dialog[None]):
    """A list of keys; any of the usual ways closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q,enter", "leave", "close", show=False),
        Binding("j,down", "scroll(1)", "down", show=False),
        Binding("k,up", "scroll(-1)", "up", show=False),
    ]

    def __init__(self, lines: Sequence[HelpLine]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Two groups of lines."""
        pen = cast("PlantOpsApp", self.app).pen()
        with VerticalScroll(classes="dialog", id="help"):
            yield Static(_page(pen, self._lines))

    def action_scroll(self, lines: int) -> None:
        """Scroll the list."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def _page(pen: Pen, lines: Sequence[HelpLine]) -> Content:
    parts: list[Content] = []
    for everywhere, title in ((False, "On this screen"), (True, "Everywhere")):
        group = [line for line in lines if line.everywhere is everywhere]
        if not group:
            continue
        parts.append(Content.styled(title, pen.look.strong))
        parts += [_line(pen, line) for line in group]
        parts.append(Content(""))
    parts.append(Content.styled("esc closes this", pen.look.muted))
    return Content("\n").join(parts)


def _line(pen: Pen, line: HelpLine) -> Content:
    keys = "  ".join(line.keys)
    return Content.assemble(
        Content.styled(f"  {keys:<16}", pen.look.key), " ", Content.styled(line.words, pen.look.text)
    )
