"""What can be done to a plant from more than one screen."""

from __future__ import annotations

from plantops_api import wire
from plantops_tui import wording
from plantops_tui.screens.house import HouseScreen, Undo

_TELL_AGAIN = 0
_QUIET_FOR = [("2 hours", 7_200), ("1 day", 86_400), ("1 week", 604_800), ("4 weeks", 2_419_200)]


def acknowledge(screen: HouseScreen, card: wire.PlantCard) -> None:
    """Acknowledge every open alert of a plant that is not acknowledged yet; can be undone."""
    client = screen.client
    acked: list[int] = []

    async def ack_all() -> None:
        plant = await client.get_plant(card.id)
        for alert in plant.open_alerts:
            if alert.acked_at is None:
                await client.ack_alert(alert.id)
                acked.append(alert.id)

    async def take_back() -> None:
        for alert_id in acked:
            await client.unack_alert(alert_id)

    screen.perform(
        f"acknowledge the alerts of {card.name}",
        ack_all,
        f"Acknowledged the alerts of {card.name}.",
        Undo("take that back", take_back, f"The alerts of {card.name} are open again."),
    )


def log_watering(screen: HouseScreen, card: wire.PlantCard) -> None:
    """Ask for amount and note, then log a watering now."""
    from plantops_tui.screens.watering import WateringDialog

    def given(body: wire.WateringBody | None) -> None:
        if body is not None:
            screen.perform(
                f"log the watering of {card.name}",
                lambda: screen.client.log_watering(card.id, body),
                f"Logged: {card.name} was watered.",
            )

    screen.app.push_screen(WateringDialog(card.name), given)


def take_watering_back(screen: HouseScreen, card: wire.PlantCard, watering: wire.Watering) -> None:
    """Say that a watering was none, after a question; one that the readings showed is not found again."""
    from plantops_tui.screens.choice import ChoiceDialog

    when = wording.stamp(screen.house.pen(), watering.at)
    seen = " It is not found again in these readings." if watering.moisture_before is not None else ""
    question = f"Take back the watering of {card.name}, {when}?{seen} The forecast does without it."

    def answered(sure: int | None) -> None:
        if sure:
            screen.perform(
                "take that watering back",
                lambda: screen.client.take_watering_back(card.id, watering.id),
                f"Taken back: {card.name} was not watered {when}.",
            )

    screen.app.push_screen(ChoiceDialog(question, [("keep it", None), ("take it back", 1)]), answered)


def copies(plant_id: str) -> list[tuple[str, str]]:
    """What can be copied of a plant."""
    return [
        ("id", plant_id),
        ("show", f"plantops plants show {plant_id}"),
        ("export", f"plantops plants export {plant_id} --to readings.csv"),
    ]


def keep_quiet(screen: HouseScreen, card: wire.PlantCard) -> None:
    """Ask how long nothing shall be told about a plant, as on repotting day; what is quiet can be told again."""
    from plantops_tui.screens.choice import ChoiceDialog

    quiet = wording.maintenance(screen.house.pen(), card)
    question = f"Tell nothing about {card.name} for" if not quiet else f"{card.name} is {quiet}. From now"
    again = [("tell again", _TELL_AGAIN)] if quiet else []
    screen.app.push_screen(
        ChoiceDialog(question, [*again, *_QUIET_FOR]), lambda chosen: _keep_quiet(screen, card, chosen)
    )


def _keep_quiet(screen: HouseScreen, card: wire.PlantCard, seconds: int | None) -> None:
    client = screen.client
    if seconds is None:
        return
    if seconds == _TELL_AGAIN:
        screen.perform(
            "end that",
            lambda: client.end_maintenance(card.id),
            f"{card.name}: what goes wrong is told again.",
        )
        return
    length = wording.duration(seconds)
    screen.perform(
        f"keep {card.name} quiet",
        lambda: client.begin_maintenance(wire.MaintenanceBody(seconds=seconds), card.id),
        f"{card.name}: nothing is told for {length}; alerts still open.",
        Undo(
            "end that",
            lambda: client.end_maintenance(card.id),
            f"{card.name}: what goes wrong is told again.",
        ),
    )
