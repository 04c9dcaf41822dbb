"""Times as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plantops_cli import times
from plantops_cli.exit_codes import Stop

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("30m", 1800),
        ("30 min", 1800),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("2d", 172_800),
        ("1w", 604_800),
    ],
)
def test_a_duration(typed: str, seconds: int) -> None:
    assert times.parse_duration(typed) == seconds


@pytest.mark.parametrize("typed", ["", "h", "2 years", "-1h", "1h-", "1e3s", "١h", "soon"])
def test_what_is_no_duration(typed: str) -> None:
    with pytest.raises(Stop):
        times.parse_duration(typed)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("now", NOW),
        ("2h", NOW - timedelta(hours=2)),
        ("2026-11-24T08:00:00Z", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ("2026-11-24T08:00:00+01:00", datetime(2026, 11, 24, 7, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
    ],
)
def test_a_moment(typed: str, moment: datetime) -> None:
    assert times.parse_moment(typed, NOW) == moment


@pytest.mark.parametrize("typed", ["", "yesterday", "2026-13-01", "99999999999999w"])
def test_what_is_no_moment(typed: str) -> None:
    with pytest.raises(Stop):
        times.parse_moment(typed, NOW)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (45, "45 s ago"),
        (190, "3 min ago"),
        (7300, "2 h ago"),
        (200_000, "2 d ago"),
        (-190, "in 3 min"),
    ],
)
def test_how_long_ago(seconds: int, words: str) -> None:
    assert times.ago(NOW - timedelta(seconds=seconds), NOW) == words
