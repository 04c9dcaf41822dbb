"""Forwarded addresses and schemes count from trusted proxies alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.running_server import Running, serving, settings_for

if TYPE_CHECKING:
    from tests.conftest import Broker

BODY = {"username": "ada", "password": "long enough 1"}


def cookie_over(running: Running, headers: dict[str, str]) -> str:
    with httpx2.Client(base_url=running.url) as client:
        admin = {"Authorization": f"Bearer {running.admin_token}"}
        client.post("/api/users", json=BODY, headers=admin)
        return client.post("/api/auth/login", json=BODY, headers=headers).headers["set-cookie"]


@pytest.mark.parametrize(("trusted", "secure"), [("127.0.0.1", True), ("10.0.0.1", False), ("", False)])
def test_https_in_front_is_believed_from_a_trusted_proxy_only(
    database_url: str, mosquitto: Broker, tmp_path: Path, trusted: str, secure: bool
) -> None:
    settings = settings_for(database_url, mosquitto, tmp_path / "data", trusted_proxies=trusted)
    with serving(settings, mosquitto) as running:
        cookie = cookie_over(running, {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"})
    assert cookie.startswith("__Host-") == secure
    assert ("secure" in cookie.lower()) == secure


def test_guesses_from_behind_a_proxy_slow_down_their_own_address_only(
    database_url: str, mosquitto: Broker, tmp_path: Path
) -> None:
    settings = settings_for(database_url, mosquitto, tmp_path / "data", trusted_proxies="127.0.0.1")
    with serving(settings, mosquitto) as running, httpx2.Client(base_url=running.url) as client:

        def guess(address: str, number: int) -> int:
            body = {"username": f"user{number}", "password": "wrong"}
            return client.post("/api/auth/login", json=body, headers={"X-Forwarded-For": address}).status_code

        answers = [guess("203.0.113.7", number) for number in range(8)]
        assert answers[0] == 401
        assert answers[-1] == 429
        assert guess("198.51.100.9", 9) == 401
