"""Why there is no forecast, in the few words that a card has room for."""

from __future__ import annotations

LONGEST = 18
"""Characters beside the trust on a card of 40 cells."""

_BRIEFLY = {
    "No lower limit": "no lower limit",
    "Nothing was measured": "soil not measured",
    "The newest soil reading": "old soil reading",
    "No watering was seen": "no watering yet",
    "Watered": "just watered",
    "Too little of a dry-down": "still learning",
    "The soil hardly dries": "hardly dries",
    "It dries by": "not within a month",
    "It dries too unevenly": "dries unevenly",
    "The sensor is silent": "sensor silent",
    "The sensor is faulty": "sensor faulty",
    "The first forecast": "forecast soon",
}
"""How each sentence of the forecast begins, and what is left of it; a test meets every sentence."""


def briefly(reason: str) -> str | None:
    """The reason in at most ``LONGEST`` characters; None for a sentence that has no short form."""
    return next((brief for begin, brief in _BRIEFLY.items() if reason.startswith(begin)), None)
