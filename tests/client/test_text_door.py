"""What a server sends never reaches a terminal as anything but plain text."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantops_api import text

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\u2028\u2029\u2060\ufeff\U000e0000-\U000e007f\ud800-\udfff]"
)


@pytest.mark.parametrize(
    ("outside", "inside"),
    [
        ("Basil", "Basil"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;owned\x07Fern", "Fern"),
        ("\x1b]0;owned\x1b\\Fern", "Fern"),
        ("\x9d0;owned\x9cFern", "Fern"),
        ("\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", "click"),
        ("\x1bPq#0\x1b\\Fern", "Fern"),
        ("Fern\x1b", "Fern"),
        ("Fern\x1b[", "Fern"),
        ("\x1b\x1b[2JFern", "Fern"),
        ("a\x00b\x08c\x7fd\x85e", "abcd e"),
        ("two\nlines\r\nand\ttabs", "two lines and tabs"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("\u2066isolated\u2069", "isolated"),
        ("ba\u200bsil", "basil"),
        ("ba\u200dsil", "basil"),
        ("\ufeffbasil", "basil"),
        ("hidden\U000e0041\U000e0042", "hidden"),
        ("broken \ud83d", "broken \ufffd"),
        ("line\u2028sep", "line sep"),
        ("x [/red] y", "x [/red] y"),
        ("[@click=app.exit]water me[/]", "[@click=app.exit]water me[/]"),
    ],
)
def test_a_name_is_one_safe_line(outside: str, inside: str) -> None:
    assert text.clean_line(outside) == inside


@pytest.mark.parametrize(
    "kept", ["Grünlilie", "月下美人", "نبتة", "می‌خواهم", "👩‍🌾 Ada's basil", "22 °C ± 1 µS/cm – ok"]
)
def test_the_worlds_scripts_and_emoji_stay_as_they_are(kept: str) -> None:
    assert text.clean_line(kept) == kept


def test_notes_keep_their_lines_and_tabs() -> None:
    cleaned = text.clean({"notes": "first\n\tsecond\x1b[2J\r\nthird", "name": "a\nb"})

    assert cleaned == {"notes": "first\n\tsecond\nthird", "name": "a b"}


def test_every_string_is_cleaned_however_deep_and_keys_too() -> None:
    outside = {"a\x1b[1m": [{"b": "\x07x", "n": 1.5, "t": True, "z": None}, ["\x9by"]]}

    assert text.clean(outside) == {"a": [{"b": "x", "n": 1.5, "t": True, "z": None}, [""]]}


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    cut = text.clean_line("x" * 10_000)

    assert len(cut) == text.LIMIT
    assert cut.endswith("x…")


def test_what_is_shown_word_for_word_keeps_its_lines_and_its_length_but_no_control() -> None:
    sent = "{\n" + "x" * 20_000 + "\x1b[2J\n}"

    assert text.clean({"prompt": sent, "system": 7}) == {"prompt": "{\n" + "x" * 20_000 + "\n}", "system": 7}


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_no_text_whatever_leaves_a_control_behind(outside: str) -> None:
    for cleaned in (text.clean_line(outside), text.clean_block(outside)):
        assert FORBIDDEN.search(cleaned) is None
        json.dumps(cleaned, ensure_ascii=False).encode()  # no lone surrogate
    assert "\n" not in text.clean_line(outside)


@given(
    st.lists(
        st.sampled_from(["\x1b", "[", "]", "0", ";", "m", "\x07", "\\", "\x9b", "\x9d", "\x9c", "a", "\n"]),
        max_size=30,
    )
)
def test_no_mixture_of_sequences_hides_another(pieces: list[str]) -> None:
    assert FORBIDDEN.search(text.clean_block("".join(pieces))) is None


def test_cleaning_twice_changes_nothing_more() -> None:
    for outside in ("\x1b]0;a\x07b\u202e", "a\ud800\u200d", "x" * 5000, "\x1b\x9b["):
        once = text.clean_line(outside)
        assert text.clean_line(once) == once


def test_letters_are_not_normalised() -> None:
    decomposed = unicodedata.normalize("NFD", "é")
    assert text.clean_line(decomposed) == decomposed
