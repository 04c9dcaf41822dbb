"""Every provider through its real SDK against a server that speaks its protocol: each failure has its own sentence."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import get_args

import pytest

from plantops_api.wire import LlmProvider
from plantops_server.advisor import answer
from plantops_server.advisor.failures import CannotAsk
from plantops_server.advisor.providers import Ask, Provider, opened
from plantops_server.advisor.settings import Target, host_of
from plantops_server.reach import resolve_host
from tests import fake_vendors as fake
from tests.fake_vendors import FakeVendors, Outcome

KEY = "sk-ant-canary-0123456789abcd"
MODELS: dict[LlmProvider, str] = {
    "anthropic": "claude-haiku-5-5", "openai": "gpt-6-luna", "openai-compatible": "llama3.2",
}  # fmt: skip
ASK = Ask("Be brief.", [("user", "<facts>\nsoil_moisture.now: 21.4 %\n</facts>")], answer.SCHEMA, 6000)

providers = pytest.mark.parametrize("provider", get_args(LlmProvider))


def target(provider: LlmProvider, url: str, *, key: str | None = KEY, model: str | None = None) -> Target:
    return Target(provider, model or MODELS[provider], url, host_of(url), trusted=False, key=key)


@asynccontextmanager
async def asking(
    provider: LlmProvider, vendors: FakeVendors, *, timeout_s: float = 5.0, key: str | None = KEY
) -> AsyncIterator[Provider]:
    async with opened(target(provider, vendors.url_for(provider), key=key), timeout_s) as one:
        yield one


async def failure_of(provider: LlmProvider, vendors: FakeVendors, timeout_s: float = 5.0) -> CannotAsk:
    async with asking(provider, vendors, timeout_s=timeout_s) as one:
        with pytest.raises(CannotAsk) as caught:
            await one.write(ASK)
    assert KEY not in str(caught.value)
    return caught.value


@providers
async def test_an_answer_comes_with_what_it_took(provider: LlmProvider, fake_vendors: FakeVendors) -> None:
    async with asking(provider, fake_vendors) as one:
        reply = await one.write(ASK)

    assert answer.read(reply.text).diagnosis[0].claim == "The soil moisture is 21.4 %."
    assert reply.tokens == fake.USAGE
    (request,) = fake_vendors.requests
    assert request.key == KEY
    assert request.body["model"] == MODELS[provider]
    assert '"additionalProperties": false' in request.prompt, "the schema is enforced by the vendor"
    assert "tools" not in request.body


FAILURES: list[tuple[str, Outcome, str, str, int]] = [
    ("key", fake.UNAUTHORIZED, "key_rejected", "rejects the key", 1),
    ("credit", fake.NO_CREDIT, "no_credit", "no credit left", 1),
    ("quota", fake.QUOTA, "no_credit", "no credit left", 1),
    ("permission", fake.FORBIDDEN, "not_permitted", "does not let this key use", 1),
    ("model", fake.UNKNOWN_MODEL, "unknown_model", "knows no model", 1),
    ("size", fake.TOO_LARGE, "too_large", "too long for", 1),
    ("limit", fake.too_many("3600"), "rate_limited", "asks to wait 3600 s", 1),
    ("fault", fake.SERVER_ERROR, "vendor_failed", "failed on its own side (500)", 2),
    ("load", fake.OVERLOADED, "overloaded", "overloaded (529)", 2),
    ("refusal", fake.REFUSED, "refusal", "declined", 1),
    ("cut off", fake.TRUNCATED, "truncated", "cut off", 1),
    ("html", fake.HTML, "not_its_api", "does not answer as a server of", 1),
    ("redirect", fake.REDIRECT, "redirected", "redirect (302), which is not followed", 1),
    ("broken", fake.BROKEN, "connection_lost", "broke before the answer was complete", 2),
]


@providers
@pytest.mark.parametrize(
    ("name", "outcome", "kind", "words", "asked"), FAILURES, ids=[f[0] for f in FAILURES]
)
async def test_each_failure_has_its_own_sentence(
    provider: LlmProvider, fake_vendors: FakeVendors, monkeypatch: pytest.MonkeyPatch,
    name: str, outcome: Outcome, kind: str, words: str, asked: int,
) -> None:  # fmt: skip
    monkeypatch.setattr("plantops_server.advisor.providers.asking._PAUSE_S", 0.0)
    fake_vendors.script(outcome, outcome)

    failure = await failure_of(provider, fake_vendors)

    assert failure.kind == kind
    assert words in str(failure)
    assert len(fake_vendors.requests) == asked, "what a second try cannot mend is asked once"


def test_no_two_kinds_share_a_sentence() -> None:
    assert len({words for _, _, _, words, _ in FAILURES}) == len({kind for _, _, kind, _, _ in FAILURES})


@providers
async def test_a_short_retry_after_is_waited_for(provider: LlmProvider, fake_vendors: FakeVendors) -> None:
    fake_vendors.script(fake.too_many("0.3"))
    begun = monotonic()

    async with asking(provider, fake_vendors) as one:
        await one.write(ASK)

    assert 0.3 <= monotonic() - begun < 3
    assert [request.status for request in fake_vendors.requests] == [429, 200]


@providers
async def test_a_timeout_is_one_and_is_not_tried_again(
    provider: LlmProvider, fake_vendors: FakeVendors
) -> None:
    fake_vendors.script(fake.hang(5))

    failure = await failure_of(provider, fake_vendors, timeout_s=0.2)

    assert failure.kind == "timeout"
    assert "did not answer within 0.2 s" in str(failure)
    assert [request.client_left for request in fake_vendors.wait_for(1)] == [True]


@providers
async def test_a_cancelled_call_leaves_the_vendor(provider: LlmProvider, fake_vendors: FakeVendors) -> None:
    fake_vendors.script(fake.hang(5))

    async with asking(provider, fake_vendors) as one:
        task = asyncio.create_task(one.write(ASK))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert [request.client_left for request in await asyncio.to_thread(fake_vendors.wait_for, 1)] == [True]


@providers
async def test_nobody_listens(provider: LlmProvider, free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(target(provider, f"http://127.0.0.1:{free_port}"), 2) as one:
        with pytest.raises(CannotAsk, match="Nothing answers at") as caught:
            await one.write(ASK)

    assert caught.value.kind == "unreachable"


@providers
async def test_a_name_without_an_address(provider: LlmProvider) -> None:
    async def nothing(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    async with opened(target(provider, "https://garden.invalid"), 2, nothing) as one:
        with pytest.raises(CannotAsk, match="has no address") as caught:
            await one.write(ASK)

    assert caught.value.kind == "unknown_host"


@providers
async def test_a_server_without_tls_is_no_https(provider: LlmProvider, fake_vendors: FakeVendors) -> None:
    url = f"https://127.0.0.1:{fake_vendors.port}"

    async with opened(target(provider, url), 2) as one:
        with pytest.raises(CannotAsk, match="does not speak TLS") as caught:
            await one.write(ASK)

    assert caught.value.kind == "tls"
    assert ssl.OPENSSL_VERSION


@providers
async def test_the_check_is_one_cheap_authenticated_call(
    provider: LlmProvider, fake_vendors: FakeVendors
) -> None:
    async with asking(provider, fake_vendors) as one:
        await one.check()

    (request,) = fake_vendors.requests
    assert (request.method, request.key) == ("GET", KEY)
    assert request.path.startswith("/v1/models")


@providers
async def test_the_check_knows_a_model_that_is_not_there(
    provider: LlmProvider, fake_vendors: FakeVendors
) -> None:
    fake_vendors.models = ("something-else",)

    async with asking(provider, fake_vendors) as one:
        with pytest.raises(CannotAsk, match="It has something-else") as caught:
            await one.check()

    assert caught.value.kind == "unknown_model"


@providers
async def test_a_server_without_a_list_of_models_is_checked_by_one_word(
    provider: LlmProvider, fake_vendors: FakeVendors
) -> None:
    fake_vendors.models = None

    async with asking(provider, fake_vendors) as one:
        await one.check()

    body = fake_vendors.questions[0].body
    assert (body.get("max_tokens") or body["max_output_tokens"]) == 16


async def test_a_model_that_is_known_by_another_name_is_there(fake_vendors: FakeVendors) -> None:
    fake_vendors.models, fake_vendors.aliases = ("claude-haiku-5-5-20261007",), ("claude-haiku-5-5",)

    async with asking("anthropic", fake_vendors) as one:
        await one.check()

    assert [request.path.partition("?")[0] for request in fake_vendors.requests] == [
        "/v1/models", "/v1/models/claude-haiku-5-5",
    ]  # fmt: skip


@pytest.mark.parametrize("packed", [True, False])
async def test_an_endless_or_packed_answer_is_not_taken_in(fake_vendors: FakeVendors, packed: bool) -> None:
    body = b"x" * 100 if packed else b" " * 5_000_000
    outcome = Outcome(raw=body, headers={"Content-Encoding": "gzip"} if packed else {})
    fake_vendors.script(outcome, outcome)

    failure = await failure_of("openai-compatible", fake_vendors)

    assert failure.kind == "connection_lost"


async def test_a_local_server_is_asked_without_a_key_and_none_is_sent(fake_vendors: FakeVendors) -> None:
    async with asking("openai-compatible", fake_vendors, key=None) as one:
        await one.write(ASK)

    assert "authorization" not in fake_vendors.requests[0].headers


async def test_a_server_that_knows_no_schemas_is_told_in_words(fake_vendors: FakeVendors) -> None:
    fake_vendors.knows_schemas = False

    async with asking("openai-compatible", fake_vendors) as one:
        reply = await one.write(ASK)

    assert answer.read(reply.text).summary
    assert [request.status for request in fake_vendors.requests] == [400, 400, 200]
    last = fake_vendors.requests[-1].body
    assert "response_format" not in last
    assert "JSON schema" in last["messages"][0]["content"]


async def test_a_server_that_calls_the_limit_otherwise_is_asked_so(fake_vendors: FakeVendors) -> None:
    fake_vendors.knows_max_tokens = False

    async with asking("openai-compatible", fake_vendors) as one:
        await one.write(ASK)

    assert [request.status for request in fake_vendors.requests] == [400, 200]
    assert fake_vendors.requests[-1].body["max_completion_tokens"] == ASK.most_tokens


@pytest.mark.parametrize(
    ("provider", "option"), [("anthropic", "output_config.effort"), ("openai", "reasoning.effort")]
)
async def test_a_model_that_knows_no_effort_is_asked_without(
    fake_vendors: FakeVendors, provider: LlmProvider, option: str
) -> None:
    fake_vendors.script(Outcome(400, error=f"Unsupported parameter: {option}"))

    async with asking(provider, fake_vendors) as one:
        await one.write(ASK)

    first, second = fake_vendors.requests
    assert "effort" in first.prompt
    assert "effort" not in second.prompt
    assert '"additionalProperties": false' in second.prompt


async def test_keys_of_the_servers_environment_are_never_sent(
    fake_vendors: FakeVendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "OPENAI_API_KEY",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
    ):
        monkeypatch.setenv(name, "canary-of-the-environment")
    for provider in get_args(LlmProvider):
        async with asking(provider, fake_vendors) as one:
            await one.write(ASK)
    async with asking("openai-compatible", fake_vendors, key=None) as one:
        await one.write(ASK)

    assert not [r for r in fake_vendors.requests if "canary-of-the-environment" in str(r.headers)]


ADDRESSES = [
    ("http", "169.254.169.254"), ("https", "169.254.1.1"), ("http", "fe80::1"), ("http", "::ffff:169.254.169.254"),
    ("http", "fd00:ec2::254"), ("http", "100.100.100.200"), ("http", "0.0.0.0"), ("http", "::"),  # noqa: S104
    ("http", "224.0.0.1"), ("http", "2852039166"), ("http", "0xa9fea9fe"),
]  # fmt: skip


@pytest.mark.parametrize(("scheme", "host"), ADDRESSES)
async def test_link_local_and_metadata_addresses_are_never_asked(scheme: str, host: str) -> None:
    url = f"{scheme}://[{host}]/v1" if ":" in host else f"{scheme}://{host}/v1"

    async with opened(target("openai-compatible", url), 2) as one:
        with pytest.raises(CannotAsk, match="never connects to") as caught:
            await one.write(ASK)

    assert caught.value.kind == "forbidden_address"


async def test_a_name_that_leads_to_a_metadata_address_is_found_out_at_every_call() -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.1", "169.254.169.254"]])

    async def rebinding(host: str, port: int) -> list[str]:
        return next(answers)

    async with opened(target("openai-compatible", "http://ollama.test:9/v1"), 2, rebinding) as one:
        for kind in ("unreachable", "forbidden_address"):
            with pytest.raises(CannotAsk) as caught:
                await one.write(ASK)
            assert caught.value.kind == kind


async def test_plain_http_leads_to_no_public_address() -> None:
    async def public(host: str, port: int) -> list[str]:
        return ["93.184.216.34"]

    async with opened(target("openai", "http://api.example.com/v1"), 2, public) as one:
        with pytest.raises(CannotAsk, match="Write https") as caught:
            await one.write(ASK)

    assert caught.value.kind == "forbidden_address"


async def test_what_was_checked_is_what_is_connected_to(fake_vendors: FakeVendors) -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["::1", "127.0.0.1"]  # nobody listens on the first

    url = f"http://ollama.test:{fake_vendors.port}/v1"
    async with opened(target("openai-compatible", url), 5, resolve) as one:
        await one.write(ASK)

    assert asked == ["ollama.test"]
    assert fake_vendors.requests[0].headers["host"] == f"ollama.test:{fake_vendors.port}"
    assert await resolve_host("127.0.0.1", 80) == ["127.0.0.1"]
