"""The terminal interface: one app, its screens, and the connection they share."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.screen import Screen

from plantops_api import errors, wire
from plantops_api.client import PlantOpsClient
from plantops_tui import keymap, memory, terminal
from plantops_tui.contain import Contained
from plantops_tui.link import Feed, Link
from plantops_tui.look import ASCII, UNICODE, Look, Pen
from plantops_tui.messages import Happened, LinkChanged
from plantops_tui.screens.house import HouseScreen, Undo
from plantops_tui.screens.plants import PlantsScreen
from plantops_tui.themes import THEMES

if TYPE_CHECKING:
    from plantops_tui.wall import Tour

log = logging.getLogger("plantops_tui")


def _palette() -> type[Provider]:
    from plantops_tui.palette import Commands

    return Commands


def _now() -> datetime:
    return datetime.now(UTC)


class PlantOpsApp(Contained, App[None]):
    """Holds the client, the feed and the stack of screens.

    Args:
        client: speaks to the server; closed by whoever made it.
        clock: the time now, aware.
        zone: zone in which times are shown; None is the machine's.
        plant: id or name of the plant to open at start.
        screen: name of the screen to open at start; None is the one that was open last.
        wanted: filter of that screen.
        wall: go round by itself, for a display that nobody touches; changes nothing on the server.
        memory_path: where theme, screen, order and range are remembered; None remembers nothing.
        keymap_path: keys of one's own; None are the usual ones.
        ascii_only: draw with ASCII characters only.
        readonly: refuse every change.
        log_path: where failures are written; None keeps them in memory.
    """

    TITLE = "PlantOps"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_palette}
    CSS_PATH = "plantops.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "go('plants')", "plants", show=False, id="app.plants"),
        Binding("2", "go('devices')", "devices", show=False, id="app.devices"),
        Binding("3", "go('alerts')", "alerts", show=False, id="app.alerts"),
        Binding("4", "go('settings')", "settings", show=False, id="app.settings"),
        Binding("escape,minus", "back", "back", show=False, key_display="esc", id="app.back"),
        Binding("r", "reload", "read again", show=False, id="app.reload"),
        Binding("u", "undo", "undo", show=False, id="app.undo"),
        Binding(
            "Y", "copy_what", "copy what", show=False, tooltip="copy id, topic or command", id="app.copy_what"
        ),
        Binding("question_mark", "help", "help", key_display="?", id="app.help"),
        Binding(
            "ctrl+p", "command_palette", "commands", key_display="ctrl+p", priority=True, id="app.palette"
        ),
        Binding("q", "quit", "quit", show=False, id="app.quit"),
        Binding("ctrl+q", "quit", "quit", show=False, priority=True),
    ]

    def __init__(
        self,
        client: PlantOpsClient,
        *,
        clock: Callable[[], datetime] = _now,
        zone: tzinfo | None = None,
        plant: str | None = None,
        screen: str | None = None,
        ascii_only: bool = False,
        readonly: bool = False,
        log_path: Path | None = None,
        wanted: str = "",
        wall: bool = False,
        memory_path: Path | None = None,
        keymap_path: Path | None = None,
    ) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self._memory_path = memory_path
        self.memory, damage = memory.read(memory_path)
        self.theme = self.memory.theme
        keys = keymap.read(keymap_path)
        self.set_keymap(keys.keys)
        self._complaints = [words for words in (damage, *keys.problems) if words]
        self.client, self.clock, self.zone = client, clock, zone
        self.readonly = readonly or wall
        self.glyphs = ASCII if ascii_only else UNICODE
        self.log_path = log_path
        self.failures: list[Exception] = []
        self.undo: Undo | None = None
        self.open_alerts = 0
        self._start_plant, self._start_screen, self._wanted = plant, screen, wanted
        self._tour: Tour | None = None
        self._wall = wall
        self._feed = Feed(client, clock, self._link_changed, self._happened)
        self._looks: dict[bool, Look] = {}
        self._minute = -1

    # --- life ------------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[None]:
        """Plants is at the bottom of the stack, always."""
        return PlantsScreen()

    async def on_mount(self) -> None:
        """Connect, and open what was asked for."""
        self.theme_changed_signal.subscribe(self, lambda _: self._relook())
        self.run_worker(self._feed.run(), name="feed", group="feed", exclusive=True, exit_on_error=False)
        self.set_interval(1.0, self._tick)
        for words in self._complaints:
            self.say(words, bad=True)
        self._arrive()

    def _arrive(self) -> None:
        """Open what was asked for, or what was open last."""
        if self._wall:
            from plantops_tui.wall import STAY_S, Tour

            self._tour = Tour(self)
            self.set_interval(STAY_S, self._tour.step)
            return
        linked = self._start_plant or self._wanted
        place = self._start_screen or ("plants" if linked else self.memory.screen)
        if place != "plants":
            self.action_go(place)
        if self._wanted:
            self.call_after_refresh(self._filter_start)
        if self._start_plant:
            self.run_worker(self._open_linked(self._start_plant), group="link", exit_on_error=False)

    def _filter_start(self) -> None:
        if isinstance(self.screen, HouseScreen):
            self.screen.filter_by(self._wanted)

    async def _open_linked(self, wanted: str) -> None:
        """Open the plant that was asked for; all plants, and why, when there is none."""
        from plantops_tui.links import linked_plant

        try:
            found = await linked_plant(self.client, wanted)
        except errors.ApiError as problem:
            self.say(f"Could not open {wanted}. {problem.message}", bad=True)
            return
        if found is None:
            self.say(f'There is no plant "{wanted}". Here are all of them.', bad=True)
        else:
            self.open_plant(found)

    def on_key(self) -> None:
        """On a wall, a person who presses keys is left alone for a while."""
        if self._tour is not None:
            self._tour.touched()

    async def on_event(self, event: events.Event) -> None:
        """Every event comes by here first; a size is believed within reason, from whichever side it comes."""
        await super().on_event(terminal.within_reason(event) if isinstance(event, events.Resize) else event)

    def on_resize(self, event: events.Resize) -> None:
        """Below the smallest usable size, say so instead of drawing rubble."""
        from plantops_tui.screens.too_small import TooSmallScreen

        small = event.size.width < terminal.MIN_WIDTH or event.size.height < terminal.MIN_HEIGHT
        shown = isinstance(self.screen, TooSmallScreen)
        if small and not shown:
            self.push_screen(TooSmallScreen())
        elif shown and not small:
            self.pop_screen()

    def _tick(self) -> None:
        """Ages and the clock change by the minute; nothing is redrawn in between."""
        minute = int(self.clock().timestamp() // 60)
        if minute != self._minute:
            self._minute = minute
            self.redraw_screens()

    def remember(self, **changes: str) -> None:
        """Keep theme, screen, sort or range for the next run; a wall keeps nothing."""
        before, self.memory = self.memory, replace(self.memory, **changes)
        if self.memory != before and not self._wall:
            problem = memory.write(self._memory_path, self.memory)
            if problem and problem not in self._complaints:
                self._complaints.append(problem)
                self.say(problem, bad=True)

    def choose_theme(self, name: str) -> None:
        """Show this theme and remember it."""
        self.theme = name
        self.remember(theme=name)

    # --- what everything draws with --------------------------------------------------------------------

    @property
    def link(self) -> Link:
        """State of the connection."""
        return self._feed.link

    def pen(self, *, faded: bool = False) -> Pen:
        """Styles of the present theme and the present moment."""
        if not self._looks:
            look = Look.from_variables(self.theme_variables)
            self._looks = {False: look, True: look.faded()}
        return Pen(self._looks[faded], self.glyphs, self.clock(), self.zone)

    def _relook(self) -> None:
        self._looks = {}
        self.redraw_screens()

    def redraw_screens(self) -> None:
        """Draw everything again that depends on the clock or the theme; only differences reach the terminal."""
        if not self.is_running:  # it ends, and its screens are being taken apart while the clock still ticks
            return
        for screen in self.screen_stack:
            if isinstance(screen, HouseScreen):
                screen.redraw()

    def count_alerts(self, count: int) -> None:
        """Remember how many alerts are open, for the title bar."""
        if count != self.open_alerts:
            self.open_alerts = count
            self.redraw_screens()

    # --- news ------------------------------------------------------------------------------------------

    def _link_changed(self, link: Link) -> None:
        for screen in self.screen_stack:
            screen.post_message(LinkChanged(link))

    def _happened(self, event: wire.Event) -> None:
        for screen in self.screen_stack:
            screen.post_message(Happened(event))

    def data_arrived(self) -> None:
        """An answer with data came."""
        self._feed.data_arrived()

    def note_failure(self, where: object, problem: Exception) -> None:
        """Write an unexpected failure down, and tell about the first of each kind."""
        from plantops_tui.screens.failure import FailureScreen, write_down

        known = any(type(old) is type(problem) and str(old) == str(problem) for old in self.failures)
        self.failures.append(problem)
        if known:
            return
        write_down(self.log_path, where, problem)
        if not isinstance(self.screen, FailureScreen):
            self.push_screen(FailureScreen(type(where).__name__, problem, self.log_path))

    # --- actions ---------------------------------------------------------------------------------------

    def action_go(self, place: str) -> None:
        """Go to a screen by name."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if place == "alerts":
            from plantops_tui.screens.alerts import AlertsScreen

            self.push_screen(AlertsScreen())
        elif place == "devices":
            from plantops_tui.screens.devices import DevicesScreen

            self.push_screen(DevicesScreen())
        elif place == "settings":
            from plantops_tui.screens.settings import SettingsScreen

            self.push_screen(SettingsScreen())
        self.remember(screen=place)

    def open_plant(self, plant_id: str) -> None:
        """Open the screen of one plant, in place of that of another one."""
        from plantops_tui.screens.plant import PlantScreen

        if isinstance(self.screen, PlantScreen):
            self.pop_screen()
        self.push_screen(PlantScreen(plant_id))

    async def action_back(self) -> None:
        """One level back; what is being typed or filtered is left first."""
        screen = self.screen
        if isinstance(screen, HouseScreen) and screen.step_back():
            return
        if len(self.screen_stack) > 1:
            self.pop_screen()

    def action_reload(self) -> None:
        """Read the data of this screen again."""
        if isinstance(self.screen, HouseScreen):
            self.screen.load()

    def action_undo(self) -> None:
        """Take the last reversible act back."""
        undo, self.undo = self.undo, None
        if undo is None:
            self.say("There is nothing to undo.")
        elif isinstance(self.screen, HouseScreen):
            self.screen.perform(undo.doing, undo.deed, undo.done)

    def action_copy_what(self) -> None:
        """Choose what to copy of the selected thing: its id, a topic, the command that shows it."""
        found = self.screen.copies() if isinstance(self.screen, HouseScreen) else []
        if not found:
            self.say("There is nothing to copy here.")
            return
        from plantops_tui.screens.choice import ChoiceDialog

        options = [(f"{what}: {words}", place) for place, (what, words) in enumerate(found)]
        self.push_screen(
            ChoiceDialog("Copy", options),
            lambda place: None if place is None else self.copy_and_say(found[place][1]),
        )

    def copy_and_say(self, words: str) -> None:
        """To the clipboard of the terminal (OSC 52, which passes through SSH)."""
        self.copy_to_clipboard(words)
        self.say(f"Copied {words}")

    def action_help(self) -> None:
        """Show every key of the screen that has the focus."""
        from plantops_tui.screens.help import HelpScreen, help_lines

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(help_lines(self, self.screen)))

    def say(self, words: str, *, bad: bool = False) -> None:
        """A short message in the corner; never parsed as markup."""
        self.notify(words, severity="error" if bad else "information", timeout=8 if bad else 4, markup=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """None of Textual's own: the palette offers ours."""
        return ()


def run(
    url: str,
    token: str | None,
    plant: str | None = None,
    screen: str | None = None,
    ascii: bool = False,  # noqa: A002 - the name of the option
    readonly: bool = False,
    *,
    wanted: str = "",
    wall: bool = False,
) -> int:
    """Run the interface until the person leaves it; returns the exit code.

    Returns 2, with a sentence on stderr and nothing on stdout, where there is no terminal that could show it.
    """
    reason = terminal.refusal(os.environ, stdin_tty=sys.stdin.isatty(), stdout_tty=sys.stdout.isatty())
    if reason:
        sys.stderr.write(f"{reason}\n")
        return 2
    terminal.settle(os.environ)
    app = PlantOpsApp(
        PlantOpsClient(url, token),
        plant=plant,
        screen=screen,
        ascii_only=ascii,
        readonly=readonly,
        log_path=_log_path(),
        wanted=wanted,
        wall=wall,
        memory_path=memory.path_of_user(),
        keymap_path=keymap.path_of_user(),
    )
    app.run()
    return app.return_code or 0


def _log_path() -> Path:
    from platformdirs import user_log_path

    return user_log_path("plantops") / "tui.log"
