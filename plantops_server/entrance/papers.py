"""What a device is handed when it is let in, or given a new password: the one answer that holds its secret."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from plantops_api import topics
from plantops_server.broker.address import Address
from plantops_server.credentials import Issued
from plantops_server.entrance.house import House

SECRET_ANSWER = {"Cache-Control": "no-store"}
"""Headers of answers that hold a secret."""


def registered(issued: Issued, house: House, request: Request) -> dict[str, Any]:
    """The answer of registration and of rotate (``wire.Registered``)."""
    device_id = issued.account.device_id
    broker = public_broker(house, request)
    return {
        "device_id": device_id,
        "status": issued.row["status"],
        "mqtt": {
            "host": broker.host, "port": broker.port, "tls": broker.tls, "client_id": issued.account.client_id,
            "username": issued.account.username, "password": issued.account.password,
        },
        "topics": {
            "telemetry": topics.telemetry(device_id), "status": topics.status(device_id),
            "config": topics.config(device_id), "command": topics.command(device_id),
        },
        "report_interval_s": issued.row["report_interval_s"],
    }  # fmt: skip


def public_broker(house: House, request: Request) -> Address:
    """Where devices find the broker: as configured, else on the host whose API they have just reached."""
    settings = house.settings
    if settings.mqtt_public_url:
        return Address.from_url(settings.mqtt_public_url)
    broker = Address.from_url(settings.mqtt_url or f"mqtt://localhost:{settings.mqtt_port}")
    return broker._replace(host=request.url.hostname or broker.host)
