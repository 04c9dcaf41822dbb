"""Who is called offline, what is one outage instead, and what a restart must not do: the rules of silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from plantops_server.incidents.silence import Listening, OpenSilence, SilentDevice, Verdict, decide
from tests.incidents.household import at

DAYS_AGO = Listening(at(-10_000))


def device(name: str, last_seen: float, every_min: float = 10) -> SilentDevice:
    return SilentDevice(name, name, f"plant of {name}", None, at(last_seen), every_min * 60)


def judged(
    heard: Mapping[str, float],
    now: float = 0,
    *,
    listening: Listening = DAYS_AGO,
    every_min: float = 10,
    open_now: list[OpenSilence] | None = None,
) -> Verdict:
    """Devices by name with the minute in which they were last heard; silent after three intervals."""
    silent = [device(name, last, every_min) for name, last in heard.items() if now - last > 3 * every_min]
    last_heard = {name: at(last) for name, last in heard.items()}
    return decide(at(now), listening, last_heard, silent, open_now or [])


def offline(verdict: Verdict) -> list[str]:
    return [d.device_id for d in verdict.offline]


def outage(opened: datetime) -> OpenSilence:
    return OpenSilence(7, None, None, opened)


def test_one_silent_device_among_others_that_speak_is_offline() -> None:
    verdict = judged({"a": -31, "b": -2, "c": -5})
    assert offline(verdict) == ["a"]
    assert verdict.outage_since is None


def test_the_only_device_is_named_when_it_falls_silent() -> None:
    assert offline(judged({"a": -31})) == ["a"]


def test_two_devices_are_named_since_two_are_no_fleet() -> None:
    assert offline(judged({"a": -31, "b": -31})) == ["a", "b"]


def test_everything_silent_at_once_is_one_outage_since_the_last_reading() -> None:
    verdict = judged({"a": -31, "b": -33, "c": -35})
    assert offline(verdict) == []
    assert verdict.outage_since == at(-31)


def test_an_outage_is_seen_when_the_first_device_crosses_its_deadline_not_the_last() -> None:
    heard = {f"d{n}": -31.0 + n for n in range(10)}  # phases spread over the interval; only d0 is overdue yet
    verdict = judged(heard)
    assert offline(verdict) == []
    assert verdict.outage_since == at(-22)


def test_a_long_sleeper_that_was_heard_before_it_all_stopped_is_no_proof_of_life() -> None:
    verdict = decide(
        at(0), DAYS_AGO, {"a": at(-31), "b": at(-31), "s": at(-40)}, [device("a", -31), device("b", -31)], []
    )
    assert verdict.outage_since == at(-31)


def test_nothing_more_opens_while_an_outage_is_open() -> None:
    verdict = judged({"a": -91, "b": -93, "c": -95}, open_now=[outage(at(-91))])
    assert verdict == Verdict()


def test_an_outage_resolves_with_the_first_reading_after_it() -> None:
    verdict = judged({"a": -1, "b": -93, "c": -95}, open_now=[outage(at(-91))], listening=Listening(at(-1)))
    assert [incident.id for incident, _ in verdict.resolve] == [7]
    assert offline(verdict) == []


def test_the_round_in_which_an_outage_ends_blames_nobody() -> None:
    verdict = judged({"a": -1, "b": -93, "c": -95}, open_now=[outage(at(-91))])
    assert offline(verdict) == []


def test_after_an_outage_the_others_get_ten_minutes_to_come_back() -> None:
    heard = {"a": 9.0, "b": -93.0, "c": -95.0}
    ended = Listening(at(0))
    assert offline(judged(heard, now=9.9, listening=ended, every_min=5)) == []
    assert offline(judged({**heard, "a": 10.0}, now=10.1, listening=ended, every_min=5)) == ["b", "c"]


def test_a_restart_blames_nobody_for_its_own_absence() -> None:
    heard = {"a": -300.0, "b": -0.1}
    assert offline(judged(heard, listening=Listening(at(-0.5)))) == []


def test_a_device_heard_since_the_start_needs_no_grace() -> None:
    heard = {"fast": 1.0, "b": 2.9}
    verdict = judged(heard, now=3, listening=Listening(at(0)), every_min=0.5)
    assert offline(verdict) == ["fast"]


def test_a_sleeper_gets_one_and_a_half_of_its_intervals_after_a_restart() -> None:
    heard = {"hourly": -300.0}
    assert offline(judged(heard, now=89, listening=Listening(at(0)), every_min=60)) == []
    assert offline(judged(heard, now=91, listening=Listening(at(0)), every_min=60)) == ["hourly"]


def test_what_is_open_stays_open_over_a_restart_and_is_not_opened_again() -> None:
    known = OpenSilence(3, "a", "plant of a", at(-300))
    assert judged({"a": -300, "b": -1}, listening=Listening(at(0)), open_now=[known]) == Verdict()


def test_a_device_resolves_only_with_a_newer_reading() -> None:
    known = OpenSilence(3, "a", "plant of a", at(-300))
    verdict = judged({"a": -1, "b": -1}, open_now=[known])
    assert verdict.resolve == [(known, "readings come in again")]
    late_again = decide(at(0), DAYS_AGO, {"a": at(-300)}, [], [known])
    assert late_again.resolve == []


def test_a_removed_device_resolves_its_incident() -> None:
    known = OpenSilence(3, "gone", None, at(-300))
    assert judged({"b": -1}, open_now=[known]).resolve == [(known, "the device was removed")]


def test_a_broker_that_is_down_is_one_outage_after_two_minutes_and_blames_no_device() -> None:
    heard = {"a": -31.0, "b": -2.0}
    assert judged(heard, listening=Listening(at(-500), at(-1.9))) == Verdict()
    verdict = judged(heard, listening=Listening(at(-500), at(-2)))
    assert (verdict.outage_since, offline(verdict)) == (at(-2), [])
    assert "broker" in verdict.outage_text


def test_without_any_device_the_outage_ends_when_the_link_is_back() -> None:
    known = outage(at(-30))
    assert judged({}, listening=Listening(at(-500), at(-30)), open_now=[known]).resolve == []
    verdict = judged({}, listening=Listening(at(-1)), open_now=[known])
    assert verdict.resolve == [(known, "the connection to the broker is back")]


def test_a_device_that_is_long_known_to_be_dead_does_not_hide_an_outage() -> None:
    dead = OpenSilence(3, "dead", None, at(-5000))
    verdict = judged({"dead": -5000, "a": -31, "b": -31, "c": -31}, open_now=[dead])
    assert verdict.outage_since == at(-31)


@given(
    heard=st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-5000, 0), max_size=8),
    since=st.floats(-5000, 0),
)
def test_a_verdict_never_opens_an_outage_and_the_devices_behind_it(
    heard: dict[str, float], since: float
) -> None:
    verdict = judged(heard, listening=Listening(at(since)))
    if verdict.outage_since is not None:
        newest = max(heard.values())
        assert all(heard[d.device_id] + 15 < newest for d in verdict.offline)


@given(heard=st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-5000, -10), max_size=8))
def test_a_restart_fires_nothing_whatever_happened_before(heard: dict[str, float]) -> None:
    assert judged(heard, listening=Listening(at(-9.9))) == Verdict()
