"""The golden plants before the rules and before models that tell the truth, lie, or would kill the plant."""

from __future__ import annotations

import pytest

from bench.advisor import chance, measure
from bench.advisor.__main__ import lines
from bench.advisor.cases import CASES
from bench.advisor.golden import Golden
from bench.advisor.hostile import HOSTILE
from plantops_api.wire import Diagnosis, PlanData
from plantops_server.advisor import grounding
from plantops_server.advisor.rules import rules_plan
from plantops_server.advisor.sheet import LIMIT_BYTES


@pytest.mark.parametrize("golden", CASES, ids=lambda golden: golden.name)
def test_the_rules_say_what_a_gardener_would(golden: Golden) -> None:
    sheet = golden.pot.sheet()
    plan = rules_plan(sheet)
    missed = [mark.what for mark in (*golden.must, *golden.must_not) if not mark.holds(plan)]
    assert missed == [], plan.model_dump_json(indent=1)
    assert grounding.problems(plan, sheet) == []
    assert grounding.check(plan, sheet) == plan


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_whatever_is_measured_the_plan_of_the_rules_stands(first: int) -> None:
    for seed in range(first, first + 50):
        sheet = chance.pot(seed).sheet()
        plan = rules_plan(sheet)
        assert grounding.problems(plan, sheet) == [], (seed, plan.summary)
        assert grounding.check(plan, sheet) == plan, seed
        assert sheet.size_bytes <= LIMIT_BYTES
        assert plan.summary


def test_there_are_enough_of_them_and_each_has_its_own_name() -> None:
    assert len({golden.name for golden in CASES}) == len(CASES) >= 40
    assert len(set(HOSTILE)) == len(HOSTILE) >= 50


def test_the_evaluation_holds_its_bars() -> None:
    table, faults = lines()
    assert [line.what for line in table if line.holds is False] == [], faults


def test_a_mark_that_is_missed_is_counted() -> None:
    golden = CASES[0]
    score = measure.Score()
    score.mark(golden, PlanData(summary="The soil is too wet."))
    assert score.kept_musts == 0
    assert score.broken == 1


def test_a_lie_that_passes_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding, "check", lambda plan, _sheet: plan)
    caught = measure.of_liar()
    assert len(caught.passed) == caught.all > 500


def test_harm_that_passes_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding, "check", lambda plan, _sheet: plan)
    assert len(measure.of_poisoner().passed) > 500


def test_a_hostile_name_that_passes_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding, "check", lambda plan, _sheet: plan)
    assert len(measure.of_hostile().passed) >= len(HOSTILE)


def test_no_confidence_is_higher_than_its_sensors_allow() -> None:
    gappy = next(golden for golden in CASES if golden.name == "gaps").pot.sheet()
    sure = Diagnosis(claim="The soil is dry: 14 %.", confidence="high", evidence=["soil_moisture.now"])
    (shown,) = grounding.check(PlanData(summary="Dry.", diagnosis=[sure]), gappy).diagnosis
    assert shown.supported
    assert shown.confidence == "low"
