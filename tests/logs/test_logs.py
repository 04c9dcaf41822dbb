"""Log lines cannot be forged by outside text, and hold no secret, in either format."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from plantops_server import logs

CANARIES = [
    "po_AAAABBBBCCCCDDDDEEEEFFFFGGGG",
    "https://discord.com/api/webhooks/1234/sEcReT-canary_token",
    "postgresql://plantops:canary-password@db:5432/plantops",
    "sk-ant-canary0123456789",
    "Authorization: Bearer canary.token/value",
]
BARE = ["AAAABBBBCCCC", "sEcReT-canary", "canary-password", "canary0123456789", "canary.token"]


@pytest.fixture(params=["console", "json"])
def stream(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    out = io.StringIO()
    chosen: Literal["console", "json"] = request.param
    before = logging.getLogger().handlers[:], logging.getLogger().level
    logs.configure(chosen, "DEBUG", out)
    yield out
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


def test_no_secret_gets_into_a_line_by_name_shape_or_traceback(stream: io.StringIO) -> None:
    log = structlog.get_logger("test")
    for canary in CANARIES:
        log.info(f"event with {canary}", detail=canary, nested={"a": [canary]})
        logging.getLogger("library").warning("said %s", canary)
        try:
            raise RuntimeError(canary)
        except RuntimeError:
            log.exception("failed")
            logging.getLogger("library").exception("failed too")
    log.info("by name", password="canary-password", api_key="canary0123456789", session_cookie="canary.token")
    assert stream.getvalue()
    assert [bare for bare in BARE if bare in stream.getvalue()] == []


def test_a_newline_in_a_name_starts_no_line(stream: io.StringIO) -> None:
    log = structlog.get_logger("test")
    forged = "Fern\n2026-11-24T08:00:00Z [info     ] login accepted\r\x1b[31m\u2028\u202e"
    log.info(f"plant {forged}", name=forged)
    logging.getLogger("library").info("plant %s", forged)
    assert len(stream.getvalue().splitlines()) == 2
    assert "\x1b" not in stream.getvalue()
    assert "\u202e" not in stream.getvalue()


def test_a_newline_in_an_error_starts_no_line_that_looks_like_ours(stream: io.StringIO) -> None:
    try:
        raise ValueError("bad\n2026-11-24T08:00:00Z [info     ] login accepted")
    except ValueError:
        structlog.get_logger("test").exception("failed")
    lines = stream.getvalue().splitlines()
    assert not any(line.startswith("2026-11-24T08") for line in lines)


def test_json_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    logs.configure("json", "INFO", out)
    structlog.get_logger("test").info("started", port=8420, names=["ü"], missing=None)
    logging.getLogger("library").warning("careful")
    first, second = map(json.loads, out.getvalue().splitlines())
    assert (first["event"], first["level"], first["port"], first["names"]) == ("started", "info", 8420, ["ü"])
    assert (second["event"], second["level"]) == ("careful", "warning")


def test_the_level_is_kept_and_chatty_libraries_are_quiet() -> None:
    out = io.StringIO()
    logs.configure("console", "WARNING", out)
    structlog.get_logger("test").info("quiet")
    logging.getLogger("httpx2").info("GET https://…")
    structlog.get_logger("test").warning("loud")
    assert len(out.getvalue().splitlines()) == 1
