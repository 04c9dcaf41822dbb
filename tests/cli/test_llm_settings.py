"""plantops settings llm: the choice, the caps, and a key that no argument, output or error ever holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from tests.cli.scripted_advisor import MODELS, ScriptedAdvisor
from tests.cli.test_hostile_strings import FORBIDDEN, HOSTILE

Answered = Callable[..., Ran]
Contract = Callable[..., None]
KEY = "sk-canary-canary-1234"
SET = ("settings", "llm", "set")
HAIKU = ("--provider", "anthropic", "--model", "claude-haiku-5-5")


@pytest.fixture
def advisor() -> ScriptedAdvisor:
    return ScriptedAdvisor()


def test_the_whole_life_of_a_choice(answered: Answered, advisor: ScriptedAdvisor, contract: Contract) -> None:
    contract(
        nothing=answered(advisor, "settings", "llm", "show"),
        set=answered(advisor, *SET, *HAIKU, "--daily-cap", "0.50", "--key-stdin", stdin=f"{KEY}\n"),
        cap=answered(advisor, *SET, "--daily-cap", "none", "--monthly-cap", "$5", "--price", "0.8,4"),
        same=answered(advisor, *SET, "--monthly-cap", "5"),
        test=answered(advisor, "settings", "llm", "test"),
        json=answered(advisor, "settings", "llm", "show", "--json"),
        forget=answered(advisor, "settings", "llm", "forget", "--yes"),
        again=answered(advisor, "settings", "llm", "forget", "--yes"),
    )


def test_the_key_comes_from_stdin_a_file_or_an_unseen_prompt_and_shows_nowhere(
    answered: Answered, advisor: ScriptedAdvisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    monkeypatch.setattr("plantops_cli.prompts.getpass", lambda *_, **__: KEY)

    runs = [
        answered(advisor, *SET, *HAIKU, "--key-stdin", "--debug", stdin=f"{KEY}\n"),
        answered(advisor, *SET, "--key-file", str(tmp_path / "key"), "--json"),
        answered(advisor, *SET, "--ask-key", terminal=True),
    ]

    for ran in runs:
        assert ran.code == 0, ran.err
        assert "canary" not in ran.out + ran.err
    keys = [body for verb, _, body in advisor.requests if verb == "PUT"]
    assert len(keys) == 3
    assert advisor.settings["api_key_masked"] == "sk-…1234"


def test_a_new_vendor_asks_for_its_key_and_nobody_there_is_exit_2(
    answered: Answered, advisor: ScriptedAdvisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = answered(advisor, *SET, *HAIKU)
    assert refused.code == 2
    assert "--key-stdin" in refused.err
    assert advisor.sent("PUT", "/llm") == []

    monkeypatch.setattr("plantops_cli.prompts.getpass", lambda *_, **__: KEY)
    assert answered(advisor, *SET, *HAIKU, terminal=True).code == 0
    assert answered(advisor, *SET, "--daily-cap", "1").code == 0  # the stored key stays, nobody is asked
    assert answered(advisor, *SET, "--provider", "openai", "--model", "gpt-5-mini").code == 2


def test_a_server_of_ones_own_needs_an_address_and_no_key(
    answered: Answered, advisor: ScriptedAdvisor
) -> None:
    own = (*SET, "--provider", "openai-compatible", "--model", "qwen3")

    refused = answered(advisor, *own)
    assert refused.code == 2
    assert "--base-url" in refused.err
    ran = answered(advisor, *own, "--base-url", "http://127.0.0.1:11434/v1", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["base_url"] == "http://127.0.0.1:11434/v1"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ((), "Nothing to change"),
        (("--model", "x"), "Which provider?"),
        (("--provider", "anthropic"), "Known: claude-haiku-5-5."),
        ((*HAIKU, "--daily-cap", "lots"), "no amount"),
        ((*HAIKU, "--daily-cap", "-1"), "no amount"),
        ((*HAIKU, "--price", "3"), "no price"),
        ((*HAIKU, "--key-stdin", "--ask-key"), "in one way"),
        ((*HAIKU, "--key-file", "missing"), "No such file"),
    ],
)
def test_what_does_not_fit_is_said_and_changes_nothing(
    answered: Answered, advisor: ScriptedAdvisor, argv: tuple[str, ...], words: str
) -> None:
    ran = answered(advisor, *SET, *argv, stdin=f"{KEY}\n")

    assert ran.code == 2
    assert words in ran.err
    assert advisor.sent("PUT", "/llm") == []


@pytest.mark.parametrize("typed", ["", "two words canary", "\n"])
def test_what_is_no_key_is_refused_and_not_repeated(
    answered: Answered, advisor: ScriptedAdvisor, typed: str
) -> None:
    ran = answered(advisor, *SET, *HAIKU, "--key-stdin", "--debug", stdin=typed)

    assert ran.code == 2
    assert "canary" not in ran.err


def test_a_failed_test_is_exit_1_with_the_sentence(answered: Answered, advisor: ScriptedAdvisor) -> None:
    advisor.outcome |= {"ok": False, "latency_ms": None, "error": "The key was rejected. Enter it again."}

    ran = answered(advisor, "settings", "llm", "test", "--json")

    assert ran.code == 1
    assert json.loads(ran.out)["ok"] is False
    assert "The key was rejected. Enter it again." in ran.err


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_hostile_settings_are_plain_text(
    answered: Answered, advisor: ScriptedAdvisor, words: str, form: str
) -> None:
    advisor.settings |= {
        "provider": "anthropic", "model": words, "base_url": words, "api_key_masked": words, "key_host": words,
        "prices_as_of": words, "models": [{**MODELS[0], "id": words}],
        "prices": {words: {"input_usd": 1, "output_usd": 5}},
    }  # fmt: skip
    advisor.outcome |= {"ok": False, "model": words, "error": words}
    for argv in (("show",), ("test",), ("forget", "--yes")):
        ran = answered(advisor, "settings", "llm", *argv, "-o", form)
        assert ran.code == (1 if argv == ("test",) else 0), ran.err
        assert FORBIDDEN.search(ran.out + ran.err) is None, argv


def test_forgetting_asks_a_person_by_name(answered: Answered, advisor: ScriptedAdvisor) -> None:
    answered(advisor, *SET, *HAIKU, "--key-stdin", stdin=f"{KEY}\n")

    assert answered(advisor, "settings", "llm", "forget").code == 2
    no = answered(advisor, "settings", "llm", "forget", stdin="n\n", terminal=True)
    assert no.code == 1
    assert "claude-haiku-5-5 of anthropic and its key sk-…1234" in no.err
    assert advisor.settings["model"] == "claude-haiku-5-5"
