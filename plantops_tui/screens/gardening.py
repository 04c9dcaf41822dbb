"""Plants come and go: add one, change what is said about it, archive it."""

from __future__ import annotations

from plantops_api import errors, wire
from plantops_tui.screens.house import HouseScreen, Undo


def add_plant(screen: HouseScreen) -> None:
    """Ask for a new plant, then open it: the next step is its device."""
    from plantops_tui.screens.form import Values
    from plantops_tui.screens.plant_form import PlantForm, body_of

    async def save(values: Values) -> object:
        return await screen.client.create_plant(body_of(values))

    def answered(plant: object) -> None:
        if isinstance(plant, wire.Plant):
            screen.house.say(f"Added {plant.name}. Tie a device to it: 2, then t.")
            screen.load()
            screen.house.open_plant(plant.id)

    screen.app.push_screen(PlantForm(screen.client, "A new plant", save), answered)


def edit_plant(screen: HouseScreen, card: wire.PlantCard) -> None:
    """Read the plant as it is now, then ask what shall be said about it."""

    async def read_first() -> None:
        try:
            plant = await screen.client.get_plant(card.id)
        except errors.ApiError as problem:
            screen.house.say(
                f"Could not read {card.name}. {problem.message} {problem.advice}".strip(), bad=True
            )
        else:
            _ask(screen, plant)

    screen.run_worker(read_first(), group="edit", exclusive=True, exit_on_error=False)


def _ask(screen: HouseScreen, plant: wire.Plant) -> None:
    from plantops_tui.screens.form import Values
    from plantops_tui.screens.plant_form import PlantForm, body_of

    async def save(values: Values) -> object:
        return await screen.client.replace_plant(plant.id, body_of(values, plant))

    def answered(changed: object) -> None:
        if isinstance(changed, wire.Plant):
            screen.house.say(f"Saved {changed.name}.")
            screen.load()

    screen.app.push_screen(PlantForm(screen.client, f"Change {plant.name}", save, plant), answered)


def archive_plant(screen: HouseScreen, card: wire.PlantCard) -> None:
    """Archive a plant after a question; can be undone, its devices included."""
    from plantops_tui.screens.choice import ChoiceDialog

    question = (
        f"Archive {card.name}? It leaves the dashboard, its alerts close and its devices are untied; "
        "its history stays."
    )
    screen.app.push_screen(
        ChoiceDialog(question, [("keep it", None), (f"archive {card.name}", 1)]),
        lambda sure: _archive(screen, card) if sure else None,
    )


def _archive(screen: HouseScreen, card: wire.PlantCard) -> None:
    client = screen.client
    tied: list[str] = []

    async def archive() -> None:
        tied.extend(device.id for device in await client.plant_devices(card.id))
        await client.delete_plant(card.id)

    async def take_back() -> None:
        await client.restore_plant(card.id)
        for device_id in tied:
            # A device that was given to another plant meanwhile stays there.
            if (await client.get_device(device_id)).plant_id is None:
                await client.provision_device(device_id, card.id)

    screen.perform(
        f"archive {card.name}", archive, f"Archived {card.name}.",
        Undo("take that back", take_back, f"{card.name} is back, with its devices."),
    )  # fmt: skip
