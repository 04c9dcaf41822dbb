"""``plantops web link``: alone on stdout, so that ``$(...)`` and ``xdg-open`` take it."""

from __future__ import annotations

import json

from tests.cli.conftest import Garden


async def test_a_link_stands_alone_on_stdout_and_for_whom_on_stderr(garden: Garden) -> None:
    ran = await garden("web", "link")
    assert ran.code == 0, ran.err
    assert ran.out.count("\n") == 1
    assert "/login?link=" in ran.out
    secret = ran.out.strip().partition("link=")[2]
    assert len(secret) >= 43
    assert secret not in ran.err
    assert "once" in ran.err


async def test_scripts_get_it_with_its_end(garden: Garden) -> None:
    ran = await garden("web", "link", "--json")
    assert {"url", "username", "expires_at"} <= set(json.loads(ran.out))


async def test_nobody_makes_a_link_for_nobody(garden: Garden) -> None:
    ran = await garden("web", "link", "--user", "nobody")
    assert (ran.code, ran.out) == (3, "")
    assert "no user" in ran.err
