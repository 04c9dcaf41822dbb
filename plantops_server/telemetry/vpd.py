"""How thirsty the air is: vapour pressure deficit by the Tetens formula."""

from __future__ import annotations

import math


def vpd(temperature: float, humidity: float) -> float:
    """Vapour pressure deficit in kPa of air at ``temperature`` °C and ``humidity`` %RH."""
    saturated = 0.6108 * math.exp(17.27 * temperature / (temperature + 237.3))
    return saturated * (1 - humidity / 100)
