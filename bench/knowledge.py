"""``python -m bench.knowledge``: what detection, screening and forecast make of 50 simulated pots with every fault on.

The pieces are the server's own: parser, fault screen, watering detection, forecast, trust. What really happened is
known to the simulator; what no reading can show is left out, and counted. Exit status 1 on a missed bar.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise

from bench import pots
from bench.pots import Lived
from bench.table import Line, drawn
from plantops_cli.simulator.faults import Fault
from plantops_server.plants.forecast import HISTORY, forecast
from plantops_server.plants.trust import health_of, trust_of
from plantops_server.plants.watering import BUCKET, find_waterings
from plantops_server.telemetry import flags, store
from plantops_server.telemetry.faults import Change, State, screen
from plantops_server.telemetry.soil import NO_EVIDENCE
from plantops_server.telemetry.store import Row

WITHIN = timedelta(hours=2)
"""A watering is found when it is dated so near; one in a gap of the readings, when it is dated into that gap."""

AHEAD, CLOSE = timedelta(hours=48), timedelta(hours=12)
_HOUR = timedelta(hours=1)
_TOLD = flags.FAULTY | flags.UNTRUSTED | flags.OUT_OF_RANGE | flags.CLOCK_WRONG
_ROW_FLAGS_GRACE = timedelta(minutes=5)


@dataclass
class Score:
    """What came out; add the scores of pots up."""

    found: int = 0
    missed: int = 0
    invented: int = 0
    unseen: int = 0
    """Waterings that no reading shows."""
    faults_told: int = 0
    faults_missed: int = 0
    faults_unseen: int = 0
    false_faults: int = 0
    errors_h: list[float] = field(default_factory=list)
    covered: int = 0
    abstained: int = 0
    wrongly_ok: int = 0
    looks: int = 0
    days: float = 0.0
    misses: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """Add another score."""
        for name, mine in vars(self).items():
            setattr(self, name, mine + getattr(other, name))


def judge_pot(lived: Lived) -> Score:
    """Feed one pot's life to the server's pieces and compare."""
    rows, changes = screened(lived)
    trusted = [row for row in rows if not row.flags & flags.UNTRUSTED]
    soil = [(row.time, row.soil_moisture) for row in trusted if row.soil_moisture is not None]
    score = Score(days=(lived.until - lived.since) / timedelta(days=1))
    evidence = [
        (row.time, row.soil_moisture)
        for row in rows
        if row.soil_moisture is not None and not row.flags & NO_EVIDENCE
    ]
    found = [event.at for event in find_waterings(evidence)]
    _judge_waterings(lived, evidence, found, score)
    _judge_faults(lived, rows, changes, score)
    _judge_forecasts(lived, soil, found, score)
    _judge_trust(lived, rows, score)
    return score


def screened(lived: Lived) -> tuple[list[Row], list[Change]]:
    """The pot's readings as rows with the flags that they end up with, by time, and the faults that were told."""
    state, changes = State(), []
    rows: dict[datetime, Row] = {}
    for arrived, batch in groupby(lived.came, key=lambda delivery: delivery[0]):
        fresh = [
            store.row_of(reading, "dev", "plt", reading.flags)
            for _, reading in batch
            if reading.time not in rows
        ]
        fresh = [row for row in fresh if row.time >= arrived - timedelta(days=35)]
        verdict = screen(state, fresh)
        for row, bits in zip(fresh, verdict.flags, strict=True):
            rows[row.time] = row._replace(flags=row.flags | bits)
        for late in verdict.late:
            for time in [time for time in rows if late.after < time < late.until]:
                rows[time] = rows[time]._replace(flags=rows[time].flags | late.bits)
        changes += verdict.changes
    return [rows[time] for time in sorted(rows)], changes


def _judge_waterings(
    lived: Lived, soil: Sequence[tuple[datetime, float]], found: Sequence[datetime], score: Score
) -> None:
    times = [time for time, _ in soil]
    left, real = list(found), [poured.at for poured in lived.node.pot.waterings]
    before: tuple[datetime, datetime] | None = None
    for at in real:
        gap = _around(times, at)
        if not _can_be_seen(lived, soil, at) or (gap == before and gap[1] - gap[0] > 6 * _HOUR):
            score.unseen += 1
            continue
        before = gap
        match = next((event for event in left if _same(times, event, at)), None)
        if match is None:
            score.missed += 1
            score.misses.append(f"{lived.name}: watering {at:%m-%d %H:%M} not found")
        else:
            left.remove(match)
            score.found += 1
    invented = [event for event in left if not any(_same(times, event, at) for at in real)]
    score.invented += len(invented)
    score.misses += [f"{lived.name}: watering {event:%m-%d %H:%M} invented" for event in invented]


