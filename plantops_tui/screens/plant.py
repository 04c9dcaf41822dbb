"""Plant: what one plant is, how it is, and how it came to be so."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from plantops_api import errors, wire
from plantops_api.traces import Trace, trace_of, with_forecast
from plantops_tui.screens import advice_desk, care, gardening, records
from plantops_tui.screens.house import HouseScreen
from plantops_tui.widgets.care_plan import CarePlanView
from plantops_tui.widgets.metric_list import MetricList
from plantops_tui.widgets.notice import Notice
from plantops_tui.widgets.plant_heading import PlantHeading
from plantops_tui.widgets.record_list import RecordList
from plantops_tui.widgets.tab_strip import Tab, TabStrip
from plantops_tui.widgets.time_chart import TimeChart, most_points

TABS = (
    Tab("history", "History", "H"),
    Tab("care", "Care plan", "C"),
    Tab("waterings", "Waterings", "W"),
    Tab("devices", "Devices", "D"),
    Tab("alerts", "Alerts", "A"),
    Tab("thresholds", "Thresholds", "T"),
)
RANGES = (Tab("24h", "24h"), Tab("7d", "7d"), Tab("30d", "30d"), Tab("1y", "1y"))
_RANGE_NAMES = tuple(tab.name for tab in RANGES)

REST_S = {"24h": 0.0, "7d": 30.0, "30d": 120.0, "1y": 600.0}
"""How long a chart stands before news have it read again: a year does not change by a reading."""

RANGES_S = {"24h": 86_400, "7d": 604_800, "30d": 2_592_000, "1y": 31_536_000}
"""Length of each range, s; what is panned to is asked for by its ends."""
_SIDES = 2
"""Columns left and right of the body."""


class PlantScreen(HouseScreen):
    """One plant. Keys: letters choose a tab, j/k a metric, h/l move the cursor, z the range."""

    place = "plants"
    changes = frozenset({"water", "unwater", "ack", "edit", "archive", "limit", "quiet", "advise"})

    reads = frozenset({"plant", "history", "waterings", "tab"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "water", "watered", tooltip="log a watering", id="plant.water"),
        Binding(
            "d",
            "unwater",
            "take back",
            show=False,
            tooltip="take back the watering selected under Waterings",
            id="plant.unwater",
        ),
        Binding("a", "ack", "ack", tooltip="acknowledge its open alerts", id="plant.ack"),
        Binding("t", "limit", "limits", tooltip="change the limits of a metric", id="plant.limit"),
        Binding("z", "range(1)", "range", tooltip="24 h, 7 d, 30 d, 1 year", id="plant.range"),
        Binding("Z", "range(-1)", "shorter range", show=False, id="plant.range_back"),
        Binding(
            "j,down",
            "metric(1)",
            "metric",
            key_display="j/k",
            tooltip="the next metric",
            id="plant.next_metric",
        ),
        Binding("k,up", "metric(-1)", "metric before", show=False, id="plant.previous_metric"),
        *(
            Binding(tab.key, f"tab('{tab.name}')", tab.title, show=False, id=f"plant.{tab.name}")
            for tab in TABS
        ),
        Binding(
            "e", "edit", "edit", show=False, tooltip="change name, species, place, notes", id="plant.edit"
        ),
        Binding(
            "X", "archive", "archive", show=False, tooltip="take it off the dashboard", id="plant.archive"
        ),
        Binding(
            "M",
            "quiet",
            "maintenance",
            show=False,
            tooltip="tell nothing about it for a while",
            id="plant.quiet",
        ),
        Binding("y", "copy", "copy id", show=False, id="plant.copy"),
    ]

    def __init__(self, plant_id: str) -> None:
        super().__init__()
        self.plant_id = plant_id
        self.plant: wire.Plant | None = None
        self._history: wire.History | None = None
        self._waterings: list[wire.Watering] = []
        self.desk = advice_desk.AdviceDesk(self)
        self._tab = "history"
        self._range = "24h"
        self._chart_due = 0.0
        """Monotonic time from which on news may have the chart read again."""
        self._panned = 0
        """Half windows back from now."""

    def compose_body(self) -> ComposeResult:
        """Heading, tabs, and a pane a tab."""
        self._range = self.house.memory.range
        with Vertical(id="body"):
            yield PlantHeading(id="heading")
            yield TabStrip(TABS, RANGES, id="tabs")
            with Vertical(id="history", classes="pane -shown"):
                yield MetricList(id="metrics")
                yield TimeChart(id="chart")
            yield CarePlanView(id="care", classes="pane")
            for name, columns in records.COLUMNS.items():
                yield RecordList(columns, id=name, classes="pane")
            yield Notice(id="notice")

    # --- data ------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Read the plant, its chart, and what its open tab shows."""
        if self.plant is None:
            self.query_one(Notice).show("Reading the plant" + self.house.glyphs.ellipsis)
            self._show_panes()
        self._read_plant()
        self._read_history()
        self._read_waterings()
        self._read_tab(self._tab)

    @work(exclusive=True, group="plant", exit_on_error=False)
    async def _read_plant(self) -> None:
        try:
            plant = await self.client.get_plant(self.plant_id)
        except errors.NotFound as problem:
            self.plant = None
            self._refused(problem, "Was it removed? esc goes back to all plants.")
            return
        except errors.ApiError as problem:
            if self.plant is None:
                self._refused(problem, "r tries again, esc goes back.")
            return
        self.plant = plant
        self.house.data_arrived()
        self.query_one(Notice).hide()
        self.query_one(PlantHeading).show(plant)
        self.query_one(MetricList).show(plant)
        self._show_tab_of_plant(plant)
        self._show_chart()  # it tells the forecast, or that no device is there
        self._show_panes()
        self.refresh_bindings()

    def _refused(self, problem: errors.ApiError, hint: str) -> None:
        notice = self.query_one(Notice)
        notice.show(
            "Could not read this plant", problem.message, f"{problem.advice}\n{hint}".strip(), bad=True
        )
        self._show_panes()

    @work(exclusive=True, group="history", exit_on_error=False)
    async def _read_history(self) -> None:
        points = most_points(self.app.size.width - _SIDES)
        try:
            self._history = await self._ask_history(points)
        except errors.ApiError as problem:
            self.query_one(TimeChart).explain(f"Could not read the history. {problem.message} r tries again.")
            return
        self._show_chart()

    async def _ask_history(self, points: int) -> wire.History:
        if not self._panned:
            return await self.client.plant_history(self.plant_id, self._range, points=points)
        length = timedelta(seconds=RANGES_S[self._range])
        end = self.house.clock() - self._panned * length / 2
        return await self.client.plant_history(self.plant_id, start=end - length, end=end, points=points)

    @work(exclusive=True, group="waterings", exit_on_error=False)
    async def _read_waterings(self) -> None:
        try:
            self._waterings = await self.client.list_waterings(self.plant_id, limit=200)
        except errors.ApiError:
            return  # the chart does without its marks; the tab itself tells about the failure
        self.query_one("#waterings", RecordList).show(
            records.waterings(self.house.pen(), self._waterings),
            "No watering yet. w logs one; detected ones appear here by themselves.",
        )
        self._show_chart()

    @work(exclusive=True, group="care", exit_on_error=False)
    async def _read_care(self) -> None:
        try:
            await self.desk.read()
        except errors.ApiError as problem:
            self.desk.could_not_read(problem)

    @work(exclusive=True, group="tab", exit_on_error=False)
    async def _read_tab(self, tab: str) -> None:
        if tab == "care":
            self._read_care()
            return
        pen = self.house.pen()
        try:
            if tab == "devices":
                devices = await self.client.plant_devices(self.plant_id)
                rows, empty = records.devices(pen, devices), "No device is tied to this plant."
            elif tab == "alerts":
                alerts = await self.client.list_alerts("all", plant_id=self.plant_id, limit=200)
                rows, empty = records.alerts(pen, alerts), "No alert, ever."
            else:
                return
        except errors.ApiError as problem:
            self.query_one(f"#{tab}", RecordList).show(
                (), f"Could not read this. {problem.message}  r tries again."
            )
            return
        self.query_one(f"#{tab}", RecordList).show(rows, empty)

    def on_resize(self) -> None:
        """A wider chart can show more points."""
        if self._history is not None:
            self._read_history()

    def take_in(self, event: wire.Event) -> None:
        """Read again when this plant changed."""
        mine = event.event not in ("plant", "care_plan") or self.plant_id in event.ids
        if event.event == "care_plan":
            if mine and self._tab == "care" and not self.desk.writing:
                self._read_care()
        elif mine:
            self.read_soon()

    def read_news(self) -> None:
        """Read the plant and its open tab; the chart only when it may have changed visibly."""
        self._read_plant()
        self._read_tab(self._tab)
        if self._tab == "waterings":
            self._read_waterings()
        if self._tab == "history" and monotonic() >= self._chart_due:
            self._chart_due = monotonic() + REST_S[self._range]
            self._read_history()
            self._read_waterings()

    # --- what is shown ---------------------------------------------------------------------------------

    def _show_panes(self) -> None:
        ready = self.plant is not None
        self.query_one(TabStrip).show(self._tab, self._range, right=self._tab == "history")
        for pane in self.query(".pane"):
            pane.set_class(ready and pane.id == self._tab, "-shown")
        wanted = "#chart" if self._tab == "history" else f"#{self._tab}"
        if ready and (self.focused is None or self.focused.id != wanted[1:]):
            self.query_one(wanted).focus()

    def _show_chart(self) -> None:
        if self._history is None:
            return
        listed = self.query_one(MetricList)
        traces = {metric: self._trace(self._history, metric) for metric in listed.metrics}
        shown = traces.get(listed.metric)
        chart = self.query_one(TimeChart)
        chart.show(self._with_forecast(shown) if shown else None, list(traces.values()))
        if self.plant and not self.plant.device_count and not any(trace.points for trace in traces.values()):
            chart.explain("No device sits in this plant yet: press 2, then p lets a new one in, t ties it.")

    def _trace(self, history: wire.History, metric: str) -> Trace:
        interval = self.plant.expected_interval_s if self.plant else None
        watered = [watering.at for watering in self._waterings]
        return trace_of(history, metric, interval, watered)

    def _with_forecast(self, trace: Trace) -> Trace:
        """Forecasts begin now: an older window has none."""
        return with_forecast(trace, self.plant.next_watering if self.plant and not self._panned else None)

    @on(TimeChart.Panned)
    def _pan(self, message: TimeChart.Panned) -> None:
        self._panned = max(0, self._panned + message.step)
        self._read_history()

    def _show_tab_of_plant(self, plant: wire.Plant) -> None:
        self.query_one("#thresholds", RecordList).show(
            records.thresholds(self.house.pen(), plant),
            "No threshold is set. t sets one for the metric of the chart.",
        )

    # --- keys ------------------------------------------------------------------------------------------

    def action_tab(self, name: str) -> None:
        """Show a tab."""
        self._tab = name
        self._show_panes()
        self._read_tab(name)

    @on(TabStrip.Chosen)
    def _chosen(self, message: TabStrip.Chosen) -> None:
        if message.name in _RANGE_NAMES:
            self.show_range(message.name)
        else:
            self.action_tab(message.name)

    def action_range(self, step: int) -> None:
        """A longer or shorter range."""
        place = _RANGE_NAMES.index(self._range) + step
        self.show_range(_RANGE_NAMES[place % len(_RANGE_NAMES)])

    def show_range(self, name: str) -> None:
        """Show this range."""
        self._range = name
        self.house.remember(range=name)
        self._panned = 0
        self._tab = "history"
        self._show_panes()
        self._chart_due = 0.0
        self._read_history()

    def action_metric(self, step: int) -> None:
        """The next metric in the list."""
        self.query_one(MetricList).move(step)
        self._show_chart()

    @on(MetricList.Picked)
    def _picked(self) -> None:
        self._show_chart()

    def why_not(self, action: str) -> str | None:
        """Acts need the plant, and ack an open alert."""
        if action.startswith("plan("):
            wish = action[len("plan('") : -len("')")]
            return self.desk.why_not(wish) or (
                super().why_not("advise") if wish in advice_desk.CHANGES else None
            )
        if action == "unwater" and self._watering is None:
            return "Choose a watering first: W lists them."
        if action in ("water", "unwater", "ack", "edit", "archive", "limit", "quiet") and self.plant is None:
            return "The plant has not been read yet."
        if action == "ack" and self.plant and not self.plant.open_incidents:
            return f"{self.plant.name} has no open alert."
        return super().why_not(action)

    def action_water(self) -> None:
        """Log a watering."""
        if self.may("water") and self.plant:
            care.log_watering(self, self.plant)

    @property
    def _watering(self) -> wire.Watering | None:
        """The one that is selected on its tab."""
        key = self.query_one("#waterings", RecordList).selected if self._tab == "waterings" else None
        return next((watering for watering in self._waterings if str(watering.id) == key), None)

    def action_unwater(self) -> None:
        """Take the selected watering back."""
        if self.may("unwater") and self.plant and self._watering:
            care.take_watering_back(self, self.plant, self._watering)

    def action_ack(self) -> None:
        """Acknowledge the open alerts."""
        if self.may("ack") and self.plant:
            care.acknowledge(self, self.plant)

    def action_edit(self) -> None:
        """Change what is said about it."""
        if self.may("edit") and self.plant:
            gardening.edit_plant(self, self.plant)

    def action_archive(self) -> None:
        """Take it off the dashboard."""
        if self.may("archive") and self.plant:
            gardening.archive_plant(self, self.plant)

    @on(RecordList.Opened)
    def _open(self, message: RecordList.Opened) -> None:
        """A limit is changed; an alert shows how it was told."""
        if self._tab == "thresholds":
            self.action_limit()
        elif self._tab == "alerts":
            from plantops_tui.screens.deliveries import DeliveriesDialog

            self.app.push_screen(DeliveriesDialog(self.client, int(message.key)))

    def action_limit(self) -> None:
        """Change the limits of the metric that is selected here."""
        from plantops_tui.screens.limits import edit_limits

        listed = self.query_one("#thresholds", RecordList).selected
        metric = listed if self._tab == "thresholds" else self.query_one(MetricList).metric
        if self.may("limit") and self.plant and metric:
            edit_limits(self, self.plant, metric)

    def action_quiet(self) -> None:
        """Tell nothing about it for a while."""
        if self.may("quiet") and self.plant:
            care.keep_quiet(self, self.plant)

    # --- care plan -------------------------------------------------------------------------------------

    @on(CarePlanView.Wished)
    def _wished(self, message: CarePlanView.Wished) -> None:
        if self.may(f"plan('{message.wish}')"):
            self.desk.grant(message.wish)

    def show_evidence(self, metric: str, range_: str) -> None:
        """Show this metric over this range in the chart."""
        self.query_one(MetricList).choose(metric)
        self.show_range(range_)

    def step_back(self) -> bool:
        """A plan that is being written is stopped first."""
        return self.desk.stop()

    def action_copy(self) -> None:
        """Copy the id to the clipboard."""
        self.app.copy_to_clipboard(self.plant_id)
        self.house.say(f"Copied {self.plant_id}")
