"""One metric over time with axes, the range in which the plant is well, gaps, and a cursor that reads exact values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.style import Style

from plantops_api.axis import time_ticks
from plantops_api.scales import Scale
from plantops_api.traces import Point, Trace
from plantops_tui import wording
from plantops_tui.look import Pen
from plantops_tui.raster import DOTS_ACROSS, Raster
from plantops_tui.widgets.canvas import Canvas, justify

MARGIN = 8
"""Cells left of the plot: tick label, space, axis."""
_FRAME_ROWS = 4
"""Lines that are not plot: readout, axis, time labels, legend."""

# Bit of each dot in U+2800..28FF, topmost first, left and right column.
_LEFT_BITS = (0x01, 0x02, 0x04, 0x40)
_RIGHT_BITS = (0x08, 0x10, 0x20, 0x80)


def draw_chart(
    pen: Pen, trace: Trace, width: int, height: int, cursor: datetime | None = None
) -> list[Content]:
    """``height`` lines of ``width`` cells; a chart too small for its axes says so."""
    columns, rows = width - MARGIN - 1, height - _FRAME_ROWS
    if columns < 10 or rows < 3:
        return [Content.styled("too small for a chart", pen.look.muted)]
    raster = Raster(trace, columns, rows)
    at_cursor = raster.column_of(cursor) if cursor is not None else None
    lines = [_readout(pen, trace, raster, cursor, width)]
    lines += [_plot_row(pen, trace, raster, row, at_cursor) for row in range(rows)]
    if not trace.points:
        lines[1 + rows // 2] = _nothing(pen, lines[1 + rows // 2], columns)
    lines += [
        _axis_row(pen, trace, raster, at_cursor),
        _label_row(pen, trace, raster),
        _legend(pen, trace, width),
    ]
    return [line.truncate(width, pad=True) for line in lines]


def most_points(width: int) -> int:
    """How many points can be told apart in a chart of ``width`` cells: one a column of dots."""
    return max(2, (width - MARGIN - 1) * DOTS_ACROSS)


def point_at(trace: Trace, raster: Raster, column: int) -> Point | None:
    """The last point in a column of cells."""
    inside = [point for point in trace.points if raster.column_of(point.at) == column]
    return inside[-1] if inside else None


# --- the line above ------------------------------------------------------------------------------------


def _readout(pen: Pen, trace: Trace, raster: Raster, cursor: datetime | None, width: int) -> Content:
    scale = trace.scale
    title = Content.styled(f"{scale.label} {scale.unit}".rstrip(), pen.look.strong)
    if not trace.points:
        return justify(title, Content(""), width)
    if cursor is None:
        low, high = trace.extremes or (0.0, 0.0)
        words = (
            f"lowest {wording.reading(trace.metric, low)} {pen.glyphs.dot} "
            f"highest {wording.reading(trace.metric, high)}"
        )
        return justify(title, Content.styled(words, pen.look.muted), width)
    point = point_at(trace, raster, raster.column_of(cursor))
    if point is None:
        words = f"{wording.stamp(pen, cursor)}  {_foreseen(trace, cursor) or 'no reading here'}"
        return justify(title, Content.styled(words, pen.look.muted), width)
    return justify(title, _exact(pen, trace, point), width)


def _exact(pen: Pen, trace: Trace, point: Point) -> Content:
    where = trace.side_of(point)
    parts = [
        Content.styled(f"{wording.stamp(pen, point.at)}  ", pen.look.muted),
        Content.styled(_precise(trace.scale, point.mean), pen.look.warn if where else pen.look.strong),
    ]
    if point.low != point.high:
        low, high = wording.number(point.low, 1), wording.number(point.high, 1)
        parts.append(Content.styled(f" ({low}{pen.glyphs.dash}{high})", pen.look.muted))
    if where:
        glyph, word = (pen.glyphs.low, "below") if where < 0 else (pen.glyphs.high, "above")
        parts.append(Content.styled(f" {glyph} {word}", pen.look.warn))
    if point.flags:
        trusted = not point.flags & wording.UNTRUSTED
        words = wording.flags(point.flags)
        parts.append(
            Content.styled(f" {words}", pen.look.muted)
            if trusted
            else Content.styled(f" {pen.glyphs.health['unknown']} {words}", pen.look.warn)
        )
    return Content("").join(parts)


def _foreseen(trace: Trace, at: datetime) -> str:
    """What the forecast expects at a moment; empty where it says nothing."""
    if trace.ahead is None or not trace.ahead[0].at < at <= trace.ahead[1].at:
        return ""
    now, dry = trace.ahead
    value = now.mean + (dry.mean - now.mean) * ((at - now.at) / (dry.at - now.at))
    return f"forecast {wording.reading(trace.metric, value)}"


def _precise(scale: Scale, value: float) -> str:
    text = f"{value:,.2f}".rstrip("0").rstrip(".").replace(",", " ")
    return f"{text} {scale.unit}".rstrip()


# --- the plot ------------------------------------------------------------------------------------------


def _plot_row(pen: Pen, trace: Trace, raster: Raster, row: int, at_cursor: int | None) -> Content:
    limits = _limit_rows(trace, raster)
    tick = _tick_label(trace.scale, raster.rows, row)
    axis = pen.glyphs.axis[3] if tick else pen.glyphs.axis[0]
    name = limits.get(row) or tick
    parts = [
        Content.styled(f"{name:>{MARGIN - 2}} ", pen.look.good if row in limits else pen.look.muted),
        Content.styled(axis, pen.look.faint),
    ]
    inside = _in_band(trace, raster, row)
    parts += [
        _cell(pen, raster, column, row, row in limits, inside, column == at_cursor)
        for column in range(raster.columns)
    ]
    return Content("").join(parts).simplify()


def _nothing(pen: Pen, line: Content, columns: int) -> Content:
    """An empty plot says that it is empty, so that it does not look broken."""
    words = Content.styled(" no reading in this range ", pen.look.text).center(columns)
    return Content.assemble(line[:MARGIN], words)


def _cell(
    pen: Pen, raster: Raster, column: int, row: int, limit: bool, inside: bool, at_cursor: bool
) -> Content:
    left, right = raster.bits(column, row)
    ground = pen.look.band if inside else Style()
    if left or right:
        style = pen.look.warn if raster.sides[column] and (limit or not inside) else pen.look.line
        style = style + ground
        glyph = _braille(left, right) if pen.glyphs.braille else _coarse(left | right)
        return Content.styled(glyph, style + Style(reverse=True) if at_cursor else style)
    left, right = raster.bits_ahead(column, row)
    if (left or right) and not at_cursor:
        glyph = _braille(left, right) if pen.glyphs.braille else "."
        return Content.styled(glyph, pen.look.accent + ground)
    if at_cursor:
        return Content.styled(pen.glyphs.cursor, pen.look.accent + ground)
    return Content.styled(pen.glyphs.limit if limit else " ", pen.look.faint + ground)


def _braille(left: int, right: int) -> str:
    code = sum(bit for i, bit in enumerate(_LEFT_BITS) if left >> i & 1)
    code += sum(bit for i, bit in enumerate(_RIGHT_BITS) if right >> i & 1)
    return chr(0x2800 + code)


def _coarse(bits: int) -> str:
    """The dots of a cell in ASCII: tall ones are a bar, low ones a dot, high ones an apostrophe."""
    if bits.bit_count() >= 3:
        return "|"
    if bits & 0b0011 == bits:
        return "'"
    return "." if bits & 0b1100 == bits else "-"


def _tick_label(scale: Scale, rows: int, row: int) -> str:
    count = 5 if rows >= 8 else 3
    for i in range(count):
        if round((rows - 1) * i / (count - 1)) == row:
            share = 1 - i / (count - 1)
            share = share * share if scale.root else share
            value = scale.low + share * (scale.high - scale.low)
            return wording.number(value, 1 if scale.high - scale.low < 8 else 0)
    return ""


def _limit_rows(trace: Trace, raster: Raster) -> dict[int, str]:
    """Rows of the lower and upper limit, with their values."""
    threshold = trace.threshold
    if threshold is None:
        return {}
    limits = (threshold.min, threshold.max)
    scale = trace.scale
    return {
        raster.row_of(limit): wording.number(limit)
        for limit in limits
        if limit is not None and scale.low <= limit <= scale.high
    }


def _in_band(trace: Trace, raster: Raster, row: int) -> bool:
    threshold, scale = trace.threshold, trace.scale
    if threshold is None or (threshold.min is None and threshold.max is None):
        return False
    low = scale.low if threshold.min is None else threshold.min
    high = scale.high if threshold.max is None else threshold.max
    if low > scale.high or high < scale.low:
        return False
    return raster.row_of(high) <= row <= raster.row_of(low)


# --- all metrics, one below the other ------------------------------------------------------------------


def draw_lanes(
    pen: Pen, traces: Sequence[Trace], width: int, height: int, cursor: datetime | None = None
) -> list[Content]:
    """Every metric in a lane of its own over one time axis; one cursor reads them all."""
    columns, rows = width - MARGIN - 1, (height - 3) // max(1, len(traces))
    if columns < 10 or rows < 2:
        return [Content.styled("too small for all metrics; m shows one", pen.look.muted)]
    traces = [replace(trace, fitted=True) for trace in traces]
    rasters = [Raster(trace, columns, rows) for trace in traces]
    at_cursor = rasters[0].column_of(cursor) if cursor is not None else None
    lines = [_lanes_readout(pen, traces, rasters, cursor, width)]
    for trace, raster in zip(traces, rasters, strict=True):
        lines += [_lane_row(pen, trace, raster, row, at_cursor) for row in range(rows)]
    # The axis is everybody's: it carries waterings, not what one of the metrics did.
    shared = Raster(replace(traces[0], points=()), columns, rows)
    lines += [_axis_row(pen, traces[0], shared, at_cursor), _label_row(pen, traces[0], shared)]
    return [line.truncate(width, pad=True) for line in lines]


def _lanes_readout(
    pen: Pen, traces: Sequence[Trace], rasters: Sequence[Raster], cursor: datetime | None, width: int
) -> Content:
    if cursor is None:
        return justify(
            Content.styled("all metrics, each on its own scale", pen.look.strong), Content(""), width
        )
    parts = []
    for trace, raster in zip(traces, rasters, strict=True):
        point = point_at(trace, raster, raster.column_of(cursor))
        value = wording.reading(trace.metric, point.mean) if point else pen.glyphs.dash
        where = trace.side_of(point) if point else 0
        mark = {-1: f" {pen.glyphs.low}", 0: "", 1: f" {pen.glyphs.high}"}[where]
        style = pen.look.warn if where else pen.look.text
        parts.append(Content.styled(f"  {trace.scale.short} {value}{mark}", style))
    return justify(
        Content.styled(wording.stamp(pen, cursor), pen.look.strong), Content("").join(parts), width
    )


def _lane_row(pen: Pen, trace: Trace, raster: Raster, row: int, at_cursor: int | None) -> Content:
    limits = _limit_rows(trace, raster)
    name = trace.scale.short if row == 0 else limits.get(row, "")
    style = pen.look.strong if row == 0 else pen.look.good
    inside = _in_band(trace, raster, row)
    cells = [
        _cell(pen, raster, column, row, row in limits, inside, column == at_cursor)
        for column in range(raster.columns)
    ]
    margin = Content.styled(f"{name:>{MARGIN - 2}} ", style)
    return Content("").join([margin, Content.styled(pen.glyphs.axis[0], pen.look.faint), *cells]).simplify()


# --- the lines below -----------------------------------------------------------------------------------


def _axis_row(pen: Pen, trace: Trace, raster: Raster, at_cursor: int | None) -> Content:
    """The time axis; it carries the marks of points out of range and of waterings."""
    glyphs, look = pen.glyphs, pen.look
    ticks = {raster.column_of(t.at) for t in time_ticks(trace.start, trace.end, pen.zone, raster.columns)}
    watered = {raster.column_of(at) for at in trace.waterings}
    dry = _dry_columns(trace, raster)
    parts = [Content.styled(" " * (MARGIN - 1) + glyphs.axis[1], look.faint)]
    for column in range(raster.columns):
        if column in watered:
            parts.append(Content.styled(glyphs.watered, look.accent))
        elif raster.doubtful[column]:
            parts.append(Content.styled(glyphs.health["unknown"], look.warn))
        elif where := raster.sides[column]:
            parts.append(Content.styled(glyphs.low if where < 0 else glyphs.high, look.warn))
        elif column in dry:
            parts.append(Content.styled(glyphs.band, look.accent))
        elif column == at_cursor:
            parts.append(Content.styled(glyphs.axis[4], look.accent))
        else:
            parts.append(Content.styled(glyphs.axis[4 if column in ticks else 2], look.faint))
    return Content("").join(parts).simplify()


def _dry_columns(trace: Trace, raster: Raster) -> range:
    """Columns in which the forecast lets the soil become too dry, with its margin."""
    if trace.ahead is None:
        return range(0)
    at, margin = trace.ahead[1].at, timedelta(seconds=trace.ahead_margin_s)
    return range(raster.column_of(at - margin), raster.column_of(at + margin) + 1)


def _label_row(pen: Pen, trace: Trace, raster: Raster) -> Content:
    line = [" "] * (MARGIN + raster.columns + 1)
    free_from = MARGIN - 2
    for tick in time_ticks(trace.start, trace.end, pen.zone, raster.columns):
        begin = MARGIN + raster.column_of(tick.at) - len(tick.label) // 2
        if begin >= free_from and begin + len(tick.label) <= len(line):
            line[begin : begin + len(tick.label)] = tick.label
            free_from = begin + len(tick.label) + 1
    return Content.styled("".join(line), pen.look.muted)


def _legend(pen: Pen, trace: Trace, width: int) -> Content:
    """What the marks mean; only those that are there."""
    glyphs, look = pen.glyphs, pen.look
    parts = []
    if trace.threshold and (wanted := wording.span(trace.threshold.min, trace.threshold.max, glyphs.dash)):
        source = wording.SOURCE_WORDS[trace.threshold.source]
        parts += [
            Content.styled(glyphs.limit * 2, look.good),
            Content.styled(f" well {wanted}, {source}", look.muted),
        ]
    sides = {trace.side_of(point) for point in trace.points}
    for where, glyph, word in ((-1, glyphs.low, "below"), (1, glyphs.high, "above")):
        if where in sides:
            parts += [Content.styled(f"  {glyph}", look.warn), Content.styled(f" {word}", look.muted)]
    if trace.waterings:
        parts += [Content.styled(f"  {glyphs.watered}", look.accent), Content.styled(" watered", look.muted)]
    if any(point.flags & wording.UNTRUSTED for point in trace.points):
        parts += [
            Content.styled(f"  {glyphs.health['unknown']}", look.warn),
            Content.styled(" not trusted", look.muted),
        ]
    if trace.ahead is not None:
        parts += [Content.styled(f"  {glyphs.band}", look.accent), Content.styled(" dry then", look.muted)]
    bucket = f"each {wording.duration(trace.bucket_s)}" if trace.bucket_s else "every reading"
    indent = Content(" " * MARGIN)
    left = Content("").join([indent, *parts])
    return justify(left, Content.styled(f"{bucket} ", look.faint), width)


class TimeChart(Canvas, can_focus=True):
    """A chart with a cursor. ``h``/``l`` move it, ``home``/``end`` jump, ``0`` puts it away."""

    DEFAULT_CSS = "TimeChart { height: 1fr; overflow: hidden hidden; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,left", "cursor(-1)", "cursor left", show=False, id="chart.left"),
        Binding("l,right", "cursor(1)", "cursor right", show=False, id="chart.right"),
        Binding("ctrl+u,pageup", "cursor(-10)", "ten left", show=False, id="chart.left_ten"),
        Binding("ctrl+d,pagedown", "cursor(10)", "ten right", show=False, id="chart.right_ten"),
        Binding("g,home", "edge(0)", "oldest", show=False, id="chart.first"),
        Binding("G,end", "edge(1)", "newest", show=False, id="chart.last"),
        Binding(
            "f",
            "fit",
            "fit",
            tooltip="fit the value axis, or fix it again",
            id="chart.fit",
        ),
        Binding("b", "pan(1)", "older", tooltip="half a window older", show=False, id="chart.older"),
        Binding("B", "pan(-1)", "newer", tooltip="half a window newer", show=False, id="chart.newer"),
        Binding("m", "lanes", "all metrics", tooltip="all metrics, one below the other", id="chart.lanes"),
        Binding("0", "no_cursor", "hide the cursor", show=False, id="chart.no_cursor"),
    ]

    class Panned(Message):
        """Another window of time is wanted, half a window older (1) or newer (-1)."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._all: tuple[Trace, ...] = ()
        self._lanes = False
        self._trace: Trace | None = None
        self._cursor: datetime | None = None
        self._words = ""
        self._fitted = False

    def explain(self, words: str) -> None:
        """Say why there is no chart, or that the one shown is old."""
        self._words = words
        self.redraw()

    def show(self, trace: Trace | None, every: Sequence[Trace] = ()) -> None:
        """Show another trace; the cursor stays at its moment while that is in the window.

        ``every`` are all metrics in the same window, for the view with one below the other.
        """
        self._all = tuple(every) or self._all
        self._trace, self._words = replace(trace, fitted=self._fitted) if trace else None, ""
        if self._cursor and trace and not trace.start <= self._cursor <= trace.end:
            self._cursor = None
        self.redraw()

    @property
    def cursor(self) -> datetime | None:
        """The moment under the cursor."""
        return self._cursor

    def action_cursor(self, columns: int) -> None:
        """Move the cursor; the first move takes it to the newest column."""
        if self._trace is None:
            return
        step = self._trace_step(self._trace)
        if self._cursor is None:
            self._place(self._trace.end - step / 2)
        else:
            self._place(self._cursor + step * columns)

    def action_edge(self, newest: int) -> None:
        """To the oldest or newest point."""
        if self._trace and self._trace.points:
            self._place(self._trace.points[-newest].at)

    def action_fit(self) -> None:
        """Fit the value axis to the data, or go back to the fixed one, on which plants compare."""
        self._fitted = not self._fitted
        self.show(self._trace)

    def action_pan(self, step: int) -> None:
        """Ask for an older or newer window."""
        self.post_message(self.Panned(step))

    def action_lanes(self) -> None:
        """All metrics one below the other, or one again."""
        self._lanes = not self._lanes
        self.redraw()

    def action_no_cursor(self) -> None:
        """Put the cursor away."""
        self._cursor = None
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there."""
        if self._trace is not None and event.x >= MARGIN:
            step = self._trace_step(self._trace)
            self._place(self._trace.start + step * (event.x - MARGIN + 0.5))

    def _trace_step(self, trace: Trace) -> timedelta:
        """Time that one column of cells stands for."""
        return (trace.end - trace.start) / max(1, self.room.width - MARGIN - 1)

    def _place(self, at: datetime) -> None:
        if self._trace is not None:
            last = self._trace.end - timedelta(milliseconds=1)
            self._cursor = min(last, max(self._trace.start, at))
            self.redraw()

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """The chart; a sentence in place of it, or of its legend, when it could not be read."""
        words = Content.styled(self._words or f"Reading the history{pen.glyphs.ellipsis}", pen.look.muted)
        if self._trace is None:
            return [Content(""), words]
        if self._lanes and self._all:
            return draw_lanes(pen, self._all, size.width, size.height, self._cursor)
        lines = draw_chart(pen, self._trace, size.width, size.height, self._cursor)
        return [*lines[:-1], words] if self._words else lines