def _around(times: Sequence[datetime], at: datetime) -> tuple[datetime, datetime]:
    place = bisect_right(times, at)
    return times[max(place - 1, 0)], times[min(place, len(times) - 1)]


def _same(times: Sequence[datetime], event: datetime, at: datetime) -> bool:
    (start, end), (first, last) = _around(times, event), _around(times, at)
    in_one_gap = start - WITHIN <= at <= end + WITHIN or first - WITHIN <= event <= last + WITHIN
    return abs(event - at) <= WITHIN or in_one_gap


def _can_be_seen(lived: Lived, soil: Sequence[tuple[datetime, float]], at: datetime) -> bool:
    """Whether the probe shows at least three points more after it, in readings that came, three hours long."""
    shown = [time for time, _ in lived.shown]
    before = lived.shown[max(bisect_left(shown, at) - 1, 0)][1]
    low, high = bisect_left(shown, at + 2 * _HOUR), bisect_right(shown, at + 5 * _HOUR)
    after = [value for _, value in lived.shown[low:high]]
    times = [time for time, _ in soil]
    seen_before, seen_after = _around(times, at)
    if not after or min(after) - before < 3 or times[0] > at - 6 * _HOUR or times[-1] < at + 5 * _HOUR:
        return False
    if seen_after - seen_before <= 6 * _HOUR:
        return True
    place = bisect_right(times, at)  # behind a long gap it may be dry again
    return soil[min(place + 3, len(soil) - 1)][1] - soil[max(place - 1, 0)][1] >= 3


def _judge_faults(lived: Lived, rows: Sequence[Row], changes: Sequence[Change], score: Score) -> None:
    arrived = {reading.time: at for at, reading in lived.came}
    real = [fault for fault in lived.node.faults.until(lived.until) if fault.kind != "drift"]
    begun = [change.since for change in changes if change.active]
    for fault in real:
        end = min(fault.end, fault.start + timedelta(days=2), lived.until)
        during = [row for row in rows if fault.start <= arrived.get(row.time, row.time) < end]
        if not _shows(lived, fault, during):
            score.faults_unseen += 1
        elif any(row.flags & _TOLD for row in during) or any(fault.start <= since < end for since in begun):
            score.faults_told += 1
        else:
            score.faults_missed += 1
            score.misses.append(
                f"{lived.name}: {fault.kind} {fault.start:%m-%d %H:%M} {fault.size:+.1f} not told"
            )
    grace = 3 * timedelta(seconds=lived.node.design.interval_s)
    excused = [
        (fault.start - grace, end + grace) for fault, end in _told_by(real, [row.time for row in rows])
    ]
    for since in begun:
        if not any(start <= since <= end for start, end in excused):
            score.false_faults += 1
            score.misses.append(f"{lived.name}: a fault {since:%m-%d %H:%M} that was none")


def _told_by(real: Iterable[Fault], times: Sequence[datetime]) -> Iterator[tuple[Fault, datetime]]:
    """Until when each fault is news: a lost contact is none after a day, which must not excuse what is told later.

    One that began in a gap of the readings is news at the first of them behind it.
    """
    for fault in real:
        behind = times[min(bisect_left(times, fault.start), len(times) - 1)]
        yield fault, max(min(fault.end, fault.start + timedelta(days=1)), behind)


def _shows(lived: Lived, fault: Fault, during: Sequence[Row]) -> bool:
    """Whether a reading came in the fault's time, and differs from what it would have been."""
    if not during:
        return False
    if fault.kind == "stuck":
        return during[-1].time - during[0].time >= timedelta(hours=3)
    if fault.kind in ("contact_step", "probe_out"):
        times = [time for time, _ in lived.shown]
        place = bisect_left(times, fault.start)
        before = lived.shown[max(place - 1, 0)][1]
        return before >= 4 and min(before, 0.8 * before if fault.kind == "probe_out" else -fault.size) >= 4
    return True


