"""Deep links: what ``--plant`` names, by id or by name."""

from __future__ import annotations

from plantops_api import errors
from plantops_api.client import PlantOpsClient


async def linked_plant(client: PlantOpsClient, wanted: str) -> str | None:
    """The id of the plant with this id, or else with this name, whatever its case; None when there is none.

    Raises:
        ApiError: the server could not be asked.
    """
    try:
        return (await client.get_plant(wanted)).id
    except errors.NotFound:
        cards = await client.list_plants()
    named = [card.id for card in cards if card.name.casefold() == wanted.casefold()]
    return named[0] if len(named) == 1 else None
