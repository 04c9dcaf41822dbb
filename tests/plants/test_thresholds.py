"""Limits: the user's, else the species', else general ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plantops_api.wire import Range
from plantops_server.errors import InvalidInput
from plantops_server.plants import species, thresholds

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_limits_come_from_the_user_then_the_species_then_general_ones() -> None:
    limits = thresholds.effective({"humidity": {"min": 50}}, "Monstera deliciosa")
    known = species.match("Monstera deliciosa")
    assert known is not None
    assert (limits["humidity"].min, limits["humidity"].max, limits["humidity"].source) == (50, None, "user")
    assert limits["soil_moisture"].source == "species"
    assert limits["soil_moisture"].min == known.thresholds["soil_moisture"].min
    assert thresholds.effective({}, None)["soil_moisture"].source == "default"
    assert thresholds.effective({}, "a plant that nobody knows")["temperature"].source == "default"


def test_an_empty_limit_means_that_nobody_wants_to_hear_of_it() -> None:
    humidity = thresholds.effective({"humidity": {}}, None)["humidity"]
    assert (humidity.min, humidity.max, humidity.source) == (None, None, "user")


def test_momentary_light_has_no_general_limit() -> None:
    assert "light_level" not in thresholds.effective({}, None)


def test_changing_the_answer_changes_nobody_elses() -> None:
    thresholds.effective({}, "Aloe vera").clear()
    assert thresholds.effective({}, "Aloe vera")


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"soil_moisture": Range(min=60, max=20)}, "not below"),
        ({"soil_moisture": Range(min=30, max=30)}, "not below"),
        ({"soil_moisture": Range(max=101)}, "0 to 100"),
        ({"temperature": Range(min=-300)}, "-40 to 85"),
        ({"humidity": Range(min=float("nan"))}, "0 to 100"),
        ({"light_level": Range(max=float("inf"))}, "0 to 200000"),
    ],
)
def test_limits_that_make_no_sense_are_refused_with_a_sentence(limits: dict, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        thresholds.checked(limits, {}, NOW, "ada")


@pytest.mark.parametrize("given", [None, {}])
def test_no_limits_are_fine(given: dict | None) -> None:
    assert thresholds.checked(given, {}, NOW, "ada") == {}


def test_limits_say_who_set_them_and_when() -> None:
    stored = thresholds.checked({"humidity": Range(min=40)}, {}, NOW, "ada")
    humidity = thresholds.effective(stored, None)["humidity"]
    assert (humidity.source, humidity.set_at, humidity.set_by) == ("user", NOW, "ada")


def test_limits_that_stay_keep_their_source_and_date() -> None:
    accepted = thresholds.checked({"humidity": Range(min=40, max=70, source="advisor")}, {}, NOW, "ada")
    later = NOW + timedelta(days=3)
    echoed = thresholds.checked({"humidity": Range(min=40, max=70)}, accepted, later, "ben")
    assert echoed == accepted
    assert thresholds.effective(echoed, None)["humidity"].source == "advisor"


def test_limits_that_change_are_whose_who_changed_them() -> None:
    accepted = thresholds.checked({"humidity": Range(min=40, max=70, source="advisor")}, {}, NOW, "ada")
    later = NOW + timedelta(days=3)
    humidity = thresholds.effective(
        thresholds.checked({"humidity": Range(min=45, max=70)}, accepted, later, "ben"), None
    )["humidity"]
    assert (humidity.min, humidity.source, humidity.set_at, humidity.set_by) == (45, "user", later, "ben")


def test_a_person_may_take_over_what_the_advisor_proposed() -> None:
    accepted = thresholds.checked({"humidity": Range(min=40, source="advisor")}, {}, NOW, "ada")
    owned = thresholds.checked({"humidity": Range(min=40, source="user")}, accepted, NOW, "ben")
    assert thresholds.effective(owned, None)["humidity"].source == "user"


def test_a_days_light_follows_the_species_and_dry_air_is_shown_but_not_alarmed_by() -> None:
    limits = thresholds.effective({}, "Monstera deliciosa")
    assert (limits["dli"].source, limits["dli"].enabled) == ("species", True)
    assert (limits["vpd"].min, limits["vpd"].max, limits["vpd"].enabled) == (0.4, 1.6, False)
    assert "dli" not in thresholds.effective({}, None)
    assert thresholds.effective({"vpd": {"max": 2.0}}, None)["vpd"].enabled


def test_a_fetched_species_gives_its_limits_with_origin_and_date() -> None:
    kept = {
        "limits": {"temperature": {"min": 5, "max": 30}, "dli": {"min": 3, "max": 12}},
        "origin": "openplantbook", "fetched_at": NOW.isoformat(),
    }  # fmt: skip
    limits = thresholds.effective({"dli": {"min": 4}}, "Abelia chinensis", kept)
    temperature = limits["temperature"]
    assert (temperature.min, temperature.source, temperature.set_by, temperature.set_at) == (
        5, "species", "openplantbook", NOW,
    )  # fmt: skip
    assert (limits["dli"].min, limits["dli"].source) == (4, "user")
    assert limits["humidity"].source == "default"
