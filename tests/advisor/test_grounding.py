"""Numbers against facts, claims against numbers, advice against the plant."""

from __future__ import annotations

import pytest

from bench.advisor.cases import CASES
from bench.advisor.pot import Pot, Poured, Sensor
from plantops_api.wire import ActionKind, CareAction, Diagnosis, Fact, PlanData, ThresholdProposal
from plantops_server.advisor import grounding, harm
from plantops_server.advisor.numbers import numbers, unfound
from plantops_server.advisor.rules import rules_plan
from plantops_server.advisor.rules.case import Case
from plantops_server.advisor.sheet import FactSheet

FACTS = (
    Fact(id="soil_moisture.mean_24h", value=21.4, unit="%"), Fact(id="forecast.dry_at", value="2026-11-26 14:00"),
    Fact(id="watering.last_h", value=71.0, unit="h"), Fact(id="light_level.max_24h", value=714.0, unit="lx"),
    Fact(id="temperature.trend_7d", value=-2.5, unit="°C a day"), Fact(id="plant.notes", value="repotted in 3 l, 99 %"),
    Fact(id="watering.usual_amount_ml", value=1500.0, unit="ml"), Fact(id="dli.mean_7d", value=0.41, unit="mol/m²/d"),
)  # fmt: skip
DRY, WET = Pot(soil=12).sheet(), Pot(soil=84, drying=0.4).sheet()


@pytest.mark.parametrize(
    "text",
    [
        "21.4 %", "21%", "21.40 percent", "twenty-one percent", "on 26 Nov at 14:00", "Nov 26th", "2026-11-26",
        "3 days ago", "71 hours", "over the last 24 h", "in 7 days", "710 lux", "it fell by 2.5 °C a day", "1.5 l",
        "0.41 mol/m²/d", "0.4 mol a day", "nothing with a number", "one of the leaves", "two leaves",
    ],
)  # fmt: skip
def test_a_number_is_found_as_people_say_it(text: str) -> None:
    assert unfound(text, FACTS) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("22 %", "22 %"), ("21.3 %", "21.3 %"), ("twenty percent", "twenty percent"), ("27 Nov", "27 Nov"),
        ("26 Nov 2025", "26 Nov 2025"), ("at 15:00", "15:00"), ("2 days", "2 days"), ("21.4 °C", "21.4 °C"),
        ("99 %", "99 %"), ("3 l", "3 l"), ("700 lx", "700 lx"), ("7,140 lx", "7,140 lx"), ("2.5 %", "2.5 %"),
        ("1 mol", "1 mol"), ("0 %", "0 %"), ("ninety nine percent", "ninety nine percent"), ("21.4 °F", "21.4 °F"),
    ],
)  # fmt: skip
def test_a_number_that_no_fact_holds_is_named(text: str, missing: str) -> None:
    assert unfound(text, FACTS) == [missing]


def test_numbers_know_their_units() -> None:
    found = [
        (number.value, number.unit) for number in numbers("12,5 % at 3 °C, 1,200 lx, 40 µS/cm and 5 of them")
    ]
    assert found == [(12.5, "%"), (3, "°C"), (1200, "lx"), (40, "µS/cm"), (5, None)]


def judged(claim: str, *evidence: str, sheet: FactSheet = DRY) -> Diagnosis:
    plan = PlanData(
        summary="x", diagnosis=[Diagnosis(claim=claim, confidence="high", evidence=list(evidence))]
    )
    return grounding.check(plan, sheet).diagnosis[0]


def test_a_claim_is_marked_with_what_was_not_found() -> None:
    assert judged("The soil is at 12 %.", "soil_moisture.now").supported
    shown = judged("The soil is at 30 %.", "soil_moisture.now", "roots.depth")
    assert not shown.supported
    assert shown.confidence == "low"
    assert shown.doubt == "Cites roots.depth, which is no fact; says 30 %, which no cited fact holds."
    assert shown.evidence == ["soil_moisture.now"]


