"""The setting of the model: its key is sealed, masked and bound to its host; every mistake gets a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from plantops_api.wire import LlmProvider, LlmSettingsBody, Role
from plantops_server.advisor import settings
from plantops_server.store.database import Database
from plantops_server.store.vault import Vault
from tests import fake_vendors as fake
from tests.advisor.greenhouse import KEY, Greenhouse, greenhouse
from tests.fake_vendors import FakeVendors
from tests.running_server import Doors

__all__ = ["greenhouse"]


async def test_the_key_is_sealed_at_rest_and_only_its_mask_is_shown(greenhouse: Greenhouse) -> None:
    shown = await greenhouse.choose()

    assert shown["configured"]
    assert shown["api_key_masked"] == "sk-…abcd"
    assert shown["key_host"] == f"http://127.0.0.1:{greenhouse.vendors.port}"
    assert await greenhouse.answer("GET", "/api/settings/llm") == shown
    (row,) = await greenhouse.rows("SELECT value::text AS text FROM settings WHERE key = 'llm'")
    assert "canary" not in row["text"]
    assert "canary" not in str(shown)


@pytest.mark.parametrize(
    ("key", "mask"),
    [
        ("sk-0123456789abcd", "sk-…abcd"),
        ("0123456789012345wxyz", "…wxyz"),
        ("short", "…"),
        ("SK-0123456789abcd", "…abcd"),
    ],
)
def test_a_mask_shows_the_kind_and_the_end_of_a_long_key_only(key: str, mask: str) -> None:
    assert settings.mask(key) == mask


async def test_a_key_that_is_absent_or_masked_stays(greenhouse: Greenhouse) -> None:
    await greenhouse.choose()

    for sent in (None, "", "sk-…abcd"):
        shown = await greenhouse.choose(model="claude-sonnet-5-5", api_key=sent)
        assert (shown["configured"], shown["api_key_masked"]) == (True, "sk-…abcd")
    await greenhouse.analyze()
    assert greenhouse.vendors.requests[0].key == KEY


async def test_a_key_is_never_sent_to_another_host(greenhouse: Greenhouse, second: FakeVendors) -> None:
    await greenhouse.choose()
    for provider in ("anthropic", "openai", "openai-compatible"):
        shown = await greenhouse.choose(provider, base_url=second.url_for(provider), api_key=None)

        assert shown["configured"] is (provider == "openai-compatible"), "such a server may need no key"
        assert shown["key_host"] == f"http://127.0.0.1:{greenhouse.vendors.port}"
        tested, plan = await greenhouse.test(), await greenhouse.analyze(force=True)
        if provider != "openai-compatible":
            sentence = f"belongs to http://127.0.0.1:{greenhouse.vendors.port} and is never sent to"
            assert sentence in tested["error"]
            assert (plan.source, sentence in str(plan.source_reason)) == ("rules", True)

    assert second.requests, "the compatible one was asked, without a key"
    assert not [request for request in second.requests if request.key or "canary" in str(request)]
    await greenhouse.choose(api_key=None)
    assert (await greenhouse.test())["ok"], "back at its host the key works again"


@pytest.mark.parametrize(
    ("provider", "given", "asked"),
    [("anthropic", "http://h:1/v1", "http://h:1"), ("anthropic", "http://h:1", "http://h:1"),
     ("openai", "http://h:1", "http://h:1/v1"), ("openai-compatible", "http://h:1", "http://h:1/v1"),
     ("openai-compatible", "http://h:1/api/v3", "http://h:1/api/v3"), ("openai", None, "https://api.openai.com/v1")],
)  # fmt: skip
def test_the_path_that_vendors_disagree_about_is_put_right(
    provider: LlmProvider, given: str | None, asked: str
) -> None:
    assert settings.Stored(provider=provider, model="m", base_url=given).url == asked


async def test_the_same_host_with_another_scheme_or_port_is_another_host(db: Database, vault: Vault) -> None:
    for url in (
        "https://llm.example/v1",
        "https://llm.example:8443/v1",
        "http://10.0.0.1/v1",
        "http://10.0.0.1:81/v1",
    ):
        async with db.transaction() as conn:
            body = LlmSettingsBody(provider="openai", model="m", base_url=url, api_key=KEY)
            assert (await settings.replace(conn, body, vault)).configured
            for other in ("https://llm.example/v2", "http://10.0.0.1/other"):
                body = LlmSettingsBody(provider="openai", model="m", base_url=other)
                same = settings.host_of(other) == settings.host_of(url)
                assert (await settings.replace(conn, body, vault)).configured is same


async def test_a_setting_without_a_key_or_a_model_says_so(greenhouse: Greenhouse) -> None:
    assert "No language model is set up" in (await greenhouse.test())["error"]
    assert "No language model is set up" in str((await greenhouse.analyze()).source_reason)
    assert not (await greenhouse.choose(api_key=None))["configured"]
    assert "No key of" in (await greenhouse.test())["error"]
    assert not greenhouse.vendors.requests


async def test_caps_and_prices_stay_until_they_are_given(greenhouse: Greenhouse) -> None:
    await greenhouse.choose(
        daily_cap_usd=0.5, monthly_cap_usd=5, prices={"mine": {"input_usd": 1, "output_usd": 2}}
    )
    shown = await greenhouse.choose(model="mine")
    assert (shown["daily_cap_usd"], shown["monthly_cap_usd"], "mine" in shown["prices"]) == (0.5, 5, True)
    await greenhouse.answer("DELETE", "/api/settings/llm", status=204)
    shown = await greenhouse.answer("GET", "/api/settings/llm")
    assert (shown["provider"], shown["api_key_masked"], shown["daily_cap_usd"]) == (None, None, 0.5)
    shown = await greenhouse.choose(daily_cap_usd=None, prices={})
    assert (shown["daily_cap_usd"], shown["monthly_cap_usd"], shown["prices"]) == (None, 5, {})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"provider": "openai-compatible", "base_url": None}, "needs the address of its server"),
    ({"base_url": "ftp://example.com"}, "no address of a server"),
    ({"base_url": "http://0251.0376.0251.0376/v1"}, "no address of a server"),
    ({"base_url": "http://user:pw@127.0.0.1/v1"}, "leave out user name"),
    ({"base_url": "http://127.0.0.1/v1?key=canary"}, "leave out user name"),
    ({"base_url": "http://169.254.169.254/v1"}, "link-local or metadata"),
    ({"provider": "openai-compatible", "base_url": "http://[fe80::1]:11434/v1"}, "link-local or metadata"),
    ({"provider": "openai-compatible", "base_url": "http://2852039166/v1"}, "link-local or metadata"),
    ({"base_url": "http://93.184.216.34"}, "Write https"),
    ({"api_key": "canary with blanks"}, "Copy it again"),
    ({"api_key": "canary-ключ-0123456789"}, "Copy it again"),
    ({"model": "a\nb"}, "no name of a model"),
    ({"provider": "gemini"}, "provider"),
    ({"daily_cap_usd": -1}, "daily_cap_usd"),
]


async def test_what_cannot_be_is_refused_and_changes_nothing(greenhouse: Greenhouse) -> None:
    before = await greenhouse.choose()
    for wrong, words in WRONG:
        body = {
            "provider": "anthropic",
            "model": "m",
            "base_url": greenhouse.vendors.url_for("anthropic"),
            **wrong,
        }

        problem = await greenhouse.answer("PUT", "/api/settings/llm", body, status=422)

        assert words in problem["detail"], wrong
        assert "canary" not in str(problem)
        assert await greenhouse.answer("GET", "/api/settings/llm") == before


OUTCOMES = [
    (fake.OK, None),
    (fake.UNAUTHORIZED, "rejects the key"),
    (fake.NO_CREDIT, "no credit"),
    (fake.too_many("120"), "asks to wait 120 s"),
    (fake.HTML, "does not answer as a server of"),
]


async def test_the_test_tells_what_really_came_back(greenhouse: Greenhouse) -> None:
    await greenhouse.choose()
    for asked, (outcome, words) in enumerate(OUTCOMES, 1):
        greenhouse.vendors.script(outcome)

        told = await greenhouse.test()

        assert told["ok"] is (words is None)
        assert (words or "") in (told["error"] or "")
        assert (told["latency_ms"] is not None) is (words is None)
        assert len(greenhouse.vendors.requests) == asked


async def test_another_master_key_is_a_sentence_and_no_garbage(greenhouse: Greenhouse, doors: Doors) -> None:
    await greenhouse.choose()
    path = doors.house.settings.data_dir / "another.key"
    means = doors.house.advisor._means
    object.__setattr__(means, "vault", Vault.from_key_file(path))

    assert f"cannot be opened with the key in {path}" in (await greenhouse.test())["error"]
    plan = await greenhouse.analyze()
    assert (plan.source, "cannot be opened" in str(plan.source_reason)) == ("rules", True)
    assert not greenhouse.vendors.requests


async def test_who_may_see_and_set_it(doors: Doors) -> None:
    roles: list[tuple[Role, int, int]] = [("viewer", 403, 403), ("operator", 200, 403), ("admin", 200, 422)]
    for role, get, put in roles:
        client = await doors.client(role)
        assert (await client.get("/api/settings/llm")).status_code == get
        assert (await client.put("/api/settings/llm", json={"provider": "openai"})).status_code == put


@pytest.fixture
def vault(doors: Doors) -> Vault:
    return doors.house.vault


@pytest.fixture
def second() -> Any:
    other = FakeVendors()
    other.start()
    yield other
    other.stop()
