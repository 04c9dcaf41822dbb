"""Settings: where alerts are told, who may come in, and how it all looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from plantops_api import errors, wire
from plantops_tui.screens import access, channels, model_settings, setting_records
from plantops_tui.screens.house import HouseScreen
from plantops_tui.widgets.notice import Notice
from plantops_tui.widgets.record_list import RecordList
from plantops_tui.widgets.tab_strip import Tab, TabStrip

TABS = (
    Tab("notifications", "Notifications", "N"),
    Tab("advisor", "Care advisor", "C"),
    Tab("access", "Access", "A"),
    Tab("theme", "Theme", "T"),
)
Deed = Callable[[], Awaitable[object]]
_ACTS = frozenset({"add", "edit", "remove", "test"})


class SettingsScreen(HouseScreen):
    """Letters choose a tab; the rest acts on the selected row."""

    place = "settings"
    changes = _ACTS

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "add", "new", tooltip="add a channel, user or token; choose a model", id="settings.add"),
        Binding("e", "edit", "edit", tooltip="change what is selected; enter does too", id="settings.edit"),
        Binding("d", "remove", "remove", tooltip="remove or revoke it; forget the model", id="settings.remove"),
        Binding("t", "test", "test", tooltip="send a test message and see what came of it", id="settings.test"),
        *(
            Binding(tab.key, f"tab('{tab.name}')", tab.title, show=False, id=f"settings.{tab.name}")
            for tab in TABS
        ),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._tab = "notifications"
        self._settings: wire.NotificationSettings | None = None
        self._outcomes: dict[str, wire.ChannelTest] = {}
        self._llm: wire.LlmSettings | None = None
        self._llm_test: wire.LlmTest | None = None
        self._users: dict[str, wire.User] = {}
        self._tokens: dict[str, wire.Token] = {}
        self._enrolment: dict[str, wire.EnrolmentToken] = {}
        self._loaded: set[str] = {"theme"}

    def compose_body(self) -> ComposeResult:
        """Tabs, a list a tab, or a notice."""
        with Vertical(id="body"):
            yield TabStrip(TABS, (), id="tabs")
            for name, columns in setting_records.COLUMNS.items():
                yield RecordList(columns, id=name, classes="pane")
            yield Notice(id="notice")

    @property
    def _list(self) -> RecordList:
        return self.query_one(f"#{self._tab}", RecordList)

    # --- data ------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Read what the open tab shows."""
        if self._tab not in self._loaded:
            self.query_one(Notice).show("Reading the settings" + self.house.glyphs.ellipsis)
        self._show()
        if self._tab == "notifications":
            self._read_notifications()
        elif self._tab == "advisor":
            self._read_advisor()
        elif self._tab == "access":
            self._read_access()

    @work(exclusive=True, group="notifications", exit_on_error=False)
    async def _read_notifications(self) -> None:
        try:
            self._settings = await self.client.get_notification_settings()
        except errors.ApiError as problem:
            self._refused("notifications", problem)
            return
        self._arrived("notifications")

    @work(exclusive=True, group="advisor", exit_on_error=False)
    async def _read_advisor(self) -> None:
        try:
            self._llm = await self.client.llm_settings()
        except errors.ApiError as problem:
            self._refused("advisor", problem)
            return
        self._arrived("advisor")

    @work(exclusive=True, group="access", exit_on_error=False)
    async def _read_access(self) -> None:
        try:
            tokens = await self.client.list_tokens()
            users = await self._users_if_allowed()
            enrolment = await self._enrolment_if_allowed()
        except errors.ApiError as problem:
            self._refused("access", problem)
            return
        self._tokens = {f"token {token.id}": token for token in tokens}
        self._users = {f"user {user.id}": user for user in users}
        self._enrolment = {f"device {token.id}": token for token in enrolment}
        self._arrived("access")

    @property
    def _is_admin(self) -> bool:
        me = self.house.link.me
        return me is None or me.role == "admin"

    async def _users_if_allowed(self) -> list[wire.User]:
        return await self.client.list_users() if self._is_admin else []

    async def _enrolment_if_allowed(self) -> list[wire.EnrolmentToken]:
        return await self.client.list_enrolment_tokens() if self._is_admin else []

    def _arrived(self, tab: str) -> None:
        self._loaded.add(tab)
        self.house.data_arrived()
        self._show()

    def _refused(self, tab: str, problem: errors.ApiError) -> None:
        if tab == self._tab and tab not in self._loaded:
            self.query_one(Notice).show_error("read these settings", problem)
        elif not isinstance(problem, errors.ServerUnreachable):
            self.house.say(f"The settings shown may be old. {problem.message}", bad=True)

    def saved(self, answer: object) -> None:
        """A form was left; read again when it saved something."""
        if answer is not None:
            self._outcomes = {}
            self.house.say("Saved.")
            self.load()

    def model_saved(self, answer: object) -> None:
        """The form of the model was left; a saved one is tested at once, so that a wrong key is known now."""
        self.saved(answer)
        if answer is not None:
            self._llm_test = None
            self._test_model()

    # --- what is shown ---------------------------------------------------------------------------------

    def _show(self) -> None:
        ready = self._tab in self._loaded
        self.query_one(TabStrip).show(self._tab)
        for pane in self.query(".pane"):
            pane.set_class(ready and pane.id == self._tab, "-shown")
        if not ready:
            return
        self.query_one(Notice).hide()
        pen = self.house.pen()
        if self._tab == "notifications" and self._settings is not None:
            self._list.show(setting_records.notifications(pen, self._settings, self._outcomes))
        elif self._tab == "advisor" and self._llm is not None:
            self._list.show(model_settings.rows(pen, self._llm, self._llm_test, self.app.size.width))
        elif self._tab == "access":
            rows = setting_records.access(
                pen, self._users.values(), self._tokens.values(), self._enrolment.values()
            )
            self._list.show(rows, "No user and no token is shown to you.")
        elif self._tab == "theme":
            self._list.show(setting_records.theme_rows(pen, self.house.memory.theme))
        if self.focused is not self._list:
            self._list.focus()
        self.refresh_bindings()

    def action_tab(self, name: str) -> None:
        """Show a tab; a theme that was only looked at is left behind."""
        self._leave_preview()
        self._tab = name
        self.load()

    @on(TabStrip.Chosen)
    def _chosen(self, message: TabStrip.Chosen) -> None:
        self.action_tab(message.name)

    # --- theme -----------------------------------------------------------------------------------------

    @on(RecordList.Moved)
    def _preview(self, message: RecordList.Moved) -> None:
        if self._tab == "theme":
            self.app.theme = message.key

    def _leave_preview(self) -> None:
        self.app.theme = self.house.memory.theme

    def on_unmount(self) -> None:
        """Only a theme that was chosen stays."""
        self._leave_preview()

    # --- acts ------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str | None:
        """Acts depend on what is selected."""
        if action not in _ACTS:
            return super().why_not(action)
        if self._tab == "theme":
            return "Move to see a theme, enter keeps it." if action != "edit" else None
        if self._tab not in self._loaded:
            return "This has not been read yet."
        me = self.house.link.me
        if self._tab == "notifications" and me is not None and me.role != "admin":
            return "Only an admin changes notifications."
        if self._tab == "advisor" and me is not None and me.role != "admin":
            return "Only an admin changes the care advisor."
        return super().why_not(action) or self._why_not_here(action)

    def _why_not_here(self, action: str) -> str | None:
        key = self._list.selected or ""
        if self._tab == "advisor":
            return model_settings.why_not(self._llm, action)
        if action in ("remove", "test") and self._tab == "notifications" and self._channel is None:
            return "That is for a channel: select one, or add one with n."
        if action == "test" and self._tab == "access":
            return "Only channels are tested."
        if action == "edit" and (key in self._tokens or key in self._enrolment):
            return "A token cannot be changed: revoke it, and add another one."
        if action in ("remove", "edit") and self._tab == "access" and not key:
            return "There is nothing to do that with."
        return None

    @property
    def _channel(self) -> wire.Channel | None:
        key = self._list.selected if self._settings else None
        found = self._settings.channels if self._settings else []
        return next((channel for channel in found if f"channel {channel.name}" == key), None)

    @on(RecordList.Opened)
    def _open(self) -> None:
        self.action_edit()

    def action_add(self) -> None:
        """A channel; or a token or user."""
        if not self.may("add"):
            return
        if self._tab == "notifications" and self._settings:
            channels.edit_channel(self, self._settings, None)
        elif self._tab == "advisor" and self._llm:
            model_settings.choose(self, self._llm)
        elif self._tab == "access":
            me = self.house.link.me
            access.add(self, me.role if me else "viewer")

    def action_edit(self) -> None:
        """Change what is selected; keep the theme that is looked at."""
        key = self._list.selected or ""
        if not self.may("edit"):
            return
        if self._tab == "theme":
            self.house.choose_theme(key)
            self.house.say("Kept.")
            self._show()
        elif self._tab == "advisor" and self._llm is not None:
            self._edit_advisor(self._llm, key)
        elif self._tab == "access" and key in self._users:
            access.edit_user(self, self._users[key])
        elif self._settings is not None:
            self._edit_notifications(self._settings, key)

    def _edit_advisor(self, llm: wire.LlmSettings, key: str) -> None:
        if llm.provider is None or key == "provider":
            model_settings.choose(self, llm)
        elif key.startswith("test"):
            self.action_test()
        else:
            model_settings.edit(self, llm, llm.provider)

    def _edit_notifications(self, settings: wire.NotificationSettings, key: str) -> None:
        if key == setting_records.NO_CHANNEL:
            channels.edit_channel(self, settings, None)
        elif key == "quiet":
            channels.edit_quiet_hours(self, settings)
        elif key == "repeat":
            channels.edit_repeat(self, settings)
        elif key == "digest":
            channels.toggle_digest(self, settings)
        elif self._channel is not None:
            channels.edit_channel(self, settings, self._channel)

    def action_remove(self) -> None:
        """Remove a channel or user, revoke a token, after a question that names it."""
        if not self.may("remove"):
            return
        key = self._list.selected or ""
        if self._tab == "advisor" and self._llm is not None:
            self._llm_test = None
            self._ask(*model_settings.forgetting(self, self._llm))
        elif self._settings is not None and self._channel is not None:
            name = self._channel.name
            deed = channels.remove_channel(self, self._settings, self._channel)
            self._ask(
                f"Remove the channel {name}? Its URL is forgotten.",
                f"remove {name}",
                deed,
                f"Removed: {name}.",
            )
        elif token := self._tokens.get(key):
            what = f"the token {token.name} of {token.username}"
            question = f"Revoke {what}? Whatever uses it is locked out at once."
            self._ask(
                question,
                f"revoke {token.name}",
                lambda: self.client.delete_token(token.id),
                f"Revoked: {what}.",
            )
        elif enrolment := self._enrolment.get(key):
            question = f"Revoke {enrolment.name}? Devices that registered with it stay; no other one can."
            self._ask(
                question,
                f"revoke {enrolment.name}",
                lambda: self.client.delete_enrolment_token(enrolment.id),
                f"Revoked: {enrolment.name}.",
            )
        elif user := self._users.get(key):
            question = f"Remove the user {user.username} and all tokens of theirs?"
            self._ask(
                question,
                f"remove {user.username}",
                lambda: self.client.delete_user(user.id),
                f"Removed: {user.username}.",
            )

    def _ask(self, question: str, answer: str, deed: Deed, done: str) -> None:
        from plantops_tui.screens.choice import ChoiceDialog

        def answered(sure: int | None) -> None:
            if sure:
                self.perform(answer, deed, done)

        self.app.push_screen(ChoiceDialog(question, [("leave it", None), (answer, 1)]), answered)

    def action_test(self) -> None:
        """Send a test message and show what really came of it."""
        if not self.may("test"):
            return
        if self._tab == "advisor":
            self._test_model()
        elif self._channel is not None:
            self.house.say(f"Sending a test to {self._channel.name}{self.house.glyphs.ellipsis}")
            self._test(self._channel.name)

    @work(exclusive=True, group="test", exit_on_error=False)
    async def _test(self, name: str) -> None:
        try:
            found = await self.client.send_test_notification(name)
        except errors.ApiError as problem:
            self.house.say(f"Could not send a test to {name}. {problem.message} {problem.advice}", bad=True)
            return
        for outcome in found.results:
            self._outcomes[outcome.channel] = outcome
            words = f"{outcome.channel}: {setting_records.outcome_words(outcome)}"
            self.house.say(words, bad=not outcome.ok)
        self._show()

    @work(exclusive=True, group="test", exit_on_error=False)
    async def _test_model(self) -> None:
        """Ask the model something cheap, and show what really came back."""
        self.house.say(f"Asking the model something cheap{self.house.glyphs.ellipsis}")
        try:
            self._llm_test = await self.client.test_llm()
        except errors.ApiError as problem:
            self.house.say(f"Could not test the model. {problem.message} {problem.advice}", bad=True)
            return
        self.house.say(model_settings.outcome_words(self._llm_test), bad=not self._llm_test.ok)
        self._show()
