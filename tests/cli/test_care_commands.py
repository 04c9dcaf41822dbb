"""plantops care: plans as text and as records, what they cost, what becomes of them."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
import yaml

from tests.cli.conftest import Ran, run_cli
from tests.cli.scripted_advisor import PLAN, RULES, ScriptedAdvisor
from tests.cli.test_hostile_strings import FORBIDDEN, HOSTILE

Answered = Callable[..., Ran]
Contract = Callable[..., None]


@pytest.fixture
def advisor() -> ScriptedAdvisor:
    return ScriptedAdvisor()


def test_what_people_read(answered: Answered, advisor: ScriptedAdvisor, contract: Contract) -> None:
    runs = {
        "show": answered(advisor, "care", "show", "basil"),
        "analyze": answered(advisor, "care", "analyze", "Basil"),
        "history": answered(advisor, "care", "history", "basil"),
        "preview": answered(advisor, "care", "preview", "basil"),
        "feedback": answered(advisor, "care", "feedback", "basil", "not-helped"),
        "accept": answered(advisor, "care", "accept", "basil", "1", "3"),
        "decline": answered(advisor, "care", "decline", "basil", "3"),
        "show_decided": answered(advisor, "care", "show", "basil"),
    }
    contract(**runs)


def test_what_the_rules_wrote_says_so_and_why(
    answered: Answered, advisor: ScriptedAdvisor, contract: Contract
) -> None:
    advisor.plan = RULES
    advisor.preview |= {"source": "rules", "source_reason": "No model is set.", "host": None, "model": None}
    contract(
        analyze=answered(advisor, "care", "analyze", "basil"),
        history=answered(advisor, "care", "history", "basil"),
    )


def test_what_scripts_read(answered: Answered, advisor: ScriptedAdvisor, contract: Contract) -> None:
    contract(
        **{
            form: answered(advisor, "care", "show", "basil", "-o", form)
            for form in ("json", "ndjson", "csv", "yaml")
        }
    )


@pytest.mark.parametrize("verb", ["show", "analyze", "history", "preview"])
def test_every_read_parses_and_only_data_is_on_stdout(
    answered: Answered, advisor: ScriptedAdvisor, verb: str
) -> None:
    ran = {
        form: answered(advisor, "care", verb, "basil", "-o", form)
        for form in ("json", "yaml", "ndjson", "csv")
    }

    assert {run.code for run in ran.values()} == {0}
    assert yaml.safe_load(ran["yaml"].out) == json.loads(ran["json"].out)
    assert all(isinstance(json.loads(line), dict) for line in ran["ndjson"].out.splitlines())
    assert len({len(row) for row in csv.reader(io.StringIO(ran["csv"].out))}) == 1


def test_the_estimate_is_said_before_the_plan_and_the_cost_after(
    answered: Answered, advisor: ScriptedAdvisor
) -> None:
    said = answered(advisor, "care", "analyze", "basil").err

    before, asking, after = (said.index(words) for words in ("about $0.0031", "Asking claude", "$0.0027"))
    assert before < asking < after
    assert "api.anthropic.com" in said[:asking]


def test_a_model_without_a_known_price_says_that_it_is_not_known(
    answered: Answered, advisor: ScriptedAdvisor
) -> None:
    advisor.preview |= {"cost_estimate_usd": None}
    advisor.plan = {**PLAN, "cost_usd": None}

    said = answered(advisor, "care", "analyze", "basil").err

    assert "its price is not known" in said
    assert "310 out, price not known" in said


def test_a_model_that_failed_is_said_even_when_scripts_read(
    answered: Answered, advisor: ScriptedAdvisor
) -> None:
    advisor.plan = {**RULES, "source_reason": "The key was rejected. Enter it again."}

    ran = answered(advisor, "care", "analyze", "basil", "--json")

    assert ran.code == 0
    assert "Warning: The rules wrote it in place of claude-haiku-5-5. The key was rejected." in ran.err
    assert "nothing was spent" not in ran.err


def test_a_cached_plan_says_that_nobody_was_asked_and_force_asks(
    answered: Answered, advisor: ScriptedAdvisor
) -> None:
    advisor.plan = {**PLAN, "cached": True}

    assert "nobody was asked, nothing was spent. --force" in answered(advisor, "care", "analyze", "basil").err
    answered(advisor, "care", "analyze", "basil", "--force")
    assert advisor.sent("POST", "/analyze") == [{"force": False}, {"force": True}]


def test_without_a_plan_the_way_to_one_is_named(answered: Answered, advisor: ScriptedAdvisor) -> None:
    advisor.plan = None

    shown = answered(advisor, "care", "show", "basil", "--json")
    listed = answered(advisor, "care", "history", "basil", "--json")

    assert (shown.code, shown.out) == (3, "")
    assert "plantops care analyze" in shown.err
    assert (listed.code, listed.out) == (0, "[]\n")
    assert "plantops care analyze basil" in listed.err


@pytest.mark.parametrize("numbers", [("4",), ("1", "9")])
def test_a_number_that_is_not_there_changes_nothing(
    answered: Answered, advisor: ScriptedAdvisor, numbers: tuple[str, ...]
) -> None:
    ran = answered(advisor, "care", "accept", "basil", *numbers)

    assert ran.code == 2
    assert "It has 1 to 3" in ran.err
    assert advisor.sent("POST", "/care-plans/") == []


def test_numbers_run_through_actions_and_then_limits(answered: Answered, advisor: ScriptedAdvisor) -> None:
    answered(advisor, "care", "accept", "basil", "2", "3")

    asked = [path for verb, path, _ in advisor.requests if verb == "POST"]
    assert asked == [
        "/api/care-plans/7/actions/1/decision",
        "/api/care-plans/7/threshold-proposals/0/decision",
    ]


def test_what_was_decided_before_is_not_done_twice(answered: Answered, advisor: ScriptedAdvisor) -> None:
    answered(advisor, "care", "accept", "basil", "1")
    again = answered(advisor, "care", "accept", "basil", "1")

    assert again.code == 0
    assert "Number 1 was accepted before" in again.err
    assert len(advisor.sent("POST", "/decision")) == 1


def test_a_plan_of_another_number_is_found_or_not(answered: Answered, advisor: ScriptedAdvisor) -> None:
    assert answered(advisor, "care", "show", "basil", "--plan", "7").code == 0
    missing = answered(advisor, "care", "show", "basil", "--plan", "99")
    assert missing.code == 3
    assert "no care plan 99" in missing.err


def test_no_such_plant_is_exit_3_whatever_is_asked(answered: Answered, advisor: ScriptedAdvisor) -> None:
    for argv in (("show",), ("analyze",), ("history",), ("preview",)):
        assert answered(advisor, "care", *argv, "rose").code == 3


def test_ctrl_c_closes_the_stream_and_says_that_the_call_is_stopped(
    environ: dict[str, str], advisor: ScriptedAdvisor
) -> None:
    closed: list[bool] = []

    class Hanging(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b'event: progress\ndata: {"stage": "asking"}\n\n'
            await asyncio.sleep(0)
            raise KeyboardInterrupt

        async def aclose(self) -> None:
            closed.append(True)

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/analyze"):
            return httpx2.Response(200, stream=Hanging(), headers={"content-type": "text/event-stream"})
        return advisor(request)

    ran = run_cli(("care", "analyze", "basil"), environ, httpx2.MockTransport(answer))

    assert ran.code == 130
    assert ran.out == ""
    assert closed


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_hostile_plans_are_plain_text(
    answered: Answered, advisor: ScriptedAdvisor, words: str, form: str
) -> None:
    advisor.plan = hostile(PLAN, words)
    advisor.plant["name"] = words
    advisor.preview = hostile(advisor.preview, words)
    for verb in (("show",), ("analyze",), ("history",), ("preview",), ("accept",), ("feedback",)):
        more = {"accept": ("1", "3"), "feedback": ("helped",)}.get(verb[0], ())
        ran = answered(advisor, "care", *verb, "plt_a", *more, "-o", form)
        assert ran.code == 0, (verb, ran.err)
        assert FORBIDDEN.search(ran.out + ran.err) is None, verb


def hostile(value: Any, words: str, key: str = "") -> Any:
    """Every free text of an answer replaced."""
    kept = {"id", "plant_id", "generated_at", "source", "kind", "confidence", "metric", "decision", "stage"}
    if isinstance(value, dict):
        return {name: hostile(item, words, name) for name, item in value.items()}
    if isinstance(value, list):
        return [hostile(item, words, key) for item in value]
    return words if isinstance(value, str) and key not in kept else value
