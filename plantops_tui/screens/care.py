"""What can be done to a plant from more than one screen."""

from __future__ import annotations

from plantops_api import wire
from plantops_tui.screens.house import HouseScreen, Undo


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
