"""The shipped species against what others measured and wrote down, where their tables are at hand.

The tables are not ours to ship (no open licence), so they lie beside the project or nowhere:
``PLANTOPS_SPECIES_DATA`` names their folder, else ``../shared/data/species``.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from plantops_server.plants.likeness import plain
from plantops_server.plants.species import Species, shipped

FOLDER = Path(
    os.environ.get("PLANTOPS_SPECIES_DATA")
    or Path(__file__).parents[2].parent / "shared" / "data" / "species"
)

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason=f"no tables to compare with in {FOLDER}: name their folder in PLANTOPS_SPECIES_DATA",
)

PLANTDB = {
    "soil_moisture": ("min_soil_moist", "max_soil_moist", 1.0),
    "temperature": ("min_temp", "max_temp", 1.0),
    "humidity": ("min_env_humid", "max_env_humid", 1.0),
    "conductivity": ("min_soil_ec", "max_soil_ec", 1.0),
    "dli": ("min_light_mmol", "max_light_mmol", 1 / 1000),
}


def rows(file: str, name: str) -> dict[str, dict[str, str]]:
    with (FOLDER / file).open(encoding="utf-8", newline="") as lines:
        return {plain(row[name]): row for row in csv.DictReader(lines)}


def pairs(found: dict[str, dict[str, str]]) -> Iterator[tuple[Species, dict[str, str]]]:
    """Our species and their row of the same scientific name or synonym."""
    for species in shipped():
        names = (plain(name) for name in (species.scientific_name, *species.synonyms))
        row = next((found[name] for name in names if name in found), None)
        if row is not None:
            yield species, row


def shared(mine: tuple[float, float], theirs: tuple[float, float]) -> float:
    """How much of the narrower range lies in the wider one."""
    width = min(mine[1], theirs[1]) - max(mine[0], theirs[0])
    return width / min(mine[1] - mine[0], theirs[1] - theirs[0])


def test_ranges_agree_with_a_table_of_sensor_limits() -> None:
    compared, apart = 0, []
    for species, row in pairs(rows("plantdb_thresholds.csv", "display_pid")):
        compared += 1
        for metric, (low, high, factor) in PLANTDB.items():
            ours = species.limits[metric]
            theirs = (float(row[low]) * factor, float(row[high]) * factor)
            assert ours.min is not None
            assert ours.max is not None
            # Their light is that of dim rooms, ours ends where leaves scorch: only magnitudes can be compared.
            agrees = (
                ours.min < 3 * theirs[1] and theirs[0] < ours.max
                if metric == "dli"
                else shared((ours.min, ours.max), theirs) >= 0.25
            )
            if not agrees:
                apart.append((species.id, metric, ours, theirs))
    assert compared >= 150
    assert apart == []


def test_temperatures_agree_with_a_table_of_crops() -> None:
    compared, apart = 0, []
    for species, row in pairs(rows("ecocrop_thresholds.csv", "ScientificName")):
        if "NA" in (row["TOPMN"], row["TOPMX"]):
            continue
        compared += 1
        ours, best = species.limits["temperature"], (float(row["TOPMN"]), float(row["TOPMX"]))
        assert ours.min is not None
        assert ours.max is not None
        if shared((ours.min, ours.max), best) < 0.6 or ours.min > best[0]:
            apart.append((species.id, ours, best))
    assert compared >= 60
    assert apart == []


def test_hardy_plants_are_not_called_cold_before_it_freezes_and_tender_ones_are() -> None:
    """A kill temperature well above our minimum would mean an alarm that comes too late."""
    late = []
    for species, row in pairs(rows("ecocrop_thresholds.csv", "ScientificName")):
        limits = species.limits["temperature"]
        if row["KTMP"] != "NA" and limits.min is not None and limits.min < float(row["KTMP"]) - 10:
            late.append((species.id, limits.min, row["KTMP"]))
    # The table's 0 °C stands for young shoots of these woody or herbaceous perennials, which outlive hard frost.
    assert {name for name, *_ in late} <= {"vaccinium-corymbosum"}
