"""Tables line up by what a terminal shows, fit it when there is one, and are cut nowhere else."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len

from plantops_cli import tables
from plantops_cli.output import Column, Format, Output

COLUMNS = (
    Column("name", lambda row: row["name"]),
    Column("status", lambda row: row["status"]),
    Column("id", lambda row: row["id"]),
)
ROWS = [
    {"name": "Basil", "status": "ok", "id": "plt_1"},
    {"name": "月下美人", "status": "critical", "id": "plt_2"},
    {"name": "👩‍🌾 Ada", "status": "offline", "id": "plt_3"},
]


def written(width: int | None = None, *, colour: bool = False, form: Format = Format.TABLE) -> str:
    stream = io.StringIO()
    Output(form, stream=stream, width=width, colour=colour).many(ROWS, COLUMNS)
    return stream.getvalue()


def test_columns_begin_at_the_same_cell_whatever_the_script() -> None:
    lines = written().splitlines()

    starts = {cell_len(line[: line.index("plt_")]) for line in lines[1:]}
    assert len(starts) == 1


def test_a_narrow_terminal_leaves_the_ids_out_and_cuts_long_names_and_no_status() -> None:
    rows = [{"name": "A very long name of a plant indeed", "status": "attention", "id": "plt_" + "x" * 26}]
    stream = io.StringIO()
    Output(stream=stream, width=40).many(rows, COLUMNS)

    lines = stream.getvalue().splitlines()
    assert all(cell_len(line) <= 40 for line in lines)
    assert "…" in lines[1]
    assert lines[1].endswith("attention")


def test_without_a_terminal_nothing_is_cut() -> None:
    assert "…" not in written()


def test_colour_is_on_words_of_status_only_and_the_words_stay() -> None:
    coloured = written(colour=True)

    assert "\x1b[32mok\x1b[0m" in coloured
    assert "\x1b[1;31mcritical\x1b[0m" in coloured
    assert "\x1b" not in coloured.splitlines()[0]


@pytest.mark.parametrize("form", [Format.JSON, Format.NDJSON, Format.CSV, Format.YAML])
def test_data_is_never_coloured(form: Format) -> None:
    assert "\x1b" not in written(colour=True, form=form)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        ("", "–"),
        (True, "yes"),
        (0, "0"),
        (12.0, "12"),
        (12.34, "12.3"),
        (1234.5, "1234"),
        (-61.0, "-61"),
    ],
)
def test_values_are_shown_without_needless_digits(value: object, shown: str) -> None:
    assert tables.plain(value) == shown
