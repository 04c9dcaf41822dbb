"""Apprise: where its URLs may lead."""

from __future__ import annotations

import pytest

from plantops_server.notify import apprise_urls
from plantops_server.reach import is_metadata
from tests.notify.fake_discord import REDIRECT, FakeDiscord

pytestmark = pytest.mark.filterwarnings("ignore:.imghdr. is deprecated")  # Apprise's own import


@pytest.mark.parametrize(
    "url",
    [
        "json://169.254.169.254/latest/meta-data",
        "json://2852039166/",
        "json://0xA9FEA9FE/",
        "json://[fe80::1]/",
        "json://[::ffff:169.254.169.254]/",
        "json://100.100.100.200/",
        "mailto://user:pass@example.com?smtp=169.254.169.254",
    ],
)
async def test_metadata_services_and_link_local_addresses_are_refused(url: str) -> None:
    assert await apprise_urls.problem_with(url) == apprise_urls.FORBIDDEN
    answer = await apprise_urls.send(url, "title", "body")
    assert (answer.outcome, answer.reason) == ("refused", apprise_urls.FORBIDDEN)


@pytest.mark.parametrize("url", ["ntfy://127.0.0.1:1/plants", "json://192.168.1.5/hook", "ntfys://my-plants"])
async def test_the_local_network_and_plain_topics_are_allowed(url: str) -> None:
    assert await apprise_urls.problem_with(url) is None


async def test_a_redirect_is_not_followed(fake_discord: FakeDiscord) -> None:
    fake_discord.script(REDIRECT)
    url = fake_discord.url.replace("http://", "json://") + "?redirect=yes"
    assert (await apprise_urls.send(url, "title", "body")).outcome == "later"
    assert len(fake_discord.requests) == 1


@pytest.mark.parametrize(
    "address", ["fd00:ec2::254", "::ffff:169.254.169.254", "2002:a9fe:a9fe::1", "nonsense"]
)
def test_addresses_that_lead_to_metadata_however_they_are_wrapped(address: str) -> None:
    assert is_metadata(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.5", "93.184.216.34", "fd12::1"])
def test_addresses_that_do_not(address: str) -> None:
    assert not is_metadata(address)
