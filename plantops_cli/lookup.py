"""Things by the names that people use: a plant or device by id, or by a name that only one has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from plantops_cli.exit_codes import ExitCode, Stop

if TYPE_CHECKING:
    from plantops_api import wire
    from plantops_api.client import PlantOpsClient

Thing = TypeVar("Thing")


async def find_plant(client: PlantOpsClient, name: str) -> wire.PlantCard:
    """The plant with that id, or the only one with that name (small and capital letters alike).

    Raises:
        Stop: there is none (exit 3), or several have the name (exit 2, with their ids).
    """
    return _only_one(
        "plant", name, await client.list_plants(), lambda plant: plant.id, lambda plant: plant.name
    )


async def find_archived_plant(client: PlantOpsClient, name: str) -> wire.PlantCard:
    """The same among the archived ones.

    Raises:
        Stop: there is none (exit 3), or several have the name (exit 2, with their ids).
    """
    plants = await client.list_plants(archived=True)
    return _only_one("archived plant", name, plants, lambda plant: plant.id, lambda plant: plant.name)


async def find_device(client: PlantOpsClient, name: str) -> wire.Device:
    """The device with that id or MAC address, or the only one with that name.

    Raises:
        Stop: there is none (exit 3), or several have the name (exit 2, with their ids).
    """
    devices = await client.list_devices()
    wanted = _mac(name)
    for device in devices:
        if wanted and device.mac_address and _mac(device.mac_address) == wanted:
            return device
    return _only_one("device", name, devices, lambda device: device.id, lambda device: device.name or "")


async def find_user(client: PlantOpsClient, name: str) -> wire.User:
    """The user with that id or user name. Raises Stop (exit 3)."""
    return _only_one(
        "user", name, await client.list_users(), lambda user: user.id, lambda user: user.username
    )


async def find_token(client: PlantOpsClient, name: str) -> wire.Token:
    """The API token with that id, or the only one with that name. Raises Stop (exit 3, 2)."""
    return _only_one(
        "token", name, await client.list_tokens(), lambda token: token.id, lambda token: token.name
    )


async def find_enrolment_token(client: PlantOpsClient, name: str) -> wire.EnrolmentToken:
    """The enrolment token with that id, or the only one with that name. Raises Stop (exit 3, 2)."""
    tokens = await client.list_enrolment_tokens()
    return _only_one("enrolment token", name, tokens, lambda token: token.id, lambda token: token.name)


def _only_one(
    kind: str,
    name: str,
    things: Sequence[Thing],
    id_of: Callable[[Thing], str],
    name_of: Callable[[Thing], str],
) -> Thing:
    for thing in things:
        if id_of(thing) == name:
            return thing
    same = [thing for thing in things if name_of(thing) == name] or [
        thing for thing in things if name_of(thing).casefold() == name.casefold()
    ]
    if not same:
        plural = f"{kind}s".replace(" ", "-")
        where = "plants list --archived" if kind == "archived plant" else f"{plural} list"
        raise Stop(ExitCode.NOT_FOUND, f"There is no {kind} {name!r}.", f'"plantops {where}" shows them.')
    if len(same) > 1:
        ids = "\n".join(f"  {id_of(thing)}  {name_of(thing)}" for thing in same)
        raise Stop(ExitCode.USAGE, f"{len(same)} {kind}s are called {name!r}; name one by its id:\n{ids}")
    return same[0]


def _mac(value: str) -> str:
    digits = value.replace(":", "").replace("-", "").lower()
    return digits if len(digits) == 12 and all(digit in "0123456789abcdef" for digit in digits) else ""
