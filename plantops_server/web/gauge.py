"""A gauge: where a value lies between the ends of its range."""

from __future__ import annotations

from markupsafe import Markup

from plantops_api import wire
from plantops_server.web.window import Window, limits


def gauge(metric: str, value: float, threshold: wire.Threshold | None) -> Markup:
    """The drawing; nothing for what has no limits. It says nothing that the text beside it does not say."""
    low, high = limits(metric, threshold)
    if low is None and high is None:
        return Markup("")
    window = Window(metric, [value], threshold)
    left = 0.0 if low is None else window.up(low) * 100
    right = 100.0 if high is None else window.up(high) * 100
    return Markup(
        '<svg class="gauge" width="100%" height="14" aria-hidden="true">'
        '<rect class="track" y="5" width="100%" height="4" rx="2"/>'
        '<rect class="band" x="{:.1f}%" y="5" width="{:.1f}%" height="4" rx="2"/>'
        '<circle cx="{:.1f}%" cy="7" r="5.5"/></svg>'
    ).format(left, right - left, window.up(value) * 100)
