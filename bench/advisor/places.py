"""Golden plants that stand too cold, too dark, too dry, or in poor soil."""

from __future__ import annotations

from bench.advisor.golden import Golden
from bench.advisor.marks import (
    acts,
    cites,
    is_silent_on,
    leaves_open,
    never,
    says,
    sums_up,
)
from bench.advisor.pot import SUMMER, Pot

_DRY = (("low", "soil_moisture", "warning", 26.0),)
_ALOE, _CALATHEA = "Aloe vera", "Calathea makoyana"

PLACES: tuple[Golden, ...] = (
    # --- warmth ---
    Golden(
        "cold",
        Pot(temperature=8.5, swing=1, alerts=(("low", "temperature", "critical", 30.0),)),
        (
            acts("warmth"),
            cites("temperature.now", "temperature.limit_min"),
            sums_up("warmer"),
            says("water less"),
        ),
        (is_silent_on("too hot"),),
    ),
    Golden(
        "cold nights",
        Pot(temperature=15.5, swing=6),
        (acts("warmth"), cites("temperature.min_24h"), says("gets too cold")),
        (is_silent_on("is too cold"),),
    ),
    Golden(
        "hot",
        Pot(temperature=33, swing=4, now=SUMMER, alerts=(("high", "temperature", "warning", 5.0),)),
        (acts("warmth"), says("cooler"), cites("temperature.limit_max")),
        (is_silent_on("warmer place"), never("feed")),
    ),
    Golden(
        "cold and wet",
        Pot(
            temperature=9,
            swing=0.5,
            soil=85,
            drying=0.2,
            alerts=(("high", "soil_moisture", "warning", 99.0),),
        ),
        (acts("wait", first=True), acts("warmth"), sums_up("do not water")),
        (never("water"), never("feed")),
    ),
    # --- light ---
    Golden(
        "dark in winter",
        Pot(dli=0.3, alerts=(("light_low", "light_level", "warning", 30.0),)),
        (acts("light"), says("grow lamp"), cites("dli.mean_7d", "dli.limit_min")),
        (is_silent_on("shade"),),
    ),
    Golden(
        "dark in summer",
        Pot(dli=0.7, now=SUMMER),
        (acts("light"), says("brightest window")),
        (is_silent_on("dark months"),),
    ),
    Golden(
        "bright",
        Pot(_CALATHEA, dli=9, humidity=60, now=SUMMER),
        (acts("light"), says("curtain")),
        (is_silent_on("more light"),),
    ),
    Golden("light unknown", Pot(dli=None), (leaves_open("light: no sensor"),), (never("light"),)),
    # --- air ---
    Golden(
        "dry air",
        Pot(humidity=24, alerts=(("low", "humidity", "warning", 50.0),)),
        (acts("humidity"), says("humidifier"), cites("humidity.mean_24h", "humidity.limit_min")),
        (is_silent_on("too damp"),),
    ),
    Golden("damp air", Pot(humidity=95), (acts("humidity"), says("air move")), (is_silent_on("humidifier"),)),
    Golden(
        "dry air, and a succulent",
        Pot(_ALOE, humidity=24, soil=30, dli=5),
        (says("well"),),
        (never("humidity"),),
    ),
    # --- food ---
    Golden(
        "hungry in summer",
        Pot(conductivity=180, now=SUMMER),
        (acts("feed"), says("half"), cites("conductivity.mean_7d")),
        (is_silent_on("stop feeding"),),
    ),
    Golden(
        "hungry in winter",
        Pot(conductivity=180),
        (says("do not feed"), says("until spring")),
        (never("feed"),),
    ),
    Golden(
        "hungry in November, in Auckland",
        Pot(conductivity=180, zone="Pacific/Auckland"),
        (acts("feed"),),
        (is_silent_on("dark months"),),
    ),
    Golden(
        "salty", Pot(conductivity=2900, now=SUMMER), (says("stop feeding"), says("rinse")), (never("feed"),)
    ),
    Golden(
        "hungry and dry",
        Pot(conductivity=90, soil=13, now=SUMMER, alerts=_DRY),
        (acts("water", first=True), leaves_open("fertiliser")),
        (never("feed"),),
    ),
)
