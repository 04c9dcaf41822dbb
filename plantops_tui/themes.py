"""The colours: dark, light, high contrast, and one that follows the terminal's own palette."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="plantops-dark",
    primary="#7fb685",
    secondary="#5b8a72",
    accent="#e3c77b",
    warning="#f0b35a",
    error="#f2777a",
    success="#8fd694",
    foreground="#dfe6dc",
    background="#11160f",
    surface="#171d15",
    panel="#1e261b",
    dark=True,
)

LIGHT = Theme(
    name="plantops-light",
    primary="#2f6b3c",
    secondary="#5b8a72",
    accent="#7a5200",
    warning="#a04f00",
    error="#b3202a",
    success="#1f7a35",
    foreground="#1d261b",
    background="#fbfbf5",
    surface="#f3f4ea",
    panel="#e7eadc",
    dark=False,
)

CONTRAST = Theme(
    name="plantops-contrast",
    primary="#ffffff",
    secondary="#ffffff",
    accent="#ffff00",
    warning="#ffd700",
    error="#ff7070",
    success="#7dff7d",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1a1a1a",
    dark=True,
)

TERMINAL = Theme(
    name="plantops-terminal",
    ansi=True,
    primary="ansi_green",
    secondary="ansi_cyan",
    accent="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    dark=True,
    variables=BUILTIN_THEMES["ansi-dark"].variables,
)
"""Sends the sixteen colours by number: they look as the terminal's own palette says, on its own background."""

THEMES = (DARK, LIGHT, CONTRAST, TERMINAL)

TITLES = {
    DARK.name: "Dark",
    LIGHT.name: "Light",
    CONTRAST.name: "High contrast",
    TERMINAL.name: "Follow the terminal",
}
"""What the palette calls them."""
