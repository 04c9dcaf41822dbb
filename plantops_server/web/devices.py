"""The pages of devices: the pairing window, the list, one device and what can be done to it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from plantops_api import wording
from plantops_api.wire import CalibrationBody, CommandBody, Device, DevicePatch, Pairing, PairingBody
from plantops_server import credentials, device_changes, downlinks, recalibration, roster
from plantops_server.devices import pairing, registry
from plantops_server.entrance import papers
from plantops_server.entrance.auth import Admin, HouseDep, Operator, Viewer
from plantops_server.entrance.house import House
from plantops_server.entrance.paging import PageDep
from plantops_server.store.database import Connection
from plantops_server.web.acting import acted, back, body_of, plants_to_choose
from plantops_server.web.forms import FieldsDep
from plantops_server.web.pages import render

router = APIRouter(prefix="/devices", include_in_schema=False)

DeviceId = Annotated[str, Path(max_length=100)]


@router.get("")
async def list_devices(request: Request, page: PageDep, house: HouseDep, caller: Viewer) -> Response:
    """Devices in use, the newest first, and whether others may register now."""
    now = house.clock()
    async with house.db.connection() as conn:
        rows = await roster.page_of_devices(conn, now, limit=page.fetch, after=page.after, q=page.q)
        window = await pairing.window(conn, now)
        places = await _places(conn) if caller.may("operator") else []
    found = page.page(rows, "id")
    return render(
        request, "devices.html", devices=[Device.model_validate(row) for row in found["items"]], places=places,
        q=page.q or "", next_cursor=found["next_cursor"], may_act=caller.may("operator"),
        pairing=Pairing(open=window is not None, **(window or {})), words=wording,
    )  # fmt: skip


@router.post("/pairing")
async def open_pairing(house: HouseDep, caller: Operator, fields: FieldsDep) -> Response:
    """Let devices register without a token for a while."""
    seconds = fields.number("seconds", "How long")
    body = body_of(PairingBody, seconds=300 if seconds is None else round(seconds))

    async def work() -> None:
        async with house.db.transaction() as conn:
            await pairing.open_window(conn, body.seconds, caller.username, house.clock())

    sentence = f"Devices may register for {wording.duration(body.seconds)}. Switch the new one on now."
    return await acted("/devices", sentence, work())


@router.post("/pairing/close")
async def close_pairing(house: HouseDep, _caller: Operator) -> Response:
    """Let no more devices register without a token."""

    async def work() -> None:
        async with house.db.transaction() as conn:
            await pairing.close_window(conn, house.clock())

    return await acted("/devices", "The pairing window is closed.", work())


@router.get("/{device_id}")
async def show_device(device_id: DeviceId, request: Request, house: HouseDep, caller: Viewer) -> Response:
    """One device, with what was rejected of it and the endpoints that its history suggests."""
    return await _page(request, house, caller.may("operator"), caller.may("admin"), device_id)


@router.post("/{device_id}")
async def change_device(
    device_id: DeviceId, house: HouseDep, _caller: Operator, fields: FieldsDep
) -> Response:
    """Another name or interval."""
    interval = fields.number("report_interval_s", "Report every")
    changes: dict[str, Any] = {"name": fields.text("name")}
    if interval is not None:
        changes["report_interval_s"] = round(interval)
    body = body_of(DevicePatch, **changes)

    async def work() -> None:
        async with house.db.transaction() as conn:
            await device_changes.change(conn, device_id, body, house.clock())
        await downlinks.send_pending_configs(house.db, house.downlink)

    return await acted(_home(device_id), "Saved. A device that sleeps learns of it when it wakes.", work())


@router.post("/{device_id}/plant")
async def tie_device(device_id: DeviceId, house: HouseDep, _caller: Operator, fields: FieldsDep) -> Response:
    """Put it into a plant, or into none."""
    plant_id = fields.text("plant_id")

    async def work() -> None:
        async with house.db.transaction() as conn:
            await device_changes.tie(conn, device_id, plant_id, house.clock())

    sentence = "It is tied to the plant." if plant_id else "It is tied to no plant now."
    return await acted(back(fields, _home(device_id)), sentence, work())


@router.post("/{device_id}/command")
async def command_device(
    device_id: DeviceId, house: HouseDep, _caller: Operator, fields: FieldsDep
) -> Response:
    """Send a command over MQTT."""
    command = body_of(CommandBody, command=fields.text("command")).command

    async def work() -> None:
        async with house.db.connection() as conn:
            await registry.get_device(conn, device_id)
        await downlinks.send_command(house.downlink, device_id, command)

    sentence = f"Sent “{command}”. One that sleeps gets it when it wakes."
    return await acted(back(fields, _home(device_id)), sentence, work())


@router.post("/{device_id}/calibration")
async def calibrate_device(
    device_id: DeviceId, house: HouseDep, _caller: Operator, fields: FieldsDep
) -> Response:
    """New endpoints of its soil probe."""
    body = body_of(
        CalibrationBody, dry=fields.number("dry", "Dry"), wet=fields.number("wet", "Wet"),
        rederive=fields.has("rederive"),
    )  # fmt: skip

    async def work() -> None:
        async with house.db.transaction() as conn:
            await recalibration.calibrate(conn, device_id, body, house.clock(), rederive=body.rederive)
        await downlinks.send_pending_configs(house.db, house.downlink)

    sentence = "Calibrated" + ("; its history is derived anew." if body.rederive else ".")
    return await acted(_home(device_id), sentence, work())


@router.post("/{device_id}/reenrolment")
async def allow_reenrolment(device_id: DeviceId, house: HouseDep, _caller: Admin) -> Response:
    """Let the same hardware register once more."""

    async def work() -> None:
        async with house.db.transaction() as conn:
            await device_changes.allow_reenrolment(conn, device_id, house.clock())

    sentence = "The same hardware may register once more within the hour; its old secret ends then."
    return await acted(_home(device_id), sentence, work())


@router.post("/{device_id}/rotate")
async def rotate_device(device_id: DeviceId, request: Request, house: HouseDep, _caller: Admin) -> Response:
    """A new secret, shown on this one answer."""
    issued = await credentials.rotate(house.db, house.accounts, device_id)
    return render(
        request, "device_secret.html", name=issued.row["name"] or device_id, device_id=device_id,
        papers=papers.registered(issued, house, request),
    )  # fmt: skip


@router.post("/{device_id}/decommission")
async def decommission_device(device_id: DeviceId, house: HouseDep, _caller: Admin) -> Response:
    """Shut it out; its readings stay."""

    async def work() -> None:
        await credentials.decommission(house.db, house.accounts, device_id, house.clock())
        await downlinks.clear_retained(house.downlink, device_id, house.retained_of(device_id))

    return await acted("/devices", "Decommissioned: it is shut out, and its readings stay.", work())


async def _page(request: Request, house: House, may_act: bool, may_admin: bool, device_id: str) -> Response:
    now = house.clock()
    async with house.db.connection() as conn:
        device = Device.model_validate(await roster.device(conn, device_id, now))
        has_probe = not device.sensor_types or "soil_moisture" in device.sensor_types
        suggestion = await recalibration.suggestion(conn, device_id, now) if has_probe and may_act else None
        places = await _places(conn) if may_act else []
    return render(
        request, "device.html", device=device, places=places, suggestion=suggestion, has_probe=has_probe,
        may_act=may_act, may_admin=may_admin, words=wording,
    )  # fmt: skip


async def _places(conn: Connection) -> list[tuple[str, str]]:
    """Plants in which a device may sit, with "none" first."""
    return [("", "– no plant –"), *await plants_to_choose(conn)]


def _home(device_id: str) -> str:
    return f"/devices/{device_id}"
