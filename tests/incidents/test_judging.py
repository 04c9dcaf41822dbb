"""Judging inside the transaction that stores a batch, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from plantops_api.wire import Threshold
from plantops_server.incidents import judge as judging
from plantops_server.incidents.judge import judge, rejudge
from tests.incidents.household import LIMITS, NOW, Household, at, context, reading

HOOK = "https://discord.com/api/webhooks/1/token"


async def test_a_breach_that_begins_in_one_batch_opens_in_the_next(household: Household) -> None:
    await household.plants("p")
    assert await household.judge(reading("p", 0, 29)) == []
    (alert_id,) = await household.judge(reading("p", 5, 28))
    (alert,) = await household.alerts()
    assert alert["id"] == alert_id
    assert (alert["plant_id"], alert["metric"], alert["kind"], alert["severity"]) == (
        "p",
        "soil_moisture",
        "low",
        "warning",
    )
    assert (alert["value"], alert["threshold"], alert["opened_at"], alert["resolved_at"]) == (
        28,
        30,
        at(0),
        None,
    )


async def test_going_on_changes_nothing_and_recovery_resolves_it(household: Household) -> None:
    await household.plants("p")
    await household.dry("p")
    assert await household.judge(reading("p", 10, 27)) == []
    (resolved,) = await household.judge(reading("p", 15, 45))
    (alert,) = await household.alerts()
    assert (alert["id"], alert["resolved_at"], alert["resolution"]) == (resolved, at(15), "back in range")
    assert await household.rows("SELECT * FROM breaches") == []


async def test_a_roll_back_takes_incident_and_outbox_row_with_it(household: Household) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    with pytest.raises(RuntimeError, match="failed"):
        await _failing_batch(household)
    assert await household.alerts() == []
    assert await household.notifications() == []


async def _failing_batch(household: Household) -> None:
    async with household.db.transaction() as conn:
        await judge(conn, [reading("p", 0, 25), reading("p", 5, 25)], {"p": context("p")}, at(5))
        raise RuntimeError("the batch failed")


async def test_the_outbox_row_commits_with_the_incident_and_says_all_that_a_message_needs(
    household: Household,
) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    await household.judge(reading("p", 0, 29), reading("p", 5, 28))
    (row,) = await household.notifications()
    assert (row["event"], row["channel"], row["subject"]) == ("opened", "garden", "p")
    payload = row["payload"]
    assert payload["plant_name"] == "Plant p"
    assert (payload["min"], payload["max"], payload["seen"], payload["before"][1]) == (30, 60, 28, 29)


async def test_two_connections_that_judge_the_same_plant_open_one_incident(household: Household) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    gate = asyncio.Barrier(2)

    async def worker() -> list[int]:
        async with household.db.transaction() as conn:
            await gate.wait()
            return await judge(conn, [reading("p", 0, 25), reading("p", 5, 25)], {"p": context("p")}, at(5))

    opened = await asyncio.gather(worker(), worker())
    assert sorted(map(len, opened)) == [0, 1]
    assert len(await household.alerts()) == 1
    assert len(await household.notifications()) == 1


async def test_the_number_of_statements_does_not_grow_with_the_batch(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    await household.plants(*(f"p{n}" for n in range(40)))
    await household.tell(HOOK)

    async def statements(plants: list[str]) -> int:
        batch = [reading(p, minutes, 25) for p in plants for minutes in range(10)]
        async with household.db.transaction() as conn:
            ran = 0
            execute = conn.execute

            async def counting(*args: object, **kwargs: object) -> object:
                nonlocal ran
                ran += 1
                return await execute(*args, **kwargs)  # type: ignore[call-overload]

            monkeypatch.setattr(conn, "execute", counting)
            await judge(conn, batch, {p: context(p) for p in plants}, at(10))
            monkeypatch.undo()
            return ran

    assert await statements(["p0"]) == await statements([f"p{n}" for n in range(1, 40)])


async def test_a_batch_that_opens_and_resolves_leaves_one_resolved_incident(household: Household) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    await household.judge(reading("p", 0, 25), reading("p", 5, 25), reading("p", 10, 50))
    (alert,) = await household.alerts()
    assert alert["resolved_at"] == at(10)
    assert [row["event"] for row in await household.notifications()] == ["opened", "resolved"]


async def test_getting_critical_updates_the_incident_once(household: Household) -> None:
    await household.plants("p")
    await household.tell(HOOK)
    alert_id = await household.dry("p")
    assert await household.judge(reading("p", 10, 10)) == [alert_id]
    assert await household.judge(reading("p", 15, 9)) == []
    (alert,) = await household.alerts()
    assert (alert["severity"], alert["value"]) == ("critical", 10)
    assert [row["event"] for row in await household.notifications()] == ["opened", "changed"]


async def test_a_late_reading_does_not_resolve_what_a_newer_one_opened(household: Household) -> None:
    await household.plants("p")
    await household.dry("p", 10)
    assert await household.judge(reading("p", 3, 50)) == []
    assert (await household.alerts())[0]["resolved_at"] is None


async def test_an_older_than_newest_reading_does_not_start_a_breach(household: Household) -> None:
    await household.plants("p")
    known = context("p", newest={"soil_moisture": at(30)})
    async with household.db.transaction() as conn:
        assert await judge(conn, [reading("p", 0, 5), reading("p", 5, 5)], {"p": known}, at(31)) == []
    assert await household.rows("SELECT * FROM breaches") == []


async def test_an_incident_whose_limit_is_gone_resolves_with_the_next_reading(household: Household) -> None:
    await household.plants("p")
    alert_id = await household.dry("p")
    assert await household.judge(reading("p", 10, 25), limits={}) == [alert_id]
    assert (await household.alerts())[0]["resolved_at"] == at(10)


async def judged_anew(household: Household, limits: Mapping[str, Threshold], *values: float) -> list[int]:
    recent = [reading("p", n * 5, value) for n, value in enumerate(values)]
    async with household.db.transaction() as conn:
        return await rejudge(conn, context("p", limits), recent, at(60))


def soil(low: float | None = None, high: float | None = None) -> dict[str, Threshold]:
    return {"soil_moisture": Threshold(min=low, max=high, source="user")}


async def test_a_new_limit_above_the_last_values_opens_exactly_one_incident(household: Household) -> None:
    await household.plants("p")
    assert len(await judged_anew(household, soil(50), 60, 45, 44, 43)) == 1
    (alert,) = await household.alerts()
    assert (alert["kind"], alert["opened_at"], alert["threshold"]) == ("low", at(5), 50)
    assert await judged_anew(household, soil(50), 60, 45, 44, 43) == []
    assert len(await household.alerts()) == 1


async def test_a_new_limit_below_the_last_value_resolves_without_hysteresis(household: Household) -> None:
    await household.plants("p")
    await household.dry("p")
    await judged_anew(household, soil(24.9), 25, 25)
    assert (await household.alerts())[0]["resolution"] == "the limits were changed"


async def test_a_limit_that_moves_within_the_breach_keeps_the_incident_and_says_which_limit_holds(
    household: Household,
) -> None:
    await household.plants("p")
    alert_id = await household.dry("p")
    assert await judged_anew(household, soil(28), 40, 40, 25, 25) == [alert_id]
    (alert,) = await household.alerts()
    assert (alert["resolved_at"], alert["threshold"]) == (None, 28)


async def test_removing_the_limit_resolves_even_without_a_reading(household: Household) -> None:
    await household.plants("p")
    await household.dry("p")
    await judged_anew(household, {})
    assert (await household.alerts())[0]["resolution"] == "the limit was removed"


async def test_the_summary_counts_device_problems_but_calls_only_plant_problems_bad(
    household: Household,
) -> None:
    await household.plants("p", "q", "r")
    await household.dry("p")
    await household.run(
        "INSERT INTO alerts (plant_id, device_id, kind, severity, opened_at) VALUES"
        " ('p', 'd', 'offline', 'warning', now()), ('q', 'e', 'offline', 'warning', now())"
    )
    async with household.db.connection() as conn:
        assert await judging.summary(conn, ["p", "q", "r"]) == {"p": (2, "warning"), "q": (1, None)}
        found = await judging.open_by_plant(conn, ["p", "q", "r"])
    assert {plant: [row["kind"] for row in rows] for plant, rows in found.items()} == {
        "p": ["low", "offline"], "q": ["offline"],
    }  # fmt: skip


async def test_the_hot_statements_use_their_indexes(household: Household) -> None:
    async with household.db.transaction() as conn:
        await conn.execute("SET LOCAL enable_seqscan = off")
        for name in ("incidents", "breaches", "summary"):
            cursor = await conn.execute(f"EXPLAIN {judging._SQL[name]}", {"plants": ["p"], "since": NOW})
            plan = "\n".join(row["QUERY PLAN"] for row in await cursor.fetchall())
            assert "Index" in plan, plan


async def test_limits_of_other_metrics_are_judged_side_by_side(household: Household) -> None:
    await household.plants("p")
    limits = {**LIMITS, "temperature": Threshold(max=30, source="default")}
    observations = [
        reading("p", n, 25)._replace(values={"soil_moisture": 25.0, "temperature": 35.0}) for n in (0, 5)
    ]
    assert len(await household.judge(*observations, limits=limits)) == 2
    assert {(a["metric"], a["kind"]) for a in await household.alerts()} == {
        ("soil_moisture", "low"), ("temperature", "high"),
    }  # fmt: skip
