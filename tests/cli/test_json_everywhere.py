"""--json parses for every read command: on an empty installation, and with data; nothing but data is on stdout."""

from __future__ import annotations

import csv
import io
import json

import pytest
import yaml

from tests.cli.conftest import Garden

LISTS = (
    ("plants", "list"),
    ("devices", "list"),
    ("alerts", "list"),
    ("alerts", "list", "--state", "all"),
    ("enrolment-tokens", "list"),
    ("species", "search", "no such species"),
)


EMPTY = {("devices", "list"), ("enrolment-tokens", "list")}
"""Nothing of these is made here: a device needs a broker."""


@pytest.mark.parametrize("argv", LISTS, ids=" ".join)
async def test_an_empty_list_is_an_empty_list_in_every_format(garden: Garden, argv: tuple[str, ...]) -> None:
    as_json = await garden(*argv, "--json")
    assert (as_json.code, json.loads(as_json.out)) == (0, [])
    assert yaml.safe_load((await garden(*argv, "-o", "yaml")).out) == []
    assert (await garden(*argv, "-o", "ndjson")).out == ""
    assert (await garden(*argv, "-o", "table")).out == ""
    assert len((await garden(*argv, "-o", "csv")).out.splitlines()) == 1
    assert as_json.err  # a sentence for people says that there is nothing


async def test_every_read_command_parses_with_data(garden: Garden) -> None:
    plant = json.loads((await garden("plants", "add", "Basil", "--json")).out)["id"]
    await garden.measured(plant, soil_moisture=12.5)
    await garden("plants", "water", "Basil")
    number = await garden.alert(plant)
    reads = (
        ("plants", "list"), ("plants", "show", "Basil"), ("plants", "history", "Basil"),
        ("plants", "waterings", "Basil"),
        ("alerts", "list"), ("alerts", "show", str(number)), ("devices", "list"), ("users", "list"), ("tokens", "list"),
        ("enrolment-tokens", "list"), ("pairing", "show"), ("settings", "notifications", "show"),
        ("species", "search", "ocimum"), ("species", "show", "ocimum-basilicum"), ("config", "show"),
        ("config", "show", "--origin"),
    )  # fmt: skip
    for argv in reads:
        ran = await garden(*argv, "--json")
        assert ran.code == 0, (argv, ran.err)
        assert json.loads(ran.out) or argv in EMPTY, argv
        assert yaml.safe_load((await garden(*argv, "-o", "yaml")).out) == json.loads(ran.out), argv
        for line in (await garden(*argv, "-o", "ndjson")).out.splitlines():
            assert isinstance(json.loads(line), dict), argv
        rows = list(csv.reader(io.StringIO((await garden(*argv, "-o", "csv")).out)))
        assert len({len(row) for row in rows}) == 1, argv


async def test_a_change_answers_with_what_it_made(garden: Garden) -> None:
    added = json.loads((await garden("plants", "add", "Basil", "--json")).out)
    edited = json.loads((await garden("plants", "edit", added["id"], "--location", "sill", "--json")).out)

    assert added["id"] == edited["id"]
    assert edited["location"] == "sill"


async def test_shared_options_stand_anywhere(garden: Garden) -> None:
    await garden("plants", "add", "Basil")

    assert (await garden("--json", "plants", "list")).out == (await garden("plants", "list", "--json")).out
    assert (await garden("-o", "csv", "plants", "list")).out == (
        await garden("plants", "list", "-o", "csv")
    ).out
