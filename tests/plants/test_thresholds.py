"""Limits: the user's, else the species', else general ones."""

from __future__ import annotations

import pytest

from plantops_api.wire import Range
from plantops_server.errors import InvalidInput
from plantops_server.plants import species, thresholds


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
        thresholds.checked(limits)


@pytest.mark.parametrize("given", [None, {}])
def test_no_limits_are_fine(given: dict | None) -> None:
    assert thresholds.checked(given) == {}
