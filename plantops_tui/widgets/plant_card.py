"""One plant in seven lines: what it is, how it is, and whether that can be trusted."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.style import Style

from plantops_api import wire
from plantops_api.scales import scale_of, side
from plantops_tui import wording
from plantops_tui.look import Pen
from plantops_tui.widgets.canvas import Canvas, justify
from plantops_tui.widgets.range_gauge import draw_gauge
from plantops_tui.widgets.sparkline import draw_sparkline, draw_tall_sparkline

HEIGHT = 7
"""Lines of a card: three rows of cards fit into 24 lines."""
TALL_HEIGHT = 11
"""Lines of a card where there is room: each metric has two, its graph twice as many heights, and a gauge."""

_ROWS = 4
_EXTREMES = 6
"""Cells for the lowest and highest value of the day; longer ones take theirs from the graph."""


def draw_card(
    pen: Pen, card: wire.PlantCard, width: int, *, selected: bool = False, tall: bool = False
) -> list[Content]:
    """``HEIGHT`` (or ``TALL_HEIGHT``) lines of ``width`` cells."""
    frame = pen.glyphs.frame_selected if selected else pen.glyphs.frame
    edge = pen.look.accent if selected else pen.look.faint
    inner = width - 4
    body = [_subtitle(pen, card, inner)]
    for metric in card_metrics(card):
        body += _tall_rows(pen, card, metric, inner) if tall else [_metric_row(pen, card, metric, inner)]
    side_line = Content.styled(frame[3], edge)
    return [
        _edge_line(
            _title(pen, card, selected), _health(pen, card), frame[0], frame[1], frame[2], width, edge
        ),
        *(Content.assemble(side_line, " ", line, " ", side_line) for line in body),
        _edge_line(_forecast(pen, card), _trust(pen, card), frame[4], frame[1], frame[5], width, edge),
    ]


def card_metrics(card: wire.PlantCard) -> list[str]:
    """The four metrics of a card; one that is out of range takes the place of the last one that is not."""
    order = [m for m in wire.PLANT_METRICS if m in card.state]
    order += [m for m in wire.PLANT_METRICS if m not in order]
    shown, rest = order[:_ROWS], order[_ROWS:]
    for metric in rest:
        if _side_of(card, metric):
            quiet = [m for m in shown if not _side_of(card, m)]
            if quiet:
                shown[shown.index(quiet[-1])] = metric
    return sorted(shown, key=lambda metric: wire.PLANT_METRICS.index(metric))


def health_style(pen: Pen, health: str) -> Style:
    """The style that repeats a health."""
    return {"ok": pen.look.good, "attention": pen.look.warn, "critical": pen.look.bad}.get(
        health, pen.look.muted
    )


def trust_style(pen: Pen, trust: str) -> Style:
    """The style that repeats a trust."""
    return {"fresh": pen.look.good, "asleep": pen.look.muted, "none": pen.look.muted}.get(
        trust, pen.look.warn
    )


def _side_of(card: wire.PlantCard, metric: str) -> int:
    state = card.state.get(metric)
    return side(metric, state.value if state else None, card.thresholds.get(metric))


def _title(pen: Pen, card: wire.PlantCard, selected: bool) -> Content:
    return Content.styled(card.name, pen.look.strong if not selected else pen.look.accent)


def _health(pen: Pen, card: wire.PlantCard) -> Content:
    glyph = pen.glyphs.health[card.health]
    # The second line says "critical since": here the name needs the room.
    words = card.worst if card.health == "critical" and card.worst else wording.health_phrase(card)
    return Content.styled(f"{glyph} {words}", health_style(pen, card.health))


def _trust(pen: Pen, card: wire.PlantCard) -> Content:
    glyph = pen.glyphs.trust[card.trust]
    words = wording.trust_phrase(pen, card)
    return Content.assemble(
        Content.styled(glyph, trust_style(pen, card.trust)), Content.styled(f" {words}", pen.look.muted)
    )


def _forecast(pen: Pen, card: wire.PlantCard) -> Content:
    words = wording.next_watering(pen, card)
    urgent = words in ("water now", "dry: water now")
    return Content.styled(words, pen.look.warn if urgent else pen.look.muted)


def _edge_line(
    left: Content, right: Content, first: str, line: str, last: str, width: int, edge: Style
) -> Content:
    """A frame line that carries a text at either end: ``╭─ left ──── right ─╮``."""
    room = width - 6
    right = right.truncate(min(right.cell_length, max(0, room - 4)), ellipsis=True)
    left = left.truncate(max(0, room - right.cell_length - 3), ellipsis=True)
    fill = max(0, room - left.cell_length - right.cell_length - 2)
    return Content.assemble(
        Content.styled(first + line, edge), " ", left, " ",
        Content.styled(line * fill, edge), " ", right, " ", Content.styled(line + last, edge),
    )  # fmt: skip


def _subtitle(pen: Pen, card: wire.PlantCard, width: int) -> Content:
    about = f" {pen.glyphs.dot} ".join(part for part in (card.species, card.location) if part)
    since = f"since {wording.clock(pen, card.worst_since)}" if card.worst and card.worst_since else ""
    # What is to be known before one wonders why nobody was told; the plant's own screen shows both.
    right = Content.styled(wording.maintenance(pen, card) or since, pen.look.muted)
    if card.health == "critical":
        right = Content.assemble(Content.styled("critical ", pen.look.bad), right)
    return justify(Content.styled(about, pen.look.muted), right, width)


def _metric_row(pen: Pen, card: wire.PlantCard, metric: str, width: int) -> Content:
    head = _head(pen, card, metric, _moles(card) if metric == "light_level" else "")
    if metric not in card.state:
        return head.truncate(width, pad=True)
    extremes = _extremes(pen, card, metric)
    cells = max(0, width - head.cell_length - extremes.cell_length)
    spark = draw_sparkline(pen, _day(card, metric), cells, metric, card.thresholds.get(metric))
    return Content.assemble(head, spark, extremes).truncate(width, pad=True)


def _tall_rows(pen: Pen, card: wire.PlantCard, metric: str, width: int) -> list[Content]:
    head = _head(pen, card, metric)
    if metric not in card.state:
        return [head.truncate(width, pad=True), Content(" " * width)]
    limits, extremes = card.thresholds.get(metric), _extremes(pen, card, metric)
    cells = max(0, width - head.cell_length - extremes.cell_length)
    upper, lower = draw_tall_sparkline(pen, _day(card, metric), cells, metric, limits)
    gauge = draw_gauge(pen, metric, card.state[metric].value, limits, head.cell_length - 6)
    # The light of a moment has no range to be drawn; the day's sum is what counts.
    light = _light_of_yesterday(pen, card) if metric == "light_level" else None
    below = light or Content.assemble("     ", gauge, " ")
    return [
        Content.assemble(head, upper).truncate(width, pad=True),
        Content.assemble(below, lower, extremes).truncate(width, pad=True),
    ]


def _head(pen: Pen, card: wire.PlantCard, metric: str, beside: str = "") -> Content:
    """Name, value, side and range of a metric; ``beside`` stands where there is no range."""
    state = card.state.get(metric)
    if state is None:
        label = Content.styled(f"{scale_of(metric).short:<4}", pen.look.muted)
        return Content.assemble(label, Content.styled("  not measured", pen.look.faint))
    return _values(pen, metric, state.value, card.thresholds.get(metric), beside)


def _values(
    pen: Pen, metric: str, value: float, threshold: wire.Threshold | None, beside: str = ""
) -> Content:
    where = side(metric, value, threshold)
    words = f"{wording.short_reading(metric, value, threshold):>6}"
    mark = {-1: pen.glyphs.below, 0: " ", 1: pen.glyphs.above}[where]
    wanted = (wording.span(threshold.min, threshold.max, pen.glyphs.dash) if threshold else "") or beside
    return Content.assemble(
        Content.styled(f"{scale_of(metric).short:<4}", pen.look.muted),
        Content.styled(words, pen.look.warn if where else pen.look.text), " ",
        Content.styled(mark, pen.look.warn), Content.styled(f"{wanted:<6} ", pen.look.muted),
    )  # fmt: skip


def _light_of_yesterday(pen: Pen, card: wire.PlantCard) -> Content | None:
    """The last whole day's light against its limits; a day that was measured in part is not judged by them."""
    if card.dli is None or card.dli.yesterday is None:
        return None
    return _values(pen, "dli", card.dli.yesterday, card.thresholds.get("dli") if card.dli.complete else None)


