"""The page of all plants, and the cards of some of them for pages that are open."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Query, Request, Response

from plantops_api import wire
from plantops_api.order import ORDERS, Order, shown
from plantops_server import cards
from plantops_server.entrance.auth import HouseDep, Viewer
from plantops_server.entrance.house import House
from plantops_server.web.card import drawn
from plantops_server.web.moments import Moments, moments_of
from plantops_server.web.pages import render

router = APIRouter(include_in_schema=False)

MOST = 1000
"""Plants that one look at the dashboard reads; whoever has more searches."""
ON_A_PAGE = 200

SORTS: dict[str, Order] = dict(zip(("need", "dry", "name", "place"), ORDERS, strict=True))
Show = Literal["", "care", "silent"]
_SILENT = frozenset({"offline", "faulty", "none"})


class Wanted(NamedTuple):
    """What of the plants somebody wants to see."""

    q: str
    sort: str
    show: Show
    page: int
    archived: bool

    def address(self, **changed: Any) -> dict[str, Any]:
        """The query of the same view with something changed; what is as usual is left out."""
        values = {**self._asdict(), "page": 1, **changed}
        usual = {"q": "", "sort": "need", "show": "", "page": 1, "archived": False}
        return {key: int(v) if v is True else v for key, v in values.items() if v != usual[key]}


@router.get("/")
async def dashboard(
    request: Request,
    house: HouseDep,
    _caller: Viewer,
    q: Annotated[str, Query(max_length=120)] = "",
    sort: Annotated[str, Query(max_length=10)] = "need",
    show: Annotated[str, Query(max_length=10)] = "",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
    archived: bool = False,
) -> Response:
    """The cards of all plants; what is unknown in the address is as usual."""
    wanted = Wanted(
        q.strip(), sort if sort in SORTS else "need", show if show in ("care", "silent") else "", page, archived  # type: ignore[arg-type]
    )  # fmt: skip
    plants = await plants_of(house, archived=wanted.archived)
    return render(request, "dashboard.html", **view(plants, wanted, moments_of(request)))


@router.get("/cards")
async def some_cards(
    request: Request, house: HouseDep, _caller: Viewer, id_: Annotated[list[str], Query(alias="id", max_length=500)]
) -> Response:  # fmt: skip
    """The cards of these plants as they are now; what is no plant (any more) is left out."""
    async with house.db.connection() as conn:
        rows = await cards.cards_of(conn, id_, house.clock(), house.settings.zone)
    moments = moments_of(request)
    drawings = [drawn(wire.PlantCard.model_validate(row), moments) for row in rows]
    return render(request, "cards.html", cards=drawings)


async def plants_of(house: House, *, archived: bool) -> list[wire.PlantCard]:
    """The cards of all plants by name, at most ``MOST``."""
    async with house.db.connection() as conn:
        rows = await cards.page_of_cards(
            conn, house.clock(), limit=MOST, after=None, q=None, archived=archived, zone=house.settings.zone
        )
    return [wire.PlantCard.model_validate(row) for row in rows]


def view(
    plants: list[wire.PlantCard], wanted: Wanted, moments: Moments, on_a_page: int = ON_A_PAGE
) -> dict[str, Any]:
    """What the template draws of ``plants``."""
    needing = [plant for plant in plants if plant.health in ("attention", "critical")]
    silent = [plant for plant in plants if plant.trust in _SILENT]
    chosen = {"care": needing, "silent": silent}.get(wanted.show, plants)
    found = shown(chosen, wanted.q, SORTS[wanted.sort])
    first = (wanted.page - 1) * on_a_page
    return {
        "cards": [drawn(plant, moments) for plant in found[first : first + on_a_page]],
        "found": len(found), "total": len(plants), "needing": len(needing), "silent": len(silent),
        "pages": max(1, -(-len(found) // on_a_page)), "wanted": wanted,
        "sorts": [(key, order.name.capitalize()) for key, order in SORTS.items()],
        "cut_off": len(plants) >= MOST,
    }  # fmt: skip
