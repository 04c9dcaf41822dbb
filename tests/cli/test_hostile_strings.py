"""Names, error bodies and samples that try to steer a terminal come out as plain text, whatever prints them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.cli.conftest import NOW, Ran

Answered = Callable[..., Ran]

HOSTILE = {
    "title": "\x1b]0;owned\x07Basil",
    "colour": "\x1b[31mBasil\x1b[0m",
    "c1": "\x9b31mBasil\x9d0;x\x9c",
    "bidi": "Basil\u202ecilsab\u202c\u2066x\u2069",
    "invisible": "Ba\u200bsil\u2060\ufeff\U000e0041",
    "lines": "Basil\nError: all is well\r\n\x0b\x0c\x85\u2028x",
    "backspace": "Basil\x08\x08\x7f\x00",
    "surrogate": "Basil \ud83d",
    "markup": "x [/red] y",
    "brackets": "bed [kitchen] basil",
    "action": "[@click=app.exit]water me[/]",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "formula-minus": "-2+3+cmd|' /C calc'!A0",
    "formula-tab": "\t=1+1",
    "wide": "月下美人" * 20,
    "long": "Basil" * 3000,
}
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\u2028\u2060\ufeff\U000e0041\ud800-\udfff]"
)

AT = NOW.isoformat()


def garden_named(name: str) -> Callable[[httpx2.Request], httpx2.Response]:
    """A server in which everything that somebody could name has that name."""
    plant: dict[str, Any] = {
        "id": "plt_a", "name": name, "species": name, "location": name, "notes": name, "health": "ok", "trust": "fresh",
        "state": {}, "thresholds": {}, "worst": name, "created_at": AT, "own_thresholds": {},
        "next_watering": {"at": AT, "plus_minus_h": 1, "reason": name},
        "devices": [{"id": "dev_a", "name": name, "status": "online", "trust": "fresh", "report_interval_s": 60}],
    }  # fmt: skip
    alert = {
        "id": 1, "plant_id": "plt_a", "plant_name": name, "kind": "low", "metric": name, "severity": "warning",
        "value": 1, "opened_at": AT, "resolved_at": AT, "resolution": name, "detail": name, "acked_by": name,
    }  # fmt: skip
    device = {
        "id": "dev_a", "name": name, "plant_name": name, "status": "online", "trust": "fresh", "created_at": AT,
        "report_interval_s": 60, "firmware_version": name, "sensor_types": [name], "mac_address": name,
        "rejected": [{"reason": name, "count": 1, "sample": name, "last_at": AT}],
    }  # fmt: skip
    bodies: dict[str, Any] = {
        "/api/plants": [plant],
        "/api/plants/plt_a": {**plant, "open_alerts": [alert]},
        "/api/plants/plt_a/waterings": [{"id": 1, "plant_id": "plt_a", "at": AT, "source": "logged", "note": name}],
        "/api/devices": [device],
        "/api/devices/dev_a": device,
        "/api/alerts": [alert],
        "/api/alerts/1": alert,
        "/api/alerts/1/deliveries": [
            {"id": 1, "channel": name, "event": name, "at": AT, "outcome": name, "error": name}
        ],
        "/api/maintenance": [
            {"plant_id": name, "plant_name": name, "until": AT, "note": name, "set_by": name, "set_at": AT}
        ],
        "/api/species": [{"id": name, "scientific_name": name, "common_names": [name]}],
        "/api/users": [{"id": "u", "username": name, "role": "admin", "has_password": True, "created_at": AT}],
        "/api/tokens": [{"id": "t", "name": name, "username": name, "role": "admin", "created_at": AT}],
        "/api/settings/notifications": {
            "channels": [{"name": name, "type": "discord", "url": name, "disabled_reason": name}]
        },
    }  # fmt: skip

    def answer(request: httpx2.Request) -> httpx2.Response:
        body = bodies[request.url.path]
        page = {"items": body} if isinstance(body, list) else body
        return httpx2.Response(200, content=json.dumps(page).encode())

    return answer


READS = (
    ("plants", "list"), ("plants", "show", "plt_a"), ("plants", "waterings", "plt_a"), ("devices", "list"),
    ("devices", "show", "dev_a"), ("alerts", "list"), ("alerts", "show", "1"), ("species", "search", "x"),
    ("users", "list"), ("tokens", "list"), ("settings", "notifications", "show"),
    ("alerts", "maintenance", "show"),
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("form", ["table", "csv", "json", "ndjson", "yaml"])
def test_nothing_but_plain_text_is_printed(answered: Answered, name: str, form: str) -> None:
    for argv in READS:
        ran = answered(garden_named(name), *argv, "-o", form)
        assert ran.code == 0, (argv, ran.err)
        assert FORBIDDEN.search(ran.out + ran.err) is None, argv
        (ran.out + ran.err).encode()


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_table_keeps_one_line_a_record(answered: Answered, name: str) -> None:
    for argv in (("plants", "list"), ("devices", "list"), ("alerts", "list"), ("users", "list")):
        assert len(answered(garden_named(name), *argv).out.splitlines()) == 2


def test_markup_is_text(answered: Answered) -> None:
    for kind in ("markup", "brackets", "action"):
        assert HOSTILE[kind] in answered(garden_named(HOSTILE[kind]), "plants", "list").out


@pytest.mark.parametrize("name", [HOSTILE["formula"], HOSTILE["formula-minus"], "+1", "@x", "=1"])
def test_no_csv_cell_is_a_formula(answered: Answered, name: str) -> None:
    for argv in READS:
        rows = list(csv.reader(io.StringIO(answered(garden_named(name), *argv, "-o", "csv").out)))
        assert all(not cell.startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row), argv


def test_a_negative_number_in_a_csv_stays_a_number(answered: Answered) -> None:
    device = {
        "id": "d",
        "status": "online",
        "trust": "fresh",
        "created_at": AT,
        "report_interval_s": 60,
        "rssi": -61,
    }

    ran = answered(lambda _: httpx2.Response(200, json={"items": [device]}), "devices", "list", "-o", "csv")

    assert next(csv.DictReader(io.StringIO(ran.out)))["rssi"] == "-61.0"


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_an_error_of_the_server_is_plain_text(answered: Answered, words: str) -> None:
    body = json.dumps(
        {
            "title": words,
            "status": 409,
            "detail": words,
            "code": words,
            "errors": [{"loc": [words], "msg": words}],
        }
    )

    ran = answered(lambda _: httpx2.Response(409, content=body.encode()), "plants", "list")

    assert ran.code == 6
    assert FORBIDDEN.search(ran.err) is None
    assert len(ran.err) < 1000


def test_what_was_typed_is_repeated_as_plain_text(answered: Answered) -> None:
    empty = lambda _: httpx2.Response(200, json={"items": []})  # noqa: E731
    for argv in (("plants", "show", HOSTILE["title"]), ("plants", HOSTILE["colour"]), (HOSTILE["c1"],)):
        assert FORBIDDEN.search(answered(empty, *argv).err) is None


@pytest.mark.parametrize("options", [(), ("--debug",)])
def test_a_traceback_is_plain_text_too(answered: Answered, options: tuple[str, ...]) -> None:
    def broken(_: httpx2.Request) -> httpx2.Response:
        raise ZeroDivisionError(HOSTILE["title"] + HOSTILE["bidi"])

    assert FORBIDDEN.search(answered(broken, "plants", "list", *options).err) is None
