"""The set check finds what it is there to find."""

from __future__ import annotations

from bench.chaos.ledger import Key, Ledger

ONE, TWO, THREE = (Key("dev_a", number) for number in (1, 2, 3))


def ledger() -> Ledger:
    """Three sent, of which the device heard that two arrived."""
    made = Ledger()
    made.sent |= {ONE, TWO, THREE}
    made.acknowledged |= {ONE, TWO}
    return made


def test_everything_acknowledged_and_nothing_else_holds() -> None:
    verdict = ledger().verdict([ONE, TWO])
    assert verdict.holds
    assert not verdict.late


def test_what_was_acknowledged_and_is_not_there_is_lost() -> None:
    verdict = ledger().verdict([TWO])
    assert (verdict.lost, verdict.holds) == ({ONE}, False)


def test_what_is_there_twice_is_told() -> None:
    verdict = ledger().verdict([ONE, TWO, TWO])
    assert (verdict.twice, verdict.holds) == ({TWO}, False)


def test_what_nobody_sent_is_told() -> None:
    stranger = Key("dev_b", 1)
    verdict = ledger().verdict([ONE, TWO, stranger])
    assert (verdict.unknown, verdict.holds) == ({stranger}, False)


def test_a_reading_whose_acknowledgement_was_lost_may_be_there() -> None:
    verdict = ledger().verdict([ONE, TWO, THREE])
    assert (verdict.late, verdict.holds) == ({THREE}, True)
