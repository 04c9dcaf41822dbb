"""The body of a Discord message: layout, limits, hostile names."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantops_server.notify import discord
from plantops_server.notify import note as say
from plantops_server.notify.note import Note

SINCE = datetime(2026, 11, 24, 8, tzinfo=UTC)


def dry(**changes: Any) -> Note:
    facts: dict[str, Any] = {
        "alert_id": 17, "event": "opened", "kind": "low", "severity": "warning",
        "plant_id": "plt_a", "plant_name": "Monstera", "species": "Monstera deliciosa", "location": "hall",
        "metric": "soil_moisture", "value": 28.2, "threshold": 30, "min": 30, "max": 60,
        "opened_at": SINCE, "seen": 28.2, "before": (SINCE, 29.4),
    }  # fmt: skip
    return Note.model_validate(facts | changes)


def embed(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["embeds"][0]
    return found


def fields(body: dict[str, Any]) -> dict[str, str]:
    return {field["name"]: field["value"] for field in embed(body)["fields"]}


def test_an_opened_incident_shows_glyph_word_value_range_trend_since_and_id() -> None:
    body = discord.message(dry())
    assert embed(body)["title"] == "▲ Monstera is too dry"
    assert embed(body)["color"] == 0xE69F00
    assert embed(body)["footer"] == {"text": "PlantOps alert 17"}
    assert embed(body)["timestamp"] == "2026-11-24T08:00:00+00:00"
    assert fields(body) == {
        "Now": "28.2 %, should be 30 to 60 %",
        "State": "▲ warning",
        "Trend": "↓ falling, 29.4 % before",
        "Since": f"<t:{int(SINCE.timestamp())}:f>",
        "Plant": "hall, Monstera deliciosa",
        "Look": "`plantops tui --plant plt_a`",
    }


def test_a_value_just_beyond_its_limit_does_not_read_like_it() -> None:
    assert fields(discord.message(dry(seen=29.97)))["Now"] == "29.97 %, should be 30 to 60 %"
    assert fields(discord.message(dry(seen=30.0)))["Now"] == "30 %, should be 30 to 60 %"


def test_each_state_has_a_colour_a_glyph_and_a_word_of_its_own() -> None:
    notes = [
        dry(), dry(severity="critical"), dry(acked_by="ada"),
        dry(event="resolved", resolved_at=SINCE + timedelta(hours=2), resolution="back in range"),
    ]  # fmt: skip
    bodies = [discord.message(note) for note in notes]
    assert len({embed(body)["color"] for body in bodies}) == 4
    assert [fields(body)["State"] for body in bodies] == [
        "▲ warning", "✖ critical", "◐ acknowledged", "✔ resolved",
    ]  # fmt: skip
    assert fields(bodies[2])["Taken by"] == "ada"
    assert fields(bodies[3])["Lasted"] == "2 h"
    assert embed(bodies[3])["title"] == "✔ Monstera is too dry (resolved)"


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"kind": "high"}, "▲ Monstera is too wet"),
        ({"metric": "temperature", "kind": "high"}, "▲ Monstera is too hot"),
        ({"metric": "battery"}, "▲ Monstera has battery too low"),
        ({"kind": "offline", "metric": None, "device_id": "dev_1"}, "▲ Monstera is silent"),
        (
            {"kind": "offline", "metric": None, "plant_name": None, "plant_id": None},
            "▲ PlantOps hears no device",
        ),
        ({"event": "repeat"}, "▲ Monstera is too dry (still)"),
    ],
)
def test_the_headline_says_in_words_what_is_wrong(changes: dict[str, Any], title: str) -> None:
    assert embed(discord.message(dry(**changes)))["title"] == title


def test_nobody_is_pinged_and_no_markup_of_a_name_works() -> None:
    body = discord.message(dry(plant_name="@everyone <@123> [x](http://evil) **b** `c`\n# d"))
    assert body["allowed_mentions"] == {"parse": []}
    assert embed(body)["title"] == (
        r"▲ \@everyone \<\@123\> \[x\]\(http\://evil\) \*\*b\*\* \`c\` \# d is too dry"
    )


def test_control_and_direction_characters_of_a_name_are_gone() -> None:
    title = embed(discord.message(dry(plant_name="a\x1b]0;b\x07\u202ec\u200bd\r\ne")))["title"]
    assert title.isprintable()


def assert_valid(body: dict[str, Any]) -> None:
    """Discord's documented limits (resources/message, resources/webhook)."""
    assert 1 <= len(body["username"]) <= 80
    assert not {"clyde", "discord"} & {body["username"].lower()}
    assert len(body["embeds"]) == 1
    one = embed(body)
    texts = [one["title"], one.get("description", ""), one["footer"]["text"]]
    assert discord.units(one["title"]) <= 256
    assert discord.units(one.get("description", "")) <= 4096
    assert discord.units(one["footer"]["text"]) <= 2048
    assert len(one.get("fields", [])) <= 25
    for field in one.get("fields", []):
        assert 1 <= discord.units(field["name"]) <= 256
        assert field["value"].strip()
        assert discord.units(field["value"]) <= 1024
        texts += [field["name"], field["value"]]
    assert sum(map(discord.units, texts)) <= 6000
    assert isinstance(one["color"], int)
    datetime.fromisoformat(one["timestamp"])
    assert body["allowed_mentions"] == {"parse": []}
    json.dumps(body).encode("utf-8")


