"""Alerts: what is wrong in the whole house, to be acknowledged, silenced or closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from plantops_api import errors, wire
from plantops_api.order import matches
from plantops_tui import wording
from plantops_tui.screens import records
from plantops_tui.screens.filtering import FilteringScreen
from plantops_tui.screens.house import Undo
from plantops_tui.widgets.notice import Notice
from plantops_tui.widgets.record_list import RecordList
from plantops_tui.widgets.tab_strip import Tab, TabStrip

_VIEWS = (Tab("open", "open", "o"), Tab("all", "all"))
_READ = 500
"""Newest alerts that are read; older ones are for the command line."""


class AlertsScreen(FilteringScreen, inherit_bindings=False):
    """A list to triage."""

    place = "alerts"
    changes = frozenset({"ack", "snooze", "resolve"})

    # In the order of the key bar: triage first.
    reads = frozenset({"alerts"})
    BINDINGS: ClassVar[list[BindingType]] = [
        *Screen.BINDINGS,
        Binding("a", "ack", "ack", tooltip="acknowledge: seen, I am on it", id="alerts.ack"),
        Binding("s", "snooze", "snooze", tooltip="be quiet about it for a while", id="alerts.snooze"),
        Binding("x", "resolve", "resolve", tooltip="close it by hand", id="alerts.resolve"),
        Binding("o", "view", "open/all", tooltip="open ones only, or all", id="alerts.view"),
        *FilteringScreen.BINDINGS,
    ]

    def __init__(self) -> None:
        super().__init__()
        self._alerts: dict[str, wire.Alert] = {}
        self._loaded = False
        self._view = "open"

    def compose_body(self) -> ComposeResult:
        """Which alerts, the filter, the list."""
        yield TabStrip(_VIEWS, (), id="toolbar")
        yield self.filter_box("plant, problem or state")
        yield RecordList(records.ALL_ALERTS, id="alerts")
        yield Notice(id="notice")

    @property
    def list_widget(self) -> RecordList:
        """The list."""
        return self.query_one(RecordList)

    @property
    def selected(self) -> wire.Alert | None:
        """The selected alert."""
        return self._alerts.get(self.list_widget.selected or "")

    # --- data ------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Read the alerts."""
        if not self._loaded:
            self.list_widget.display = False
            self.query_one(Notice).show("Reading the alerts" + self.house.glyphs.ellipsis)
        self.query_one(TabStrip).show(self._view)
        self._read()

    @work(exclusive=True, group="alerts", exit_on_error=False)
    async def _read(self) -> None:
        try:
            found = await self.client.list_alerts(self._view, limit=_READ)
        except errors.ApiError as problem:
            if not self._loaded:
                self.query_one(Notice).show_error("read the alerts", problem)
            elif not isinstance(problem, errors.ServerUnreachable):
                self.house.say(f"The alerts shown may be old. {problem.message}", bad=True)
            return
        self._loaded = True
        self._alerts = {str(alert.id): alert for alert in found}
        self.house.data_arrived()
        self.house.count_alerts(sum(1 for alert in found if alert.resolved_at is None))
        self.show_matches()

    def take_in(self, event: wire.Event) -> None:
        """Read again when an alert changed."""
        if event.event == "alert":
            self.read_soon()

    def show_matches(self) -> None:
        """Filter and draw what is known."""
        if not self._loaded:
            return
        pen = self.house.pen()
        shown = [alert for alert in self._alerts.values() if matches(self.wanted, _words(alert))]
        notice = self.query_one(Notice)
        self.list_widget.display = bool(shown)
        self.list_widget.show(records.all_alerts(pen, shown))
        self.refresh_bindings()
        if shown:
            notice.hide()
            if self.focused is None:
                self.list_widget.focus()
        elif self._alerts:
            notice.show("No alert matches", f'Nothing here fits "{self.wanted}".', "esc clears the filter.")
        else:
            notice.show(
                "All is well", "No plant and no device needs you.", "o shows what is over, esc goes back."
            )

    # --- view ------------------------------------------------------------------------------------------

    def action_view(self) -> None:
        """Open ones only, or all."""
        self._choose("all" if self._view == "open" else "open")

    @on(TabStrip.Chosen)
    def _chosen(self, message: TabStrip.Chosen) -> None:
        self._choose(message.name)

    def _choose(self, view: str) -> None:
        self._view = view
        self.load()

    def copies(self) -> list[tuple[str, str]]:
        """A command about it."""
        return [("show", f"plantops alerts show {self.selected.id}")] if self.selected else []

    # --- acts ------------------------------------------------------------------------------------------

    @on(RecordList.Opened)
    def _open(self) -> None:
        if self.selected and self.selected.plant_id:
            self.house.open_plant(self.selected.plant_id)
        elif self.selected:
            self.house.say("This alert is about a device that sits in no plant.")

    def why_not(self, action: str) -> str | None:
        """Acts need an alert that is still open."""
        if action in self.changes:
            if self.selected is None:
                return "There is no alert to do that with."
            if self.selected.resolved_at is not None:
                return "This alert is over already."
            if action == "ack" and self.selected.acked_at is not None:
                return f"Acknowledged already{f' by {self.selected.acked_by}' if self.selected.acked_by else ''}."
        return super().why_not(action)

    def action_ack(self) -> None:
        """Seen, I am on it."""
        alert = self.selected
        if alert and self.may("ack"):
            self.perform(
                "acknowledge it",
                lambda: self.client.ack_alert(alert.id),
                f"Acknowledged: {_name(alert)}.",
                Undo(
                    "take that back",
                    lambda: self.client.unack_alert(alert.id),
                    f"Open again: {_name(alert)}.",
                ),
            )

    def action_snooze(self) -> None:
        """Be quiet about it for a while."""
        from plantops_tui.screens.choice import ChoiceDialog

        alert = self.selected
        if alert and self.may("snooze"):
            self.app.push_screen(
                ChoiceDialog(
                    f"Be quiet about {_name(alert)} for",
                    [("1 hour", 3600), ("4 hours", 14_400), ("1 day", 86_400), ("1 week", 604_800)],
                ),
                lambda seconds: self._snooze(alert, seconds),
            )

    def _snooze(self, alert: wire.Alert, seconds: int | None) -> None:
        if seconds is not None:
            until = self.house.clock() + timedelta(seconds=seconds)
            self.perform(
                "snooze it",
                lambda: self.client.snooze_alert(alert.id, wire.SnoozeBody(seconds=seconds)),
                f"Quiet till {wording.clock(self.house.pen(), until)}: {_name(alert)}.",
            )

    def action_resolve(self) -> None:
        """Close it by hand, after a question: it cannot be opened again."""
        from plantops_tui.screens.choice import ChoiceDialog

        alert = self.selected
        if alert and self.may("resolve"):
            self.app.push_screen(
                ChoiceDialog(
                    f"Close the alert {_name(alert)}? If the cause remains, a new one will open.",
                    [("keep it open", None), (f"close {_name(alert)}", 1)],
                ),
                lambda sure: self._resolve(alert) if sure else None,
            )

    def _resolve(self, alert: wire.Alert) -> None:
        deed: Callable[[], Awaitable[object]] = lambda: self.client.resolve_alert(alert.id)  # noqa: E731
        self.perform("close it", deed, f"Closed: {_name(alert)}.")


def _name(alert: wire.Alert) -> str:
    return f"{records.alert_subject(alert)}, {wording.alert_phrase(alert)}"


def _words(alert: wire.Alert) -> tuple[str, ...]:
    state = "over" if alert.resolved_at else "acked" if alert.acked_at else "open"
    return records.alert_subject(alert), wording.alert_phrase(alert), state, alert.severity
