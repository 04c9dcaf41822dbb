"""What is hard to take back asks a person, or wants --yes; without either nothing happens."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Garden


@pytest.fixture
async def planted(garden: Garden) -> Garden:
    await garden("plants", "add", "Basil")
    await garden("users", "add", "ada", "--password-stdin", stdin="long enough password\n")
    await garden("tokens", "add", "laptop")
    await garden("enrolment-tokens", "add", "sill")
    return garden


DEEDS = (
    ("plants", "remove", "Basil"),
    ("users", "remove", "ada"),
    ("tokens", "remove", "laptop"),
    ("enrolment-tokens", "remove", "sill"),
)


async def listed(garden: Garden) -> str:
    return "".join([(await garden(noun, "list", "-o", "csv")).out for noun, *_ in DEEDS])


@pytest.mark.parametrize("options", [(), ("--no-input",)])
async def test_without_a_person_and_without_yes_nothing_is_changed(
    planted: Garden, options: tuple[str, ...]
) -> None:
    before = await listed(planted)
    for deed in DEEDS:
        ran = await planted(*deed, *options, stdin="y\n", terminal=bool(options))
        assert ran.code == 2, deed
        assert "--yes" in ran.err
        assert deed[-1] in ran.err

    assert await listed(planted) == before


async def test_a_person_is_asked_by_name_and_no_means_no(planted: Garden) -> None:
    before = await listed(planted)
    for deed in DEEDS:
        for answer in ("n\n", "\n", "what\n", ""):
            ran = await planted(*deed, stdin=answer, terminal=True)
            assert ran.code == 1
            assert f"'{deed[-1]}'" in ran.err
            assert "[y/N]" in ran.err
            assert ran.out == ""

    assert await listed(planted) == before


async def test_a_yes_is_enough(planted: Garden) -> None:
    for deed in DEEDS:
        assert (await planted(*deed, stdin="y\n", terminal=True)).code == 0

    assert "Basil" not in await listed(planted)
    assert "ada" not in await listed(planted)


async def test_the_option_yes_asks_nothing(planted: Garden) -> None:
    for deed in DEEDS:
        ran = await planted(*deed, "--yes")
        assert ran.code == 0
        assert "[y/N]" not in ran.err
