"""What every screen has: title bar, key bar, banner, the way it loads, acts and refuses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from textual import work
from textual.app import ComposeResult
from textual.screen import Screen
from textual.timer import Timer

from plantops_api import errors, wire
from plantops_api.client import PlantOpsClient
from plantops_tui.contain import Contained
from plantops_tui.messages import Happened, LinkChanged
from plantops_tui.widgets.canvas import Canvas
from plantops_tui.widgets.connection_banner import ConnectionBanner
from plantops_tui.widgets.key_bar import KeyBar
from plantops_tui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from plantops_tui.app import PlantOpsApp


GATHER_S = 0.3
"""News are gathered this long before what changed is read again."""


class Undo(NamedTuple):
    """How to take an act back."""

    doing: str
    deed: Callable[[], Awaitable[object]]
    done: str


class HouseScreen(Contained, Screen[None]):
    """A screen of data. Subclasses compose their body, load it, and say why an action cannot be done."""

    AUTO_FOCUS = ""  # the screen gives the focus itself, once there is data: else a hidden field would get it
    place: ClassVar[str] = ""
    """Which title is marked."""
    changes: ClassVar[frozenset[str]] = frozenset()
    """Actions that change something on the server: refused to readers."""
    reads: ClassVar[frozenset[str]] = frozenset()
    """Groups of workers that read what the screen shows."""

    _gathering: Timer | None = None

    @property
    def house(self) -> PlantOpsApp:
        """The app, by its own type."""
        return cast("PlantOpsApp", self.app)

    @property
    def client(self) -> PlantOpsClient:
        """The way to the server."""
        return self.house.client

    def compose(self) -> ComposeResult:
        """Bars around the body."""
        yield TitleBar(self.place)
        yield from self.compose_body()
        yield KeyBar()
        yield ConnectionBanner()

    def compose_body(self) -> ComposeResult:
        """What lies between the bars."""
        raise NotImplementedError

    def load(self) -> None:
        """Read the data of this screen from the server, in workers."""
        raise NotImplementedError

    def step_back(self) -> bool:
        """Leave what is open inside the screen; False when nothing is, so that the screen itself is left."""
        return False

    def filter_by(self, words: str) -> None:
        """Show only what matches; screens without a filter show everything."""

    def copies(self) -> list[tuple[str, str]]:
        """What can be copied of the selected thing, each with its name."""
        return []

    def on_mount(self) -> None:
        """Show the state of the connection and read the data."""
        self._show_link()
        self.load()

    # --- news ------------------------------------------------------------------------------------------

    def on_link_changed(self, message: LinkChanged) -> None:
        """Old data recedes while the server is away, and is read again when it is back."""
        before = self._lost
        self._show_link()
        if message.link.state == "live" and before:
            self.load()

    def on_happened(self, message: Happened) -> None:
        """Something changed on the server: read it again."""
        if message.event.event == "reset":
            self.load()
        else:
            self.take_in(message.event)

    def take_in(self, event: wire.Event) -> None:
        """Some things changed, named by id. Subclasses read those that they show."""

    def read_soon(self, after_s: float = GATHER_S) -> None:
        """Gather news for a moment, then read what changed."""
        if self._gathering is None:
            self._gathering = self.set_timer(after_s, self._gathered)

    def _gathered(self) -> None:
        self._gathering = None
        if self._reading:
            # Beginning anew at each of them would never end where news come faster than they are read.
            self.read_soon()
        else:
            self.read_news()

    def read_news(self) -> None:
        """Read again what the gathered news name; everything, unless a subclass knows better."""
        self.load()

    @property
    def _reading(self) -> bool:
        mine = (worker for worker in self.workers if worker.node is self and worker.group in self.reads)
        return any(worker.is_running for worker in mine)

    _lost = False

    def _show_link(self) -> None:
        link = self.house.link
        self._lost = link.state == "lost"
        for canvas in self.query(Canvas):
            canvas.faded = self._lost and canvas.fades
        self.query_one(ConnectionBanner).show(link)
        self.redraw()

    def redraw(self) -> None:
        """Draw all widgets again; only what differs reaches the terminal."""
        for canvas in self.query(Canvas):
            canvas.redraw()

    # --- acts ------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str | None:
        """Why an action cannot be done now; None when it can."""
        if action.partition("(")[0] not in self.changes:
            return None
        if self.house.readonly:
            return "Read-only: this was started with --readonly."
        me = self.house.link.me
        if me is not None and me.role == "viewer":
            return f"{me.username} may look only; an operator's token is needed for changes."
        return None

    def may(self, action: str) -> bool:
        """Whether an action can be done; says why when it cannot."""
        reason = self.why_not(action)
        if reason:
            self.house.say(reason)
        return reason is None

    @work(group="deed", exit_on_error=False)
    async def perform(
        self, doing: str, deed: Callable[[], Awaitable[object]], done: str, undo: Undo | None = None
    ) -> None:
        """Do something on the server and say how it went, then read the screen again."""
        try:
            await deed()
        except errors.ApiError as problem:
            self.house.say(f"Could not {doing}. {problem.message} {problem.advice}".strip(), bad=True)
            return
        if undo is not None:
            self.house.undo = undo
        self.house.say(f"{done} u undoes it." if undo else done)
        if self.is_attached:
            self.load()
