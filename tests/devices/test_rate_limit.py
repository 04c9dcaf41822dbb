"""A bucket per address that fills again evenly."""

from __future__ import annotations

from plantops_server.devices.rate_limit import RateLimit


def test_so_many_tries_come_at_once_and_the_next_when_told() -> None:
    limit = RateLimit()
    assert [limit.wait_s("a", 5, 0) for _ in range(5)] == [0] * 5
    wait = limit.wait_s("a", 5, 0)
    assert 0 < wait <= 13
    assert limit.wait_s("a", 5, wait) == 0
    assert limit.wait_s("a", 5, wait) > 0


def test_addresses_do_not_pay_for_one_another() -> None:
    limit = RateLimit()
    assert limit.wait_s("a", 1, 0) == 0
    assert limit.wait_s("a", 1, 0) > 0
    assert limit.wait_s("b", 1, 0) == 0


def test_a_rest_gives_no_more_than_a_full_bucket() -> None:
    limit = RateLimit()
    for _ in range(5):
        limit.wait_s("a", 5, 0)
    assert [limit.wait_s("a", 5, 10_000) for _ in range(5)] == [0] * 5
    assert limit.wait_s("a", 5, 10_000) > 0


def test_a_flood_of_addresses_is_forgotten_oldest_first() -> None:
    limit = RateLimit()
    for number in range(20_000):
        limit.wait_s(str(number), 5, 0)
    assert len(limit._buckets) <= 10_000
