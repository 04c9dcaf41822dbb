"""What a drawing needs to know about the terminal: glyphs, styles, the clock and the time zone.

Widgets draw with a :class:`Pen`. Meaning is never carried by a style alone: each state has a glyph and a
word, a style only repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from textual.color import Color
from textual.style import Style


@dataclass(frozen=True)
class Glyphs:
    """Every character that is not text; two sets exist, Unicode and plain ASCII."""

    health: Mapping[str, str]
    trust: Mapping[str, str]
    levels: str
    """Eight bar heights, lowest first."""
    gap: str
    below: str
    above: str
    inside: str
    """Marker of a value within its range."""
    low: str
    high: str
    """Marks of points below and above their range on the time axis."""
    watered: str
    frame: str
    """Corner, line, corner, side, corner, corner: top left, horizontal, top right, vertical, bottom left, right."""
    frame_selected: str
    track: str
    band: str
    limit: str
    cursor: str
    axis: str
    """Vertical axis, corner, horizontal axis, tick on the value axis, tick on the time axis."""
    dash: str
    """Between the ends of a range."""
    dot: str
    """Between two facts on a line."""
    ellipsis: str
    pointer: str
    braille: bool


UNICODE = Glyphs(
    health={"ok": "✓", "attention": "▲", "critical": "◆", "unknown": "?"},
    trust={"fresh": "●", "late": "◐", "asleep": "z", "offline": "○", "faulty": "×", "none": "–"},
    levels="▁▂▃▄▅▆▇█",
    gap="·",
    below="▼",
    above="▲",
    inside="●",
    low="↓",
    high="↑",
    watered="▼",
    frame="╭─╮│╰╯",
    frame_selected="┏━┓┃┗┛",
    track="─",
    band="━",
    limit="╌",
    cursor="│",
    axis="│└─┤┬",
    dash="–",
    dot="·",
    ellipsis="…",
    pointer="▸",
    braille=True,
)

ASCII = Glyphs(
    health={"ok": "+", "attention": "!", "critical": "#", "unknown": "?"},
    trust={"fresh": "*", "late": "~", "asleep": "z", "offline": "o", "faulty": "x", "none": "-"},
    levels="_.-~=+%#",
    gap=" ",
    below="v",
    above="^",
    inside="O",
    low="v",
    high="^",
    watered="W",
    frame="+-+|++",
    frame_selected="#=#|##",
    track="-",
    band="=",
    limit="-",
    cursor="|",
    axis="|+-++",
    dash="-",
    dot="-",
    ellipsis="~",
    pointer=">",
    braille=False,
)


@dataclass(frozen=True)
class Look:
    """One style a role, made from the theme."""

    text: Style
    strong: Style
    muted: Style
    faint: Style
    good: Style
    warn: Style
    bad: Style
    accent: Style
    line: Style
    spark: Style
    """Sparklines: paler than a chart's line, for there are many of them."""
    band: Style
    """Background of the range in which a plant is well."""
    bar: Style
    """Title and key bars."""
    key: Style
    alarm: Style
    """The connection banner: reversed, so that it stands out without colour too."""
    chosen: Style

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> Look:
        """Styles from the CSS variables of a theme."""
        if variables["background"].startswith("ansi_"):
            return cls._of_terminal(variables)

        def colour(name: str) -> Color:
            return Color.parse(variables[name])

        background = colour("background")
        foreground = colour("foreground")
        muted = foreground.blend(background, 0.38)
        faint = foreground.blend(background, 0.6)
        return cls(
            text=Style(foreground=foreground),
            strong=Style(foreground=foreground, bold=True),
            muted=Style(foreground=muted),
            faint=Style(foreground=faint),
            good=Style(foreground=colour("success")),
            warn=Style(foreground=colour("warning"), bold=True),
            bad=Style(foreground=colour("error"), bold=True),
            accent=Style(foreground=colour("accent"), bold=True),
            line=Style(foreground=colour("primary").blend(foreground, 0.25)),
            spark=Style(foreground=colour("primary").blend(background, 0.2)),
            band=Style(background=colour("success").blend(background, 0.88)),
            bar=Style(foreground=muted),
            key=Style(foreground=colour("accent")),
            alarm=Style(foreground=background, background=colour("warning"), bold=True),
            chosen=Style(background=colour("primary").blend(background, 0.75)),
        )

    @classmethod
    def _of_terminal(cls, variables: Mapping[str, str]) -> Look:
        """Colours by number cannot be mixed: what recedes is dim, what is chosen is reversed."""

        def ink(name: str, *, bold: bool = False) -> Style:
            return Style(foreground=Color.parse(variables[name]), bold=bold)

        dim = ink("foreground") + Style(dim=True)
        return cls(
            text=ink("foreground"),
            strong=ink("foreground", bold=True),
            muted=dim,
            faint=dim,
            good=ink("success"),
            warn=ink("warning", bold=True),
            bad=ink("error", bold=True),
            accent=ink("accent", bold=True),
            line=ink("primary"),
            spark=ink("primary"),
            band=Style(),
            bar=dim,
            key=ink("accent"),
            alarm=ink("warning", bold=True) + Style(reverse=True),
            chosen=Style(reverse=True),
        )

    def faded(self) -> Look:
        """The same look for data that cannot be renewed now: everything recedes, words and glyphs stay."""
        return replace(
            self,
            text=self.muted,
            strong=self.muted,
            muted=self.faint,
            good=self.muted,
            warn=self.muted,
            bad=self.muted,
            accent=self.muted,
            line=self.muted,
            spark=self.faint,
        )


@dataclass(frozen=True)
class Pen:
    """Everything a drawing depends on besides its data."""

    look: Look
    glyphs: Glyphs
    now: datetime
    zone: tzinfo | None
    """None is the zone of this machine."""

    def local(self, moment: datetime) -> datetime:
        """The moment on the clock of the person who looks."""
        return moment.astimezone(self.zone)
