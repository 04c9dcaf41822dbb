"""A small run of the evaluation holds the bars; the full one is ``nox -s knowledge``."""

from __future__ import annotations

from bench import knowledge


def test_eight_pots_with_every_fault_on_hold_the_bars() -> None:
    score, kinds = knowledge.measure(8, 45, seed=5)
    assert score.found + score.missed > 20
    assert len(score.errors_h) > 5
    # The bar of false faults is one a pot and year: eight pots of six weeks are too few to measure it.
    missed = [
        line for line in knowledge.lines(score, kinds) if line.holds is False and "false" not in line.what
    ]
    assert missed == [], score.misses
    assert score.false_faults <= 3
