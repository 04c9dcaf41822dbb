"""What pages say of a plant, in words and glyphs: colour never stands alone."""

from __future__ import annotations

from markupsafe import Markup, escape

from plantops_api import wire
from plantops_api.wording import HEALTH_WORDS, TRUST_WORDS, duration, health_phrase
from plantops_server.web.moments import Moments

HEALTH_GLYPHS = {"ok": "✓", "attention": "▲", "critical": "◆", "unknown": "?"}
TRUST_GLYPHS = {"fresh": "●", "late": "◐", "asleep": "☾", "offline": "○", "faulty": "×", "none": "–"}
SEVERITY_GLYPHS = {"warning": "▲", "critical": "◆"}


def _state(kind: str, value: str, glyph: str, words: Markup) -> Markup:
    """A mark; put together by hand, for a page of cards has hundreds of them."""
    mark = f'<span class="state {kind}-{value}"><span aria-hidden="true">{glyph}</span> {words}</span>'
    return Markup(mark)  # noqa: S704 - kind, value and glyph are words of ours, and what is outside text was escaped


def health(card: wire.PlantCard) -> Markup:
    """How the plant is: ✓ well, ▲ too dry, ◆ critical: too dry, ? unknown."""
    phrase = health_phrase(card)
    if card.health == "unknown" and not card.worst:
        phrase = HEALTH_WORDS["unknown"]
    return _state("health", card.health, HEALTH_GLYPHS[card.health], escape(phrase))


def trust(card: wire.PlantCard, moments: Moments) -> Markup:
    """How good the newest data are, and how old: ● fresh · 2 min ago."""
    if card.last_reading_at is None:
        words = Markup("no data yet") if card.device_count else Markup("no sensor yet")
    else:
        told = f"{TRUST_WORDS[card.trust]} · {moments.ago(card.last_reading_at)}"
        words = Markup(told)  # noqa: S704 - a word of ours and an element of ours
    return _state("trust", card.trust, TRUST_GLYPHS[card.trust], words)


def next_watering(card: wire.PlantCard, moments: Moments) -> str:
    """When to water next, or in few words why that is not known."""
    forecast = card.next_watering
    if forecast is None:
        if card.worst == "too dry" and card.trust not in ("offline", "faulty"):
            return "Dry: water now"
        return (card.next_watering_brief or "no forecast").capitalize()
    if forecast.at <= moments.now or not forecast.plus_minus_h:
        return "Water now"
    local, today = moments.local(forecast.at), moments.local(moments.now)
    days = (local.date() - today.date()).days
    when = (
        f"today {local:%H:%M}"
        if days == 0
        else "tomorrow"
        if days == 1
        else f"{local:%a} {local.day} {local:%b}"
    )
    return f"Water {when} ± {duration(forecast.plus_minus_h * 3600)}"
