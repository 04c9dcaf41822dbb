"""What commands print is a contract: scripts read stdout, people read both. Snapshots of the exact bytes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from plantops_server.incidents import channels
from tests.cli.conftest import Garden

Contract = Callable[..., None]


async def plant_ids(garden: Garden) -> dict[str, str]:
    """A small garden: a basil that is measured and too dry, and a fern that nobody measures."""
    added = {}
    for name, *more in (
        ("Basil", "--species", "A species of nobody", "--location", "kitchen", "--min", "soil_moisture=30"),
        ("Fern", "--notes", "from Ada\n\twater it"),
    ):
        ran = await garden("plants", "add", name, *more, "-o", "csv")
        added[name] = ran.out.splitlines()[1].rsplit(",", 1)[1]
    await garden.measured(
        added["Basil"], soil_moisture=12.5, temperature=21.0, humidity=48.25, light_level=1234.0
    )
    await garden.alert(added["Basil"])
    return added


@pytest.mark.parametrize("form", ["table", "json", "ndjson", "csv", "yaml"])
async def test_plants_list(garden: Garden, contract: Contract, form: str) -> None:
    await plant_ids(garden)

    contract(list=await garden("plants", "list", "-o", form))


async def test_plants_show(garden: Garden, contract: Contract) -> None:
    await plant_ids(garden)

    contract(
        table=await garden("plants", "show", "basil"),
        json=await garden("plants", "show", "Fern", "--json"),
        ndjson=await garden("plants", "show", "Fern", "-o", "ndjson"),
    )


async def test_plants_add_edit_and_remove_say_what_changed(garden: Garden, contract: Contract) -> None:
    contract(
        add=await garden("plants", "add", "Basil", "--min", "soil_moisture=30", "--max", "soil_moisture=60"),
        edit=await garden(
            "plants", "edit", "basil", "--location", "balcony", "--clear-limits", "soil_moisture"
        ),
        same=await garden("plants", "edit", "basil", "--location", "balcony"),
        water=await garden("plants", "water", "basil", "--amount-ml", "250", "--at", "2h", "--note", "dry"),
        waterings=await garden("plants", "waterings", "basil"),
        unwater=await garden("plants", "unwater", "basil"),
        unwater_sure=await garden("plants", "unwater", "basil", "--yes"),
        unwater_again=await garden("plants", "unwater", "basil", "--yes"),
        remove=await garden("plants", "remove", "basil", "--yes"),
        list=await garden("plants", "list"),
    )


async def test_alerts(garden: Garden, contract: Contract) -> None:
    await plant_ids(garden)
    listed = await garden("alerts", "list", "-o", "csv")
    number = listed.out.splitlines()[1].split(",")[0]

    contract(
        list=await garden("alerts", "list"),
        show=await garden("alerts", "show", number),
        ack=await garden("alerts", "ack", number),
        undo=await garden("alerts", "ack", number, "--undo"),
        snooze=await garden("alerts", "snooze", number, "--for", "2d"),
        resolve=await garden("alerts", "resolve", number, "--note", "watered"),
        again=await garden("alerts", "resolve", number),
        all=await garden("alerts", "list", "--state", "all"),
        none=await garden("alerts", "list"),
    )


async def test_an_alert_shows_who_was_told_and_what_exactly_is_wrong(
    garden: Garden, contract: Contract
) -> None:
    plant_id = (await plant_ids(garden))["Basil"]
    number = await garden.alert(
        plant_id,
        metric="temperature",
        kind="sensor_fault",
        detail="temperature is stuck at one value",
        value=None,
    )
    for outcome, status, error in (("later", 500, "Discord answered 500."), ("sent", 200, None)):
        await garden.execute(
            "INSERT INTO delivery_attempts (alert_id, channel, event, at, outcome, status, error)"
            " VALUES (%s, 'team', 'opened', %s, %s, %s, %s)",
            number, garden.doors.clock(), outcome, status, error,
        )  # fmt: skip
    contract(
        show=await garden("alerts", "show", str(number)),
        json=await garden("alerts", "show", str(number), "--json"),
    )


async def test_maintenance(garden: Garden, contract: Contract) -> None:
    await plant_ids(garden)
    maintenance = ("alerts", "maintenance")
    await garden(*maintenance, "on", "--plant", "basil", "--for", "3h")
    shown = (await garden("plants", "show", "basil")).out
    assert re.search(r"^maintenance +until 2026-11-24 15:00, nothing is told$", shown, re.MULTILINE)
    await garden(*maintenance, "off", "--plant", "basil")
    contract(
        none=await garden(*maintenance, "show"),
        on=await garden(*maintenance, "on", "--plant", "basil", "--for", "3h", "--note", "repotting"),
        everything=await garden(*maintenance, "on"),
        show=await garden(*maintenance, "show"),
        off=await garden(*maintenance, "off"),
        off_plant=await garden(*maintenance, "off", "--plant", "basil"),
        soon=await garden(*maintenance, "on", "--for", "soon"),
        viewer=await garden(*maintenance, "on", role="viewer"),
        over=await garden(*maintenance, "show", "--json"),
    )


async def test_users_and_tokens(garden: Garden, contract: Contract) -> None:
    password = "correct horse battery staple\n"

    contract(
        add=await garden("users", "add", "ada", "--role", "operator", "--password-stdin", stdin=password),
        taken=await garden("users", "add", "ada", "--password-stdin", stdin=password),
        edit=await garden("users", "edit", "ada", "--role", "viewer"),
        token_list=await garden("tokens", "list", role="viewer"),
        remove=await garden("users", "remove", "ada", "--yes"),
        list=await garden("users", "list"),
    )


async def test_notification_settings(garden: Garden, contract: Contract) -> None:
    url = "https://discord.com/api/webhooks/123456/canary-of-the-webhook\n"
    set_ = ("settings", "notifications", "set")

    contract(
        empty=await garden("settings", "notifications", "show"),
        add=await garden(*set_, "--channel", "team", "--type", "discord", "--url-stdin", stdin=url),
        rules=await garden(
            *set_, "--quiet-hours", "22:00-07:30", "--timezone", "Europe/Berlin", "--repeat-after", "4h"
        ),
        limit=await garden(
            *set_, "--channel", "team", "--kinds", "low,offline", "--min-severity", "critical"
        ),
        json=await garden("settings", "notifications", "show", "--json"),
        wrong=await garden(*set_, "--quiet-hours", "22-7"),
        unknown=await garden(*set_, "--channel", "other", "--disable"),
        remove=await garden(*set_, "--remove", "team"),
    )


async def test_a_masked_address_that_goes_back_keeps_the_stored_one(garden: Garden) -> None:
    set_ = ("settings", "notifications", "set")
    url = "https://discord.com/api/webhooks/123456/canary-of-the-webhook"
    await garden(*set_, "--channel", "team", "--type", "discord", "--url-stdin", stdin=f"{url}\n")

    changed = await garden(*set_, "--channel", "team", "--min-severity", "critical")

    async with garden.doors.house.db.connection() as conn:
        (channel,) = (await channels.load(conn)).channels
    assert channel.min_severity == "critical"
    assert garden.doors.house.vault.unseal(channel.sealed_url) == url
    assert "canary" not in changed.out + changed.err


async def test_a_channel_is_limited_to_plants_by_name(garden: Garden) -> None:
    set_ = ("settings", "notifications", "set", "--channel", "team")
    plant_id = (await garden("plants", "add", "Fern", "-o", "csv")).out.splitlines()[1].rsplit(",", 1)[1]
    await garden(*set_, "--type", "discord", "--url-stdin", stdin="https://discord.com/api/webhooks/1/x\n")
    assert "Fern" in (await garden(*set_, "--plants", "fern")).out
    assert (await garden(*set_, "--plants", "fern,ghost")).code == 3
    async with garden.doors.house.db.connection() as conn:
        (channel,) = (await channels.load(conn)).channels
    assert channel.plants == [plant_id]


async def test_species(garden: Garden, contract: Contract) -> None:
    contract(
        search=await garden("species", "search", "ocimum"),
        show=await garden("species", "show", "Ocimum basilicum"),
        none=await garden("species", "search", "zzz"),
    )


async def test_pairing_and_enrolment_tokens(garden: Garden, contract: Contract) -> None:
    contract(
        open=await garden("pairing", "open", "--for", "10m"),
        show=await garden("pairing", "show", "--json"),
        close=await garden("pairing", "close"),
        closed=await garden("pairing", "show"),
        tokens=await garden("enrolment-tokens", "list"),
    )


async def test_history_without_readings(garden: Garden, contract: Contract) -> None:
    await garden("plants", "add", "Basil")

    contract(
        table=await garden("plants", "history", "basil"),
        csv=await garden("plants", "history", "basil", "--metrics", "soil_moisture", "-o", "csv"),
        plot=await garden("plants", "history", "basil", "--plot"),
    )
