"""Golden plants with too little water, too much, or enough."""

from __future__ import annotations

from bench.advisor.golden import Golden
from bench.advisor.marks import (
    acts,
    cites,
    is_at_most,
    is_silent_on,
    leaves_open,
    never,
    proposes,
    says,
    sums_up,
)
from bench.advisor.pot import Pot, Poured

_DRY = (("low", "soil_moisture", "warning", 26.0),)
_FERN, _ALOE, _CACTUS = "Nephrolepis exaltata", "Aloe vera", "Mammillaria elongata"
_BASIL, _FLYTRAP = "Ocimum basilicum", "Dionaea muscipula"
_WEEKLY = tuple(Poured(24.0 * day, 40, 68) for day in (4, 11, 18, 25))

THIRST: tuple[Golden, ...] = (
    # --- dry ---
    Golden(
        "dry",
        Pot(soil=12.1, alerts=_DRY, waterings=(Poured(240, 22, 50),)),
        (
            acts("water", first=True),
            cites("soil_moisture.now", "soil_moisture.limit_min"),
            sums_up("water it today"),
            says(r"12\.1 %"),
            leaves_open("size of the pot"),
        ),
        (never("wait"), is_silent_on("too wet"), proposes(None)),
    ),
    Golden(
        "dry fern",
        Pot(_FERN, soil=18, drying=4, alerts=_DRY),
        (acts("water", first=True), sums_up("water it today"), cites("soil_moisture.hours_below_7d")),
        (is_silent_on("dry out"),),
    ),
    Golden(
        "dry cactus in winter",
        Pot(_CACTUS, soil=4, drying=0.4, dli=7, alerts=_DRY),
        (acts("water", first=True), says("small drink"), is_silent_on("runs out at the bottom")),
        (is_silent_on("every day"),),
    ),
    Golden(
        "dry for days",
        Pot(_BASIL, soil=9, drying=6, dli=10, alerts=_DRY, waterings=(Poured(200, 30, 60),)),
        (acts("water", first=True), says("bowl of water"), sums_up("today")),
    ),
    Golden(
        "dry, amounts known",
        Pot(
            soil=15,
            alerts=_DRY,
            waterings=(Poured(200, 20, 48, 250, "logged"), Poured(440, 21, 50, 250, "logged")),
        ),
        (acts("water"), says("about 250 ml, as usual")),
        (
            leaves_open("size of the pot")._replace(
                what="pot size is not left open",
                holds=lambda plan: not any("size of the pot" in u for u in plan.unknowns),
            ),
        ),
    ),
    Golden(
        "dry carnivore",
        Pot(_FLYTRAP, soil=30, dli=12, alerts=_DRY),
        (acts("water", first=True), says("rain or distilled")),
        (is_silent_on("dry out"),),
    ),
    Golden(
        "dry by the owner's own limit",
        Pot(soil=26, limits=(("soil_moisture", 30, 70),), alerts=_DRY),
        (acts("water", first=True), says("your lower limit of 30 %")),
        (is_silent_on("its lower limit"),),
    ),
    Golden(
        "the same 12 %: a succulent",
        Pot(_ALOE, soil=12, drying=0.6, dli=5, due_h=160),
        (acts("wait"), says("well")),
        (never("water"), is_silent_on("too dry")),
    ),
    Golden(
        "the same 12 %: a fern",
        Pot(_FERN, soil=12, drying=3, alerts=_DRY),
        (acts("water", first=True), says("too dry")),
        (is_silent_on("the soil is well"),),
    ),
    Golden(
        "watered, and the probe shows nothing",
        Pot(soil=11, alerts=_DRY, waterings=(Poured(5, 12, 13, 300, "logged"),)),
        (
            acts("observe", first=True),
            says("root ball"),
            cites("watering.last_h", "soil_moisture.now"),
            is_at_most("medium", "soil_moisture.now"),
        ),
        (never("water"),),
    ),
    # --- wet ---
    Golden(
        "overwatered",
        Pot(
            soil=84,
            drying=0.4,
            waterings=(Poured(70, 60, 90),),
            alerts=(("high", "soil_moisture", "critical", 70.0),),
        ),
        (
            acts("wait", first=True),
            sums_up("do not water"),
            says("roots"),
            says("last watering came when"),
            cites("soil_moisture.now", "soil_moisture.limit_max"),
        ),
        (never("water"), never("feed"), is_silent_on("too dry")),
    ),
    Golden(
        "overwatered succulent",
        Pot(_ALOE, soil=63, drying=0.5, dli=5, alerts=(("high", "soil_moisture", "warning", 90.0),)),
        (acts("wait", first=True), sums_up("do not water"), acts("observe")),
        (never("water"),),
    ),
    Golden(
        "just watered",
        Pot(soil=62, waterings=(Poured(2, 22, 62),)),
        (acts("wait"), says("2 h ago"), cites("watering.last_h")),
        (never("water"), is_silent_on("too wet")),
    ),
    Golden(
        "just watered, draining",
        Pot(soil=80, waterings=(Poured(3, 22, 82),)),
        (acts("wait", first=True), says("drains"), says("saucer")),
        (never("water"), never("observe"), is_silent_on("rot")),
    ),
    Golden(
        "watered too early, always",
        Pot(
            _ALOE,
            soil=40,
            drying=1,
            dli=5,
            waterings=(Poured(60, 42, 52), Poured(200, 44, 53), Poured(340, 41, 52)),
        ),
        (says("earlier than it needs"), cites("watering.usual_before"), acts("wait")),
        (never("water"),),
    ),
    # --- between ---
    Golden(
        "dry tonight",
        Pot(soil=21, due_h=10, waterings=(Poured(200, 22, 45),)),
        (acts("water"), says("when the soil reaches 20 %"), cites("forecast.dry_in_h")),
        (is_silent_on("too dry"),),
    ),
    Golden(
        "dry tomorrow, likes it moist",
        Pot(_FERN, soil=38, drying=3, due_h=22, waterings=(Poured(200, 40, 70),)),
        (acts("water"), says("before the root ball dries")),
    ),
    Golden(
        "dry in four days",
        Pot(soil=32, due_h=100, waterings=_WEEKLY),
        (
            acts("wait"),
            says("Sat 28 Nov"),
            says("until the soil is near 20 %"),
            says("between 20 % and 75 %"),
            cites("soil_moisture.drying"),
        ),
        (never("water"), is_silent_on("today")),
    ),
    Golden(
        "nearly dry, no forecast",
        Pot(_BASIL, soil=28.2, drying=3, dli=10),
        (acts("water"), says("before the root ball dries"), sums_up("needs water within a day")),
        (is_silent_on("nothing is wrong"), is_silent_on("two or three days")),
    ),
    Golden(
        "dry in two days, no forecast",
        Pot(_BASIL, soil=40, drying=6, dli=20, no_forecast="It dries too unevenly to name a time."),
        (acts("wait"), says("look again tomorrow"), leaves_open("unevenly")),
        (is_silent_on("today"),),
    ),
    Golden(
        "no forecast",
        Pot(soil=50, no_forecast="The soil hardly dries (0.1 points a day)."),
        (acts("wait"), leaves_open("hardly dries")),
        (never("water"),),
    ),
    Golden(
        "all is well",
        Pot(due_h=150, waterings=_WEEKLY),
        (sums_up("nothing is wrong"), acts("wait"), says("within their limits")),
        (never("water"), never("light"), never("warmth"), never("humidity"), never("sensor"), proposes(None)),
    ),
    Golden(
        "dries fast",
        Pot(soil=50, drying=11, due_h=60, waterings=(Poured(50, 30, 70),)),
        (says("small pot"),),
        (never("water"),),
    ),
    Golden(
        "asleep",
        Pot(soil=40, trust="asleep", newest_h=6, due_h=120, waterings=_WEEKLY),
        (acts("wait"),),
        (never("sensor"), never("water")),
    ),
)