def _judge_forecasts(
    lived: Lived, soil: Sequence[tuple[datetime, float]], found: Sequence[datetime], score: Score
) -> None:
    halves = [
        (
            datetime.fromtimestamp((key + 0.5) * BUCKET.total_seconds(), UTC),
            statistics.fmean(v for _, v in group),
        )
        for key, group in groupby(soil, key=lambda row: int(row[0].timestamp() // BUCKET.total_seconds()))
    ]
    times = [time for time, _ in halves]
    for dry_at, watered in _dry_moments(lived, found):
        now = dry_at - AHEAD
        if now < watered + timedelta(hours=13):
            continue
        if any(
            f.kind == "contact_step" and now <= f.start <= dry_at
            for f in lived.node.faults.until(lived.until)
        ):
            continue  # the probe will fall then, and nobody can know
        seen = halves[bisect_left(times, now - HISTORY) : bisect_left(times, now)]
        outlook = forecast(seen, [at for at in found if at <= now], lived.threshold, now)
        if outlook.at is None or outlook.plus_minus_h is None:
            score.abstained += 1
            continue
        error = (outlook.at - dry_at) / _HOUR
        score.errors_h.append(error)
        score.covered += abs(error) <= outlook.plus_minus_h


def _dry_moments(lived: Lived, found: Sequence[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """When the soil, as a perfect probe shows it, reached its limit, and the watering before."""
    times = [time for time, _ in lived.shown]
    for start, end in pairwise([*found, lived.until]):
        first, last = bisect_left(times, start + 12 * _HOUR), bisect_left(times, end - _HOUR)
        dry = next((n for n in range(first, last) if lived.shown[n][1] <= lived.threshold), first)
        if dry > first:
            yield times[dry], start


def _judge_trust(lived: Lived, rows: Sequence[Row], score: Score) -> None:
    """Look at the plant every hour: it must not be ok on readings older than three intervals."""
    interval = lived.node.design.interval_s
    came = sorted((arrived, reading.time) for arrived, reading in lived.came)
    trusted = {row.time for row in rows if not row.flags & flags.UNTRUSTED and row.soil_moisture is not None}
    newest, place, now = None, 0, lived.since
    while now < lived.until:
        while place < len(came) and came[place][0] <= now:
            time = came[place][1]
            newest = max(newest or time, time) if time in trusted else newest
            place += 1
        health = health_of(trust_of(now, newest, interval), None)
        old = newest is None or now - newest > timedelta(seconds=3 * interval)
        score.wrongly_ok += health == "ok" and old
        score.looks += 1
        now += _HOUR


def lines(score: Score, kinds: dict[str, Score]) -> list[Line]:
    """The bars and what was measured."""
    recall = score.found / max(score.found + score.missed, 1)
    precision = score.found / max(score.found + score.invented, 1)
    told = score.faults_told / max(score.faults_told + score.faults_missed, 1)
    false = score.false_faults / (score.days / 365)
    close = _close(score)
    by_kind = ", ".join(f"{kind} {_close(part):.0%} of {len(part.errors_h)}" for kind, part in kinds.items())
    return [
        Line("waterings found", ">= 0.95", f"{recall:.3f} of {score.found + score.missed}", recall >= 0.95),
        Line("waterings that were real", ">= 0.95", f"{precision:.3f}", precision >= 0.95),
        Line("waterings that no reading shows", "", str(score.unseen)),
        Line("faults told", ">= 0.90", f"{told:.3f} of {score.faults_told + score.faults_missed}", told >= 0.9),
        Line("faults that no reading shows", "", str(score.faults_unseen)),
        Line("false faults a pot and year", "<= 1", f"{false:.2f}", false <= 1),
        Line("forecast 48 h ahead within 12 h", ">= 80 %", f"{close:.0%} ({by_kind})", close >= 0.8),
        Line("forecasts within their own interval", "", f"{score.covered / max(len(score.errors_h), 1):.0%}"),
        Line("forecasts not made", "", f"{score.abstained} of {score.abstained + len(score.errors_h)}"),
        Line("ok on readings older than 3 intervals", "0", f"{score.wrongly_ok} of {score.looks} looks",
             score.wrongly_ok == 0),
    ]  # fmt: skip


def _close(score: Score) -> float:
    return sum(abs(error) <= CLOSE / _HOUR for error in score.errors_h) / max(len(score.errors_h), 1)


def measure(count: int, days: int, seed: int) -> tuple[Score, dict[str, Score]]:
    """Let ``count`` pots live for ``days`` and judge; all, and by kind of pot."""
    total, kinds = Score(), {"house": Score(), "bench": Score()}
    for name, design in pots.designs(count):
        score = judge_pot(pots.live(name, design, seed, days))
        total.add(score)
        kinds[name.split()[1]].add(score)
    return total, kinds


def main() -> int:
    """Measure and print; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.knowledge", description=__doc__)
    parser.add_argument("--pots", type=int, default=50)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--misses", action="store_true", help="also print every miss")
    options = parser.parse_args()
    score, kinds = measure(options.pots, options.days, options.seed)
    table = lines(score, kinds)
    if options.misses:
        sys.stdout.write("\n".join(score.misses) + "\n")
    sys.stdout.write(f"\n{drawn(table)}\n\n{options.pots} pots x {options.days} days, seed {options.seed}.\n")
    return 1 if any(line.holds is False for line in table) else 0


if __name__ == "__main__":
    sys.exit(main())
