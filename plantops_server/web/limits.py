"""The limits of a plant: where each comes from, what others would have done, and the form to set them."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request, Response

from plantops_api import wire
from plantops_api.scales import scale_of
from plantops_api.wording import SOURCE_WORDS, light_of_days, newest, reading
from plantops_server import cards, plant_changes
from plantops_server.entrance.auth import HouseDep, Operator, Viewer
from plantops_server.entrance.house import House
from plantops_server.errors import InvalidInput
from plantops_server.web.acting import acted, body_of
from plantops_server.web.forms import Fields, FieldsDep
from plantops_server.web.moments import Moments, moments_of
from plantops_server.web.pages import render
from plantops_server.web.plant import PlantId, heading
from plantops_server.what_if import what_if

router = APIRouter(prefix="/plants/{plant_id}/limits", include_in_schema=False)

SET_HERE: tuple[wire.LimitMetric, ...] = (*wire.PLANT_METRICS, "dli", "vpd")


class Limit(NamedTuple):
    """The limits of one metric as they are, and what the person set of them."""

    metric: str
    label: str
    unit: str
    low: str
    high: str
    source: str
    limit: wire.Threshold | None
    own: wire.Range | None
    now: str

    @property
    def silenced(self) -> bool:
        """Whether somebody said that nobody wants to hear of it."""
        return self.own is not None and self.own.min is None and self.own.max is None


@router.get("")
async def limits_page(
    request: Request, house: HouseDep, _caller: Viewer, plant_id: PlantId,
    metric: Annotated[str, Query(max_length=60)] = "",
    low: Annotated[str, Query(alias="min", max_length=40)] = "",
    high: Annotated[str, Query(alias="max", max_length=40)] = "",
) -> Response:  # fmt: skip
    """The limits; with a metric, what other limits of it would have done in the last 30 days."""
    context = await limits_of(house, plant_id, moments_of(request))
    asked = Fields([("min", low), ("max", high)])
    tried: dict[str, Any] = {"metric": metric, "min": low, "max": high, "answer": None, "problem": ""}
    if metric:
        try:
            least, most = asked.number("min", "At least"), asked.number("max", "At most")
            async with house.db.connection() as conn:
                tried["answer"] = await what_if(
                    conn, plant_id, metric, least, most, house.clock(), house.settings.zone
                )
        except InvalidInput as error:
            tried["problem"] = str(error)
    choices = [(m, f"{scale_of(m).label.capitalize()}, {scale_of(m).unit}") for m in SET_HERE]
    return render(request, "limits.html", **context, tried=tried, choices=choices)


async def limits_of(house: House, plant_id: str, moments: Moments) -> dict[str, Any]:
    """All that the template draws, without the question. Raises PlantNotFound."""
    async with house.db.connection() as conn:
        plant = wire.Plant.model_validate(
            await cards.plant(conn, plant_id, house.clock(), house.settings.zone)
        )
    return {**heading(plant, moments), "limits": [_limit(plant, metric) for metric in SET_HERE]}


@router.post("")
async def set_limits(house: HouseDep, caller: Operator, plant_id: PlantId, fields: FieldsDep) -> Response:
    """Set the limits of every metric of the form; two empty fields follow the species again."""

    async def work() -> None:
        async with house.db.transaction() as conn:
            row = await cards.plant(conn, plant_id, house.clock(), house.settings.zone)
            plant = wire.Plant.model_validate(row)
            body = body_of(
                wire.PlantBody, name=plant.name, species=plant.species, location=plant.location,
                notes=plant.notes, thresholds=_given(fields, plant.own_thresholds),
            )  # fmt: skip
            await plant_changes.replace_plant(conn, plant_id, body, house.clock(), caller.username)

    return await acted(f"/plants/{plant_id}/limits", "The limits are set, and judged by at once.", work())


def _given(fields: Fields, own: dict[str, wire.Range]) -> dict[str, dict[str, float | None]]:
    """The limits of the form, and those of metrics that it does not show as they are."""
    kept = {
        metric: mine.model_dump(exclude={"source"}) for metric, mine in own.items() if metric not in SET_HERE
    }
    for metric in SET_HERE:
        label = scale_of(metric).label.capitalize()
        low, high = fields.number(f"{metric}.min", label), fields.number(f"{metric}.max", label)
        if fields.has(f"{metric}.off"):
            kept[metric] = {}
        elif low is not None or high is not None:
            kept[metric] = {"min": low, "max": high}
    return kept


def _limit(plant: wire.Plant, metric: wire.LimitMetric) -> Limit:
    scale, limit = scale_of(metric), plant.thresholds.get(metric)
    state = newest(plant, metric)
    now = (
        light_of_days(plant.dli) if metric == "dli" else reading(metric, state.value, limit) if state else ""
    )
    return Limit(
        metric, scale.label.capitalize(), scale.unit,
        _plain(limit.min if limit else None), _plain(limit.max if limit else None),
        SOURCE_WORDS[limit.source] if limit else "none", limit, plant.own_thresholds.get(metric), now,
    )  # fmt: skip


def _plain(value: float | None) -> str:
    """A limit as a person would type it."""
    return "" if value is None else f"{value:g}"
