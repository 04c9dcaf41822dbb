"""The round of a care plan on the command line, against the real application: rules write, nothing is spent."""

from __future__ import annotations

import json

from tests.cli.conftest import Garden


async def test_a_dry_plant_gets_a_plan_whose_watering_is_accepted_and_logged(garden: Garden) -> None:
    plant = json.loads((await garden("plants", "add", "Basil", "--min", "soil_moisture=30", "--json")).out)[
        "id"
    ]
    await garden.measured(plant, soil_moisture=12.5, temperature=21.0)

    none = await garden("care", "show", "basil")
    written = await garden("care", "analyze", "basil", "--json")
    plan = json.loads(written.out)
    numbers = [
        place for place, action in enumerate(plan["plan_data"]["actions"], 1) if action["kind"] == "water"
    ]
    accepted = await garden("care", "accept", "basil", str(numbers[0]))
    logged = json.loads((await garden("plants", "waterings", "basil", "--json")).out)
    helped = json.loads((await garden("care", "feedback", "basil", "helped", "--json")).out)
    listed = json.loads((await garden("care", "history", "basil", "--json")).out)

    assert none.code == 3
    assert (written.code, plan["source"]) == (0, "rules")
    assert plan["source_reason"] in " ".join(written.err.split())
    assert accepted.code == 0
    assert [watering["source"] for watering in logged] == ["logged"]
    assert helped["feedback"] == "helped"
    assert [one["id"] for one in listed] == [plan["id"]]


async def test_what_would_be_sent_is_printed_and_holds_no_id_of_the_house(garden: Garden) -> None:
    plant = json.loads((await garden("plants", "add", "Basil", "--notes", "by the door", "--json")).out)["id"]

    ran = await garden("care", "preview", "basil")

    assert ran.code == 0
    assert '"by the door"' in ran.out
    assert plant not in ran.out
    assert "nothing leaves this machine" in ran.err


async def test_roles_hold_on_the_command_line_too(garden: Garden) -> None:
    await garden("plants", "add", "Basil")

    assert (await garden("care", "analyze", "basil", role="viewer")).code == 4
    assert (await garden("care", "analyze", "basil", role="operator")).code == 0
    assert (await garden("care", "show", "basil", role="viewer")).code == 0
    assert (await garden("settings", "llm", "set", "--daily-cap", "1", role="operator")).code in (2, 4)
    assert (await garden("settings", "llm", "forget", "--yes", role="viewer")).code == 4


async def test_a_key_goes_in_sealed_and_comes_out_masked(garden: Garden) -> None:
    key = "sk-canary-canary-1234"
    ran = await garden(
        "settings", "llm", "set", "--provider", "openai-compatible", "--model", "m", "--base-url",
        "http://127.0.0.1:9/v1", "--key-stdin", "--json", stdin=f"{key}\n",
    )  # fmt: skip
    shown = json.loads((await garden("settings", "llm", "show", "--json")).out)

    assert ran.code == 0, ran.err
    assert "canary" not in ran.out + ran.err
    assert shown["api_key_masked"].endswith("1234")
    assert shown["configured"]
    assert (await garden("settings", "llm", "forget", "--yes")).code == 0
    assert json.loads((await garden("settings", "llm", "show", "--json")).out)["configured"] is False