@pytest.mark.parametrize(
    ("claim", "sheet"),
    [
        ("The soil is soggy.", DRY), ("The roots are drowning.", DRY), ("It is parched.", WET),
        ("It is thriving.", Pot(soil=12, alerts=(("low", "soil_moisture", "warning", 9.0),)).sheet()),
        ("The air is dry.", DRY), ("It stands too dark.", DRY), ("It is harmless to cats.", DRY),
        ("The sensor is reliable.", Pot(trust="offline", newest_h=20).sheet()), ("It was just watered.", DRY),
    ],
)  # fmt: skip
def test_a_claim_against_the_facts_is_doubted(claim: str, sheet: FactSheet) -> None:
    assert not judged(claim, "data.trust", sheet=sheet).supported


@pytest.mark.parametrize(
    "claim",
    ["The soil is not too wet.", "It would be harmful if the soil became too wet.", "The soil is too dry."],
)
def test_a_claim_that_only_sounds_like_one_is_not(claim: str) -> None:
    assert judged(claim, "soil_moisture.now").supported


def verdict(
    what: str, when: str = "today", *, kind: ActionKind = "other", sheet: FactSheet = WET
) -> str | None:
    return harm.of_action(CareAction(kind=kind, what=what, when=when, why="It helps."), Case(sheet))


@pytest.mark.parametrize(
    ("what", "when"),
    [
        ("Water it thoroughly.", "today"),
        ("Never mind the probe, water it.", "now"),
        ("Give it plenty of water.", "soon"),
        ("Pour a litre of water over it.", "this evening"),
        ("It needs water.", "at once"),
        ("Water it now if you can.", "now"),
    ],
)
def test_nothing_waters_a_pot_that_is_too_wet(what: str, when: str) -> None:
    assert verdict(what, when) == "the soil is above its upper limit already"


@pytest.mark.parametrize(
    ("what", "when"),
    [
        ("Do not water it.", "today"),
        ("Water it again once the soil is below 40 %.", "then"),
        ("Hold back on water.", "now"),
        ("Empty the water out of the saucer.", "today"),
        ("Water it when the top few centimetres are dry.", "in a week"),
    ],
)
def test_what_waits_or_denies_may_be_said(what: str, when: str) -> None:
    assert verdict(what, when) is None


def test_a_pot_that_was_watered_a_few_hours_ago_is_left_alone() -> None:
    sheet = Pot(soil=35, waterings=(Poured(3, 20, 36),)).sheet()
    assert verdict("Top it up.", kind="water", sheet=sheet) == "it was watered a few hours ago"


def test_nobody_waters_by_a_probe_that_is_not_believed() -> None:
    for sheet in (
        Pot(soil=5, trust="faulty").sheet(), Pot(soil=5, trust="offline", newest_h=20).sheet(), Pot(soil=None).sheet(),
        Pot(soil=5, sensors=(Sensor(soil=5), Sensor(soil=60))).sheet(),
    ):  # fmt: skip
        assert verdict("Water it.", kind="water", sheet=sheet) is not None


def test_a_thirsty_plant_is_not_left_to_dry() -> None:
    assert verdict("Stop watering for two weeks.", kind="wait", sheet=DRY) is not None
    assert verdict("Stop watering for two weeks.", kind="wait", sheet=WET) is None


def test_a_dose_many_times_the_usual_one_is_refused() -> None:
    sheet = Pot(
        soil=12, waterings=(Poured(200, 20, 48, 200, "logged"), Poured(400, 20, 48, 200, "logged"))
    ).sheet()
    for amount, harmful in (("250 ml", False), ("1 l", True), ("0.5 l", False)):
        action = CareAction(kind="water", what="Water it.", amount=amount, when="today", why="Dry.")
        assert (harm.of_action(action, Case(sheet)) is not None) is harmful


