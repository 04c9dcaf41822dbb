"""Numbers, times and states in words, as short as they can be and still say what they mean."""

from __future__ import annotations

from datetime import datetime

from plantops_api import wire
from plantops_api.wording import (
    FLAG_WORDS as FLAG_WORDS,
)
from plantops_api.wording import (
    HEALTH_WORDS as HEALTH_WORDS,
)
from plantops_api.wording import (
    SOURCE_WORDS as SOURCE_WORDS,
)
from plantops_api.wording import (
    STATUS_WORDS as STATUS_WORDS,
)
from plantops_api.wording import (
    TRUST_WORDS as TRUST_WORDS,
)
from plantops_api.wording import (
    UNTRUSTED as UNTRUSTED,
)
from plantops_api.wording import (
    alert_limit as alert_limit,
)
from plantops_api.wording import (
    alert_phrase as alert_phrase,
)
from plantops_api.wording import (
    alert_value as alert_value,
)
from plantops_api.wording import (
    device_name as device_name,
)
from plantops_api.wording import (
    duration as duration,
)
from plantops_api.wording import (
    flags as flags,
)
from plantops_api.wording import (
    health_phrase as health_phrase,
)
from plantops_api.wording import (
    number as number,
)
from plantops_api.wording import (
    reading as reading,
)
from plantops_api.wording import (
    short_reading as short_reading,
)
from plantops_api.wording import (
    span as span,
)
from plantops_tui.look import Pen


def age(pen: Pen, moment: datetime | None) -> str:
    """How long ago, in whole minutes at the finest, so that a quiet screen stays quiet."""
    if moment is None:
        return "never"
    seconds = (pen.now - moment).total_seconds()
    return "now" if seconds < 60 else duration(seconds)


def clock(pen: Pen, moment: datetime) -> str:
    """Local time, with the day when it is not today: ``09:40``, ``Mon 09:40``, ``12 Nov``."""
    local, today = pen.local(moment), pen.local(pen.now)
    apart = abs((local.date() - today.date()).days)
    if apart == 0:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if apart < 7 else f"{local.day} {local:%b}"


def stamp(pen: Pen, moment: datetime) -> str:
    """Local date and time in full, with the zone's offset named by the clock change: ``Tue 24 Nov 09:40``."""
    local = pen.local(moment)
    return f"{local:%a} {local.day:>2} {local:%b} {local:%H:%M}"


def trust_phrase(pen: Pen, card: wire.PlantCard) -> str:
    """Trust in words, with the age of the last reading: ``fresh 2 min``, ``offline 6 h``, ``no data yet``."""
    if card.last_reading_at is None:
        return "no data yet"
    return f"{TRUST_WORDS[card.trust]} {age(pen, card.last_reading_at)}"


NO_FORECAST = "no forecast"


def maintenance(pen: Pen, card: wire.PlantCard) -> str:
    """Until when nothing is told about it: ``quiet till 16:00``; empty when it is not in maintenance."""
    until = card.maintenance_until
    return f"quiet till {clock(pen, until)}" if until is not None and until > pen.now else ""


def next_watering(pen: Pen, card: wire.PlantCard) -> str:
    """When to water next, or in few words why that is not known; what fits beside the trust on a card."""
    if card.next_watering is not None:
        return _forecast(pen, card.next_watering)
    if card.device_count == 0:
        return "no device yet"
    if "soil_moisture" not in card.state:
        return "no soil probe"
    if card.worst == "too dry" and card.trust not in ("offline", "faulty"):
        return "dry: water now"
    return card.next_watering_brief or NO_FORECAST


def _forecast(pen: Pen, forecast: wire.Forecast) -> str:
    local, today = pen.local(forecast.at), pen.local(pen.now)
    days = (local.date() - today.date()).days
    sign = "~" if pen.glyphs.dash.isascii() else "±"
    margin = sign + duration(forecast.plus_minus_h * 3600).replace(" ", "")
    if forecast.at <= pen.now:
        return "water now"
    if days == 0:
        return f"water {local:%H:%M} {margin}"
    if days < 7:
        return f"water {local:%a} {local.day} {margin}"
    return f"water {local.day} {local:%b} {margin}"


def alert_state(pen: Pen, alert: wire.Alert) -> str:
    """Where it stands in its life: ``open``, ``acked by ada``, ``snoozed till 18:00``, ``over 09:40``."""
    if alert.resolved_at is not None:
        return f"over {clock(pen, alert.resolved_at)}"
    if alert.snoozed_until is not None and alert.snoozed_until > pen.now:
        return f"quiet till {clock(pen, alert.snoozed_until)}"
    if alert.acked_at is not None:
        return f"acked by {alert.acked_by}" if alert.acked_by else "acked"
    return "open"
