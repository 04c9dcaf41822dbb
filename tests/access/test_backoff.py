"""Guessing passwords gets slow, and nobody is locked out for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plantops_server.access.backoff import FREE_TRIES, LONGEST_WAIT_S, LoginBackoff
from plantops_server.errors import TooManyLogins

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def guess(
    backoff: LoginBackoff, times: int, now: datetime = NOW, username: str = "ada", address: str = "a"
) -> None:
    for _ in range(times):
        backoff.begin(username, address, now)


def test_mistyping_a_few_times_costs_nothing() -> None:
    guess(LoginBackoff(), FREE_TRIES)


def test_the_wait_doubles_with_each_further_try() -> None:
    backoff, now, waits = LoginBackoff(), NOW, []
    guess(backoff, FREE_TRIES)
    for _ in range(5):
        with pytest.raises(TooManyLogins) as refused:
            backoff.begin("ada", "a", now)
        assert refused.value.retry_after_s is not None
        waits.append(refused.value.retry_after_s)
        now += timedelta(seconds=refused.value.retry_after_s)
        backoff.begin("ada", "a", now)
    assert waits == [1, 2, 4, 8, 16]


def test_a_thousand_guesses_at_once_are_a_thousand_tries() -> None:
    backoff, let_through = LoginBackoff(), 0
    for _ in range(1000):
        try:
            backoff.begin("ada", "a", NOW)
            let_through += 1
        except TooManyLogins:
            pass
    assert let_through == FREE_TRIES


def test_the_wait_stops_growing_and_asking_during_it_does_not_prolong_it() -> None:
    backoff, now = LoginBackoff(), NOW
    guess(backoff, FREE_TRIES)
    for _ in range(40):
        now += timedelta(seconds=LONGEST_WAIT_S)
        backoff.begin("ada", "a", now)
    for _ in range(100):
        with pytest.raises(TooManyLogins):
            backoff.begin("ada", "a", now + timedelta(seconds=1))
    backoff.begin("ada", "a", now + timedelta(seconds=LONGEST_WAIT_S))


def test_one_address_that_tries_many_accounts_waits_too() -> None:
    backoff = LoginBackoff()
    for number in range(FREE_TRIES):
        backoff.begin(f"user{number}", "a", NOW)
    with pytest.raises(TooManyLogins):
        backoff.begin("another", "a", NOW)
    backoff.begin("another", "b", NOW)


def test_a_right_password_forgets_the_accounts_failures() -> None:
    backoff = LoginBackoff()
    guess(backoff, FREE_TRIES)
    backoff.succeeded("ada", "a")
    backoff.begin("ada", "b", NOW)


def test_logging_in_often_from_one_address_is_no_guessing() -> None:
    backoff = LoginBackoff()
    for _ in range(10 * FREE_TRIES):
        backoff.begin("ada", "a", NOW)
        backoff.succeeded("ada", "a")
