"""The key of the language model is in no output of the server, whatever a vendor does; leaving stops the call."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from time import sleep
from typing import Any

import httpx2
import psycopg
import pytest
import structlog
from psycopg import sql

from plantops_server import logs
from plantops_server.advisor.settings import Key, Stored, Target
from tests import fake_vendors as fake
from tests.fake_vendors import FakeVendors
from tests.running_server import Running

CANARY = "sk-ant-canary7Xq2Zb9LmN4vT8"
BARE = "canary7Xq2"


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """Everything that is logged, at DEBUG."""
    out = io.StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    logs.configure("console", "DEBUG", out)
    yield out
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


def everything_stored(dsn: str) -> str:
    """All rows of all tables as text, as a dump would hold them."""
    with psycopg.connect(dsn) as conn:
        tables = conn.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        names = [sql.Identifier(name) for (name,) in tables.fetchall()]
        return str(
            [conn.execute(sql.SQL("SELECT t::text FROM {} AS t").format(name)).fetchall() for name in names]
        )


def test_the_key_is_in_no_log_answer_metric_or_dump(
    log_lines: io.StringIO, server: Running, fake_vendors: FakeVendors
) -> None:
    with httpx2.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {server.admin_token}"}, timeout=20
    ) as http:
        plant = http.post("/api/plants", json={"name": "Fern"}).json()["id"]
        shown = []
        for provider in ("anthropic", "openai", "openai-compatible"):
            body: dict[str, Any] = {
                "provider": provider, "model": "m", "api_key": CANARY, "base_url": fake_vendors.url_for(provider),
            }  # fmt: skip
            shown.append(http.put("/api/settings/llm", json=body))
            shown.append(http.put("/api/settings/llm", json={**body, "base_url": f"http://{CANARY}@x"}))
            shown.append(http.put("/api/settings/llm", json={**body, "api_key": f"{CANARY} {CANARY}"}))
            for outcome in (fake.OK, fake.UNAUTHORIZED, fake.BAD_REQUEST, fake.HTML, fake.too_many("99")):
                fake_vendors.script(outcome, outcome, outcome)
                shown.append(http.post("/api/settings/llm/test"))
                shown.append(http.post(f"/api/plants/{plant}/analyze", json={"force": True}))
                fake_vendors._script.clear()
        looks = (
            "settings/llm",
            f"plants/{plant}/care-plans",
            f"plants/{plant}/advisor-preview",
            "openapi.json",
        )
        shown += [http.get(f"/api/{path}") for path in looks]
        shown.append(http.get("/metrics"))

    assert {request.key for request in fake_vendors.requests} == {CANARY}, "it was really used"
    assert not [answer.url for answer in shown if BARE in answer.text]
    assert "no plan of the model" in log_lines.getvalue()
    assert BARE not in log_lines.getvalue()
    assert BARE not in everything_stored(server.settings.database_url.get_secret_value())
    assert "plantops_llm_calls_total" in shown[-1].text


def test_no_repr_shows_the_key() -> None:
    key = Key(sealed=f"sealed:v1:{CANARY}", masked="sk-…", host="h")
    target = Target("openai", "m", "u", "h", trusted=False, key=CANARY)
    assert BARE not in repr([key, target, Stored(key=key)])


def test_a_client_that_goes_stops_the_call_however_it_asked(
    server: Running, fake_vendors: FakeVendors
) -> None:
    with httpx2.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {server.admin_token}"}
    ) as http:
        plant = http.post("/api/plants", json={"name": "Fern"}).json()["id"]
        body = {
            "provider": "openai",
            "model": "m",
            "api_key": CANARY,
            "base_url": fake_vendors.url_for("openai"),
        }
        http.put("/api/settings/llm", json=body).raise_for_status()
        for number, accept in enumerate(("application/json", "text/event-stream"), 1):
            fake_vendors.script(fake.hang(20))
            with (
                pytest.raises(httpx2.ReadTimeout),
                httpx2.stream(
                    "POST", f"{server.url}/api/plants/{plant}/analyze", json={}, timeout=1.5,
                    headers={**http.headers, "Accept": accept},
                ) as answer,
            ):  # fmt: skip
                for _ in answer.iter_bytes():
                    pass
            assert [request.client_left for request in fake_vendors.wait_for(number)] == [True] * number
        sleep(0.1)
        assert http.get(f"/api/plants/{plant}/care-plan").status_code == 404, "nothing of it was kept"