TEXT = st.one_of(st.none(), st.text(max_size=5000), st.text("*_@🌱\\`", max_size=300))
NUMBER = st.one_of(st.none(), st.floats(-1e6, 1e6))
NOTES = st.builds(
    Note,
    alert_id=st.integers(1, 2**62), event=st.sampled_from(["opened", "changed", "resolved", "repeat"]),
    kind=st.sampled_from(["low", "high", "offline"]), severity=st.sampled_from(["warning", "critical"]),
    plant_id=st.one_of(st.none(), st.just("plt_" + "a" * 26)), plant_name=TEXT, species=TEXT, location=TEXT,
    device_id=TEXT, device_name=TEXT, metric=st.one_of(st.none(), st.sampled_from(["soil_moisture", "rssi"])),
    value=NUMBER, threshold=NUMBER, min=NUMBER, max=NUMBER, opened_at=st.just(SINCE), seen=NUMBER,
    before=st.one_of(st.none(), st.tuples(st.just(SINCE), st.floats(-1e6, 1e6))),
    resolved_at=st.one_of(st.none(), st.just(SINCE + timedelta(days=3))), resolution=TEXT, acked_by=TEXT, text=TEXT,
)  # fmt: skip


@given(note=NOTES)
def test_any_incident_makes_a_body_that_discord_takes(note: Note) -> None:
    assert_valid(discord.message(note))


@given(notes=st.lists(NOTES, min_size=2, max_size=60))
def test_any_group_makes_a_body_that_discord_takes(notes: list[Note]) -> None:
    assert_valid(discord.grouped(notes, SINCE))


@given(name=st.text(max_size=3000))
def test_any_channel_name_makes_a_test_message_that_discord_takes(name: str) -> None:
    assert_valid(discord.test_message(name, SINCE))


@given(text=st.text(max_size=400), limit=st.integers(2, 300))
def test_cut_text_fits_and_ends_in_an_ellipsis(text: str, limit: int) -> None:
    cut = discord.fit(text, limit)
    assert discord.units(cut) <= limit
    assert cut == text or cut.endswith("…")


def test_a_group_names_the_worst_first_and_counts_what_it_does_not_name() -> None:
    notes = [dry(alert_id=n, plant_name=f"Pot {n}") for n in range(1, 60)]
    notes.append(dry(alert_id=99, plant_name="Cactus", severity="critical"))
    body = discord.grouped(notes, SINCE)
    lines = embed(body)["description"].splitlines()
    assert embed(body)["title"] == "✖ 60 problems at once"
    assert lines[0] == "✖ Cactus is too dry · 99"
    assert lines[-1] == "… and 20 more: `plantops alerts list`"


def test_a_group_says_how_many_are_still_open() -> None:
    notes = [dry(alert_id=n, resolved_at=SINCE if n < 3 else None) for n in range(1, 6)]
    assert embed(discord.grouped(notes, SINCE))["title"] == "▲ 5 problems at once, 3 still open"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ({"seconds": 5}, "5 s"),
        ({"minutes": 61}, "1 h 1 min"),
        ({"days": 2, "hours": 3, "minutes": 9}, "2 d 3 h"),
    ],
)
def test_durations_are_said_in_two_units(span: dict[str, int], words: str) -> None:
    assert say.duration(timedelta(**span)) == words
