"""The webhook client against a local server that answers as Discord does, and against addresses it must not reach."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest

from plantops_server.notify.answer import Answer
from plantops_server.notify.webhook import Webhook
from plantops_server.reach import is_public
from tests.notify import fake_discord as discord
from tests.notify.fake_discord import FakeDiscord, Reply

BODY: dict[str, Any] = {"username": "PlantOps", "embeds": [{"title": "x"}], "allowed_mentions": {"parse": []}}


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def webhook(http: httpx2.AsyncClient, fake_discord: FakeDiscord) -> Webhook:
    return Webhook(http, fake_discord.url, [fake_discord.host], timeout_s=1)


async def test_a_message_is_posted_with_wait_and_its_id_comes_back(
    webhook: Webhook, fake_discord: FakeDiscord
) -> None:
    answer = await webhook.post(BODY)
    (request,) = fake_discord.requests
    assert request.query == {"wait": ["true"]}
    assert (answer.outcome, answer.status) == ("sent", 200)
    assert answer.external_id in fake_discord.messages


async def test_an_edit_changes_the_same_message(webhook: Webhook, fake_discord: FakeDiscord) -> None:
    message_id = (await webhook.post(BODY)).external_id
    assert message_id is not None
    answer = await webhook.edit(message_id, BODY | {"embeds": [{"title": "y"}]})
    assert answer.outcome == "sent"
    assert fake_discord.messages[message_id]["embeds"] == [{"title": "y"}]
    assert "username" not in fake_discord.requests[-1].body


@pytest.mark.parametrize(
    ("reply", "outcome", "status"),
    [
        (discord.NO_CONTENT, "sent", 204),
        (discord.UNAUTHORIZED, "refused", 401),
        (discord.FORBIDDEN, "refused", 403),
        (discord.NOT_FOUND, "refused", 404),
        (discord.BAD_REQUEST, "invalid", 400),
        (discord.SERVER_ERROR, "later", 500),
        (Reply(502, "not json"), "later", 502),
        (discord.REDIRECT, "refused", 302),
        (Reply(200, {"id": "../../evil"}), "sent", 200),
    ],
)
async def test_each_answer_has_its_meaning(
    webhook: Webhook, fake_discord: FakeDiscord, reply: Reply, outcome: str, status: int
) -> None:
    fake_discord.script(reply)
    answer = await webhook.post(BODY)
    assert (answer.outcome, answer.status) == (outcome, status)
    assert answer.external_id is None
    assert len(fake_discord.requests) == 1


async def test_a_deleted_message_is_told_from_a_deleted_webhook(
    webhook: Webhook, fake_discord: FakeDiscord
) -> None:
    assert (await webhook.edit("404", BODY)).outcome == "gone"
    fake_discord.script(discord.NOT_FOUND)
    assert (await webhook.edit("404", BODY)).outcome == "refused"


@pytest.mark.parametrize(
    ("reply", "wait_s", "everywhere"),
    [
        (discord.too_many(0.35, header=False), 0.35, False),
        (discord.too_many(7.5), 8.0, False),
        (discord.too_many(64.57, everywhere=True), 65.0, True),
        (Reply(429, "<html>banned by the proxy</html>", {"Retry-After": "120"}), 120.0, False),
        (Reply(429, {"retry_after": "soon"}), 5.0, False),
        (Reply(429, {"retry_after": 1e300}), 3600.0, False),
        (Reply(200, None, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "1.5"}), 1.5, False),
        (Reply(200, None, {"X-RateLimit-Remaining": "4", "X-RateLimit-Reset-After": "1.5"}), None, False),
    ],
)
async def test_waits_are_what_the_service_says(
    webhook: Webhook, fake_discord: FakeDiscord, reply: Reply, wait_s: float | None, everywhere: bool
) -> None:
    fake_discord.script(reply)
    answer = await webhook.post(BODY)
    assert (answer.wait_s, answer.everywhere) == (wait_s, everywhere)


async def test_a_server_that_hangs_costs_the_timeout_and_no_more(
    webhook: Webhook, fake_discord: FakeDiscord
) -> None:
    fake_discord.script(discord.hang(30))
    answer = await webhook.post(BODY)
    assert answer == Answer("later", "Discord did not answer within 1 s.")


async def test_a_server_that_is_not_there_is_tried_again_later(
    http: httpx2.AsyncClient, free_port: int
) -> None:
    url = f"http://127.0.0.1:{free_port}/api/webhooks/1/{discord.TOKEN}"
    answer = await Webhook(http, url, ["127.0.0.1"]).post(BODY)
    assert answer.outcome == "later"
    assert discord.TOKEN not in answer.reason


async def test_no_answer_and_no_log_line_holds_the_token(
    webhook: Webhook, fake_discord: FakeDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "plantops_server")
    for reply in (
        discord.SERVER_ERROR,
        discord.NOT_FOUND,
        discord.BAD_REQUEST,
        discord.REDIRECT,
        discord.hang(2),
    ):
        fake_discord.script(reply)
        answer = await webhook.post(BODY)
        assert discord.TOKEN not in repr(answer)
    assert discord.TOKEN not in "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("plantops")
    )
    assert discord.TOKEN not in repr(webhook)


def resolving_to(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    async def resolve(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return resolve


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "100.64.0.1", "0.0.0.0", "fd00::1", "fe80::1", "fe80::1%eth0", "64:ff9b::a00:1", "2002:7f00:1::", "224.0.0.1",  # noqa: S104
        "255.255.255.255", "not an address",
    ],
)  # fmt: skip
async def test_a_name_that_points_to_a_private_address_is_never_connected_to(address: str) -> None:
    called = []

    def network(request: httpx2.Request) -> httpx2.Response:
        called.append(request)
        return httpx2.Response(204)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(network)) as http:
        hook = Webhook(
            http, "https://discord.com/api/webhooks/1/t", resolve=resolving_to("162.159.128.233", address)
        )
        answer = await hook.post(BODY)
    assert (answer.outcome, called) == ("refused", [])


@pytest.mark.parametrize(
    ("address", "netloc"),
    [("162.159.128.233", "162.159.128.233"), ("2606:4700::6810:84e5", "[2606:4700::6810:84e5]")],
)
async def test_the_connection_goes_to_the_address_that_was_checked_under_the_right_name(
    address: str, netloc: str
) -> None:
    seen: list[httpx2.Request] = []

    def network(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(204)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(network)) as http:
        hook = Webhook(
            http, "https://discord.com/api/webhooks/1/t?thread_id=5", resolve=resolving_to(address)
        )
        assert (await hook.post(BODY)).outcome == "sent"
    (request,) = seen
    assert str(request.url) == f"https://{netloc}/api/webhooks/1/t?wait=true&thread_id=5"
    assert request.headers["host"] == "discord.com"
    assert request.extensions["sni_hostname"] == "discord.com"


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)
