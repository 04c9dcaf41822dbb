"""Words of the care advisor that every interface shares."""

from __future__ import annotations

import pytest

from plantops_api import advice, wire


@pytest.mark.parametrize(
    ("fact_id", "metric", "range_"),
    [
        ("soil_moisture.now", "soil_moisture", "24h"),
        ("soil_moisture.mean_24h", "soil_moisture", "24h"),
        ("temperature.hours_below_7d", "temperature", "7d"),
        ("humidity.max_30d", "humidity", "30d"),
        ("light_level.limit_min", "light_level", "24h"),
        ("dli.yesterday", "light_level", "7d"),
        ("dli.mean_7d", "light_level", "7d"),
        ("vpd.mean_24h", "humidity", "24h"),
        ("soil_moisture.drying", "soil_moisture", "7d"),
        ("watering.last_h", "soil_moisture", "30d"),
        ("forecast.dry_in_h", "soil_moisture", "7d"),
    ],
)
def test_a_fact_is_seen_in_the_chart_of_its_metric_over_its_range(
    fact_id: str, metric: str, range_: str
) -> None:
    assert advice.place_of(fact_id) == (metric, range_)


@pytest.mark.parametrize("fact_id", ["sensor.1.battery", "species.name", "plant.notes", "", "time.season"])
def test_what_is_in_no_chart_has_no_place(fact_id: str) -> None:
    assert advice.place_of(fact_id) is None


@pytest.mark.parametrize(
    ("dollars", "shown"),
    [(None, "–"), (0, "$0.00"), (0.00274, "$0.0027"), (0.0999, "$0.0999"), (1.5, "$1.50")],
)
def test_money_is_as_exact_as_it_must_be(dollars: float | None, shown: str) -> None:
    assert advice.money(dollars) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [(19.5, "%", "19.5 %"), (250.0, "lx", "250 lx"), (True, None, "yes"), ("in range", None, "in range"),
     (None, "%", "–"), (-3.0, "% a day", "-3 % a day")],
)  # fmt: skip
def test_a_fact_shows_its_value_with_its_unit(value: object, unit: str | None, shown: str) -> None:
    fact = wire.Fact.model_validate({"id": "x", "value": value, "unit": unit})
    assert advice.fact_value(fact) == shown
    assert advice.fact_words(fact) == f"x: {shown}"


def test_a_diff_of_limits_names_what_is_missing() -> None:
    proposal = wire.ThresholdProposal(metric="temperature", min=16, current_max=30, why="")
    assert advice.limits_diff(proposal) == "≤30 °C → ≥16 °C"
    exact = wire.ThresholdProposal(metric="vpd", min=0.8, max=1.25, current_min=0.75, current_max=1.2, why="")
    assert advice.limits_diff(exact) == "0.75–1.2 kPa → 0.8–1.25 kPa"
    none = wire.ThresholdProposal(metric="dli", min=4, max=8, why="")
    assert advice.limits_diff(none, "->", "-") == "no limits -> 4-8 mol/m²/d"
