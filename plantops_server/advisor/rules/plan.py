"""Put what the rules found into one plan: the most urgent first, one thing said once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from plantops_api.wire import CareAction, Diagnosis, PlanData
from plantops_server.advisor.rules.air import humidity, warmth
from plantops_server.advisor.rules.case import Case, Finding, joined
from plantops_server.advisor.rules.food import food
from plantops_server.advisor.rules.light import light
from plantops_server.advisor.rules.limits import limits
from plantops_server.advisor.rules.sensors import sensors
from plantops_server.advisor.rules.water import water
from plantops_server.advisor.sheet import FactSheet

_MOST_HEADLINES, _MOST, _MOST_WORDS = 3, 8, 6
_GOOD = 4
_URGENT_KINDS = ("water", "wait", "warmth")


def rules_plan(sheet: FactSheet) -> PlanData:
    """The plan of the rules for these facts. The same facts give the same plan."""
    case = Case(sheet)
    findings = sorted(_findings(case), key=lambda finding: finding.urgency)
    diagnosis = [one for finding in findings for one in finding.diagnosis]
    return PlanData(
        summary=_summary(case, findings),
        diagnosis=[*diagnosis, *_comfort(case, findings)][:_MOST],
        actions=_once(action for finding in findings for action in finding.actions)[:_MOST],
        watch_for=_few(text for finding in findings for text in finding.watch_for),
        unknowns=_few([*(text for finding in findings for text in finding.unknowns), *_unknown(case)]),
        threshold_proposals=[one for finding in findings for one in finding.proposals],
    )


def urgent_actions(sheet: FactSheet) -> list[CareAction]:
    """What cannot wait by the facts: water for a dry plant, none for a soaked one, warmth for a cold one."""
    urgent = (finding for finding in _findings(Case(sheet)) if finding.urgency == 0)
    return [action for finding in urgent for action in finding.actions if action.kind in _URGENT_KINDS]


def _findings(case: Case) -> Iterator[Finding]:
    for finding in (water(case), warmth(case), light(case), humidity(case), food(case), limits(case)):
        if finding is not None:
            yield finding
    yield from sensors(case)


def _summary(case: Case, findings: list[Finding]) -> str:
    told = list(dict.fromkeys(f.headline for f in findings if f.headline and f.urgency < _GOOD))
    if told:
        return joined(told[:_MOST_HEADLINES])
    well = [f.headline for f in findings if f.headline]
    if not case.has("soil_moisture.now"):
        return "Nothing that is measured is wrong. Nothing measures the soil: feel it."
    if case.soil_is_old:
        return f"The soil was last measured {case.span('soil_moisture.age_h')} ago: feel it, and see to its sensor."
    if case.number("incidents.open"):
        return joined(["An alert is open, but what is measured now lies within its limits.", *well])
    if case.text("soil_moisture.status") in ("below", "above"):
        return joined(well)
    if case.trust == "late":
        return joined(["As far as the newest readings tell, nothing is wrong.", *well])
    return joined(["Nothing is wrong.", *well, _next(case)])


def _next(case: Case) -> str:
    if case.has("forecast.dry_at") and case.text("soil_moisture.status") == "in range":
        return f"It will need water around {case.date('forecast.dry_at')}."
    return ""


def _comfort(case: Case, findings: list[Finding]) -> Iterator[Diagnosis]:
    """One line of what is as it should be, so that nobody mends it."""
    if case.trust not in ("fresh", "late", "asleep"):
        return
    spoken = {fact_id.partition(".")[0] for f in findings for d in f.diagnosis for fact_id in d.evidence}
    parts, evidence = [], []
    for metric, fact_id, words in (
        ("temperature", "temperature.mean_24h", "temperature ({} in the mean of the last 24 h)"),
        ("humidity", "humidity.mean_24h", "humidity ({})"),
        ("dli", "dli.mean_7d", "light ({})"),
        ("conductivity", "conductivity.mean_7d", "fertiliser ({})"),
    ):
        if metric not in spoken and case.has(fact_id) and _is_fine(case, metric):
            parts.append(words.format(case.said(fact_id)))
            evidence += [fact_id, f"{metric}.status"]
    if parts:
        listed = ", ".join(parts[:-1]) + (" and " if parts[:-1] else "") + parts[-1]
        metrics = [fact_id.partition(".")[0] for fact_id in evidence[::2]]
        confidence = case.confidence(*metrics)
        yield Diagnosis(claim=f"Within their limits: {listed}.", confidence=confidence, evidence=evidence)


def _is_fine(case: Case, metric: str) -> bool:
    """Whether a metric lies within its limits, and nothing makes us doubt it."""
    doubted = metric in case.apart or metric.replace("_", " ") in case.faults
    limited = case.has(f"{metric}.limit_min") or case.has(f"{metric}.limit_max")
    return limited and case.text(f"{metric}.status") == "in range" and not doubted


def _once(actions: Iterable[CareAction]) -> list[CareAction]:
    """The first of those that say the same."""
    return list({action.what: action for action in reversed(list(actions))}.values())[::-1]


def _few(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))[:_MOST_WORDS]


def _unknown(case: Case) -> Iterator[str]:
    if case.sheet.by_id["species.known"].value is False:
        yield "The species: without it the limits are general ones. Name it and they will fit."
    for metric in ("temperature", "humidity"):
        if case.trust != "none" and not case.has(f"{metric}.now"):
            yield f"{metric.capitalize()}: no sensor measures it."
