"""The demo asks for the first care plan of each plant, so that there is one to look at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from plantops_api import errors, wire
from plantops_api.client import PlantOpsClient
from plantops_cli.simulator.fleet import stopped_within

LOOK_EVERY_S = 3.0
"""Between two looks whether the history has been counted: the worker does so every half minute."""

_TO_COME = ("The first forecast comes", "Nothing was measured in the soil yet", "The newest soil reading is")
_GAPS = 20
"""% of the last week: with more of it missing the history has not been counted to its end."""


async def ask_for_plans(
    client: PlantOpsClient, plant_ids: Iterable[str], stop: asyncio.Event, say: Callable[[str], None],
    every_s: float = LOOK_EVERY_S,
) -> None:  # fmt: skip
    """Have the rules write a plan for each of these plants that has none, once its history stands in the facts.

    Where a model would be asked nothing is done: a demo costs nobody anything. Ends with ``stop``.
    """
    waiting, written = set(plant_ids), 0
    while waiting and not await stopped_within(stop, every_s):
        for plant_id in sorted(waiting):
            with suppress(errors.ApiError):  # the server is away: the next round looks again
                done = await _ask(client, plant_id)
                written += done is True
                waiting -= set() if done is None else {plant_id}
    if written:
        say(
            f'The rules wrote {written} care plans. Read one: "plantops care show Basil", or the tab Care plan.'
        )


async def _ask(client: PlantOpsClient, plant_id: str) -> bool | None:
    """Whether a plan was asked for and written; None: it is too early."""
    with suppress(errors.NotFound):
        await client.care_plan(plant_id)
        return False
    preview = await client.advisor_preview(plant_id)
    if preview.source != "rules":
        return False
    if not _is_counted(preview):
        return None
    await client.analyze(plant_id)
    return True


def _is_counted(preview: wire.AdvisorPreview) -> bool:
    """Whether roll-ups and forecast have seen the history."""
    facts = {fact.id: fact.value for fact in preview.facts}
    gaps = facts.get("soil_moisture.gaps_7d")
    counted = isinstance(gaps, (int, float)) and gaps <= _GAPS
    return counted and not str(facts.get("forecast.none_because", "")).startswith(_TO_COME)
