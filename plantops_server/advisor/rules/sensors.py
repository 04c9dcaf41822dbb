"""The sensors: silent, sick, low on power, or at odds with each other. What they hide is said to be unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plantops_api.wire import PLANT_METRICS
from plantops_server.advisor.rules.case import Case, Finding, act

_LOW, _WEAK_DBM, _GAPPY, _DOUBTED = 15, -85, 20, 20

_ATTACH = "Put a sensor into the pot and tie it to this plant."
_START = "See that the sensor has power, is in reach of the network, and is listed among the devices of this plant."
_FEEL = "Until then feel the soil with a finger before you water, and keep the pot out of standing water."
_PUSH = "Push the probe back into the root ball, up to its mark, and see that its plug and cable sit tight."
_DRY_CABLE = "See that its cable and its sensor sit tight and dry; then restart it."
_BESIDE = "Feel the soil beside each probe, push both equally deep, and calibrate the one that is wrong."
_SIDE_BY_SIDE = (
    "Put them side by side for a day; move the one that differs out of sun and draught, or replace it."
)


def sensors(case: Case) -> Iterator[Finding]:
    """One finding a problem."""
    if case.trust == "none":
        yield _nothing(case)
        return
    if case.trust == "offline":
        yield _silent(case)
    sick = _numbers(case, "fault")
    yield from (_sick(case, number) for number in sick)
    if case.trust == "faulty" and not sick:
        yield _doubted(case)
    if case.trust != "offline":  # else its silence is spoken of, and the battery with it
        yield from (_battery(case, number) for number in _weak(case))
    yield from (_at_odds(case, metric) for metric in case.apart)
    if case.trust != "offline":
        yield from _gappy(case)


def _numbers(case: Case, what: str) -> list[str]:
    """The sensors of which there is that fact."""
    found = (re.fullmatch(rf"sensor\.(\d+)\.{what}", fact_id) for fact_id in case.sheet.by_id)
    return [match[1] for match in found if match]


def _weak(case: Case) -> list[str]:
    """Sensors with a low battery; at least the lowest one when the server says that one is."""
    levels = {number: case.number(f"sensor.{number}.battery") or 0.0 for number in _numbers(case, "battery")}
    low = [number for number, level in levels.items() if level <= _LOW]
    if not low and levels and case.has("incident.battery_low"):
        low = [min(levels, key=levels.__getitem__)]
    return low


def _name(case: Case, number: str) -> str:
    return "The sensor" if case.number("sensors.count") == 1 else f"Sensor {number}"


def _nothing(case: Case) -> Finding:
    none = not case.number("sensors.count")
    claim = "No reading that can be believed has come from this plant yet."
    if none:
        claim = "No sensor sits in this plant."
    cited = case.cite("sensors.count", "data.trust")
    words = case.text("species.watering") or "Nothing is measured, so your finger is the sensor."
    feel = act(
        "observe", _FEEL, "every two or three days", words, case.cite("species.watering", "data.trust")
    )
    return Finding(
        1,
        "Nothing is measured here yet: this plan can only be general.",
        [case.certain(claim, cited)],
        [act("sensor", _ATTACH if none else _START, "today", claim, cited), feel],
        [],
        ["Soil moisture, temperature, humidity and light: none of them is known."],
    )


def _silent(case: Case) -> Finding:
    age = "No reading comes any more"
    if case.number("data.newest_h"):
        age = f"The newest reading is {case.span('data.newest_h')} old"
    evidence = case.cite("data.trust", "data.newest_h")
    first = "See whether it has power."
    for number in _numbers(case, "battery"):
        if (case.number(f"sensor.{number}.battery") or 0) <= 2 * _LOW:
            first = f"Change or charge its battery, which was at {case.said(f'sensor.{number}.battery')}."
            evidence.append(f"sensor.{number}.battery")
            break
    weak = any((case.number(f"sensor.{number}.rssi") or 0) < _WEAK_DBM for number in _numbers(case, "rssi"))
    then = "See that it is in reach of the network."
    if weak:
        then = "Bring it closer to the access point: its signal was weak."
    claim = f"{age}: the sensor is silent, and how the plant is now is not known."
    return Finding(
        1,
        "Wake the sensor: it is silent.",
        [case.certain(claim, evidence)],
        [act("sensor", f"{first} {then}", "today", f"{age}.", evidence)],
        [],
        ["Everything since the sensor fell silent."],
    )


def _sick(case: Case, number: str) -> Finding:
    at, name = f"sensor.{number}", _name(case, number)
    fault = case.text(f"{at}.fault") or "its readings are not believed"
    soil = case.trust == "faulty" or "soil" in fault
    claim, evidence = f"{name} is sick: {fault}.", case.cite(f"{at}.fault")
    if (case.number(f"{at}.flagged_7d") or 0) >= 1:
        claim += f" {case.said(f'{at}.flagged_7d')} of its readings of the last 7 days are not believed."
        evidence.append(f"{at}.flagged_7d")
    fix = act(
        "sensor", _PUSH if soil else _DRY_CABLE, "today" if soil else "this week", f"{name}: {fault}.",
        case.cite(f"{at}.fault"),
    )  # fmt: skip
    headline = "See to the sensor: its readings cannot be believed."
    return Finding(1 if soil else 2, headline, [case.certain(claim, evidence)], [fix])


def _doubted(case: Case) -> Finding:
    why, cited = "The newest soil readings look like a sensor fault.", case.cite("data.trust")
    headline = "See to the soil probe: its readings cannot be believed."
    return Finding(1, headline, [case.certain(why, cited)], [act("sensor", _PUSH, "today", why, cited)])


def _battery(case: Case, number: str) -> Finding:
    fact_id = f"sensor.{number}.battery"
    evidence = case.cite(fact_id, "incident.battery_low")
    claim = f"The battery of {_name(case, number).lower()} is low: {case.said(fact_id)}."
    why = f"It is at {case.said(fact_id)}; without it nobody sees how the plant is."
    what = f"Change or charge the battery of {_name(case, number).lower()}."
    change = act("sensor", what, "this week", why, evidence)
    return Finding(2, "Change the sensor's battery.", [case.certain(claim, evidence)], [change])


def _at_odds(case: Case, metric: str) -> Finding:
    words, fact_id, soil = metric.replace("_", " "), f"sensors.{metric}_apart_24h", metric == "soil_moisture"
    each = [f"sensor.{number}.{metric}_24h" for number in _numbers(case, f"{metric}_24h")]
    values = " and ".join(case.said(one) for one in each[:3])
    claim = f"The sensors disagree on {words}: {values} over the last 24 h. At most one of them is right."
    compare = act(
        "sensor", _BESIDE if soil else _SIDE_BY_SIDE, "today" if soil else "this week",
        f"They differ by {case.said(fact_id)}.", [fact_id, *each],
    )  # fmt: skip
    return Finding(
        1 if soil else 2,
        f"The sensors disagree on {words}: find out which one is right.",
        [case.certain(claim, [fact_id, *each])],
        [compare],
        [],
        [f"The true {words}: the sensors differ by {case.said(fact_id)}."],
    )


def _gappy(case: Case) -> Iterator[Finding]:
    gaps = [metric for metric in PLANT_METRICS if (case.number(f"{metric}.gaps_7d") or 0) > _GAPPY]
    if gaps:
        named = ", ".join(
            f"{metric.replace('_', ' ')} in {case.said(f'{metric}.gaps_7d')} of it" for metric in gaps[:3]
        )
        yield Finding(3, unknowns=[f"Part of the last 7 days was not measured: {named}."])
    if case.flagged > _DOUBTED and not _numbers(case, "fault"):
        yield Finding(3, unknowns=["Many readings of the last 7 days are not believed, and left out."])