def _moles(card: wire.PlantCard) -> str:
    """Yesterday's light in six cells, for a card with one line a metric: ``6.1mol``, ``22 mol``."""
    light = card.dli.yesterday if card.dli else None
    if light is None:
        return ""
    return f"{light:.1f}mol" if light < 9.95 else f"{light:.0f} mol"


def _day(card: wire.PlantCard, metric: str) -> list[float | None]:
    """The last 24 h."""
    series = card.sparkline.get(metric)
    return series.mean if series else []


def _extremes(pen: Pen, card: wire.PlantCard, metric: str) -> Content:
    """Lowest to highest of the last 24 h, in words."""
    series = card.sparkline.get(metric)
    words = wording.span(series.min, series.max, pen.glyphs.dash) if series and series.max is not None else ""
    ends = words.split(pen.glyphs.dash)
    words = ends[0] if len(ends) == 2 and ends[0] == ends[1] else words  # "45", not "45–45"
    return Content.styled(f" {words:>{_EXTREMES}}", pen.look.faint)


class PlantCard(Canvas):
    """A single card as a widget of its own; the grid draws many of them with :func:`draw_card`."""

    DEFAULT_CSS = f"PlantCard {{ height: {HEIGHT}; }}"

    def __init__(self, card: wire.PlantCard, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._card = card

    def show(self, card: wire.PlantCard) -> None:
        """Draw another snapshot."""
        self._card = card
        self.redraw()

    def draw(self, pen: Pen, size: Size) -> list[Content]:
        """The card at the width that there is."""
        return draw_card(pen, self._card, size.width)