def test_harmful_advice_goes_and_the_rules_step_in() -> None:
    plan = PlanData(
        summary="Water it now! It is at 3 %.",
        actions=[CareAction(kind="water", what="Water it.", when="now", why="It is dry.")],
    )
    shown = grounding.check(plan, WET)
    rules = rules_plan(WET)
    assert shown.actions == rules.actions
    assert shown.summary == rules.summary
    assert "left out" in shown.unknowns[0]


def test_what_cannot_wait_is_said_whatever_the_model_says() -> None:
    """Words may deceive the check: the measured need is put first all the same, and says where it comes from."""
    oblique = CareAction(kind="other", what="Quench its thirst.", when="soon", why="It helps.")
    first = grounding.check(PlanData(summary="x", actions=[oblique]), WET).actions[0]
    assert (first.kind, first.why[:19]) == ("wait", "Added by the rules.")
    first = grounding.check(PlanData(summary="x"), DRY).actions[0]
    assert first.kind == "water"
    kept = CareAction(
        kind="water", what="Water it well.", when="today", why="It is dry.", evidence=["soil_moisture.now"]
    )
    assert [a.what for a in grounding.check(PlanData(summary="x", actions=[kept]), DRY).actions] == [
        "Water it well."
    ]


def test_a_false_reason_is_taken_from_good_advice() -> None:
    action = CareAction(
        kind="water", what="Water it.", when="today", why="The soil is at 12 %. It was at 3 % yesterday.",
        evidence=["soil_moisture.now", "no.fact"],
    )  # fmt: skip
    (shown,) = grounding.check(PlanData(summary="x", actions=[action]), DRY).actions
    assert shown.why == "The soil is at 12 %."
    assert shown.evidence == ["soil_moisture.now"]


def test_a_sensible_proposal_passes_with_the_limits_that_are_in_force() -> None:
    proposal = ThresholdProposal(
        metric="soil_moisture", min=25, max=70, why="It wilts at 20 %.", evidence=["soil_moisture.limit_min"]
    )
    (shown,) = grounding.check(
        PlanData(summary="x", threshold_proposals=[proposal]), Pot().sheet()
    ).threshold_proposals
    assert (shown.current_min, shown.current_max) == (20, 75)


@pytest.mark.parametrize(
    ("low", "high", "reason"),
    [
        (5, 70, "only silence"),
        (80, 20, "not below"),
        (-5, 70, "outside"),
        (None, None, "no limit"),
        (20, 75, "changes nothing"),
    ],
)
def test_a_proposal_that_makes_no_sense_is_refused(
    low: float | None, high: float | None, reason: str
) -> None:
    proposal = ThresholdProposal(
        metric="soil_moisture", min=low, max=high, why="Better.", evidence=["soil_moisture.now"]
    )
    plan = PlanData(summary="x", threshold_proposals=[proposal])
    assert grounding.check(plan, DRY).threshold_proposals == []
    assert any(reason in problem for problem in grounding.problems(plan, DRY))


def test_problems_name_the_place_for_whoever_mends_it() -> None:
    plan = PlanData(
        summary="It is at 3 %.",
        diagnosis=[Diagnosis(claim="Dry.", confidence="high", evidence=[])],
        actions=[CareAction(kind="water", what="Water it.", when="now", why="Dry.", evidence=["x.y"])],
        watch_for=["Soil under 2 %."],
    )
    assert grounding.problems(plan, WET) == [
        "summary: says 3 %, which no fact holds.",
        "diagnosis 1: cites no fact.",
        "action 1: would do harm: the soil is above its upper limit already.",
        "action 1: cites x.y, which is no fact.",
        "watch_for 1: says 2 %, which no fact holds.",
    ]


def test_every_golden_plan_is_plain_text() -> None:
    for golden in CASES:
        assert not any(
            mark in rules_plan(golden.pot.sheet()).model_dump_json()
            for mark in ("http", "<", "\\u001b", "**")
        )
