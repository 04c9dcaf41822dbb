"""Doors to devices, the pairing window and enrolment tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from plantops_api.wire import (
    Calibration,
    CalibrationBody,
    CalibrationSuggestion,
    CommandBody,
    CommandSent,
    Device,
    DevicePatch,
    EnrolmentToken,
    EnrolmentTokenBody,
    EnrolmentTokenCreated,
    Page,
    Pairing,
    PairingBody,
    ProvisionBody,
    Registered,
)
from plantops_server import credentials, device_changes, downlinks, recalibration, roster
from plantops_server.api import registration
from plantops_server.devices import enrolment_tokens, pairing, registry
from plantops_server.entrance import papers
from plantops_server.entrance.auth import Admin, HouseDep, Operator, Viewer
from plantops_server.entrance.house import House
from plantops_server.entrance.paging import PageDep

router = APIRouter(tags=["devices"])
router.include_router(registration.router)

DeviceId = Annotated[str, Path(max_length=100, examples=["dev_k3vq2mzt7a4h5c6xw2nq7yrd3e"])]
TokenId = Annotated[str, Path(max_length=100, examples=["ent_5jw4t6o2xq7h3c6a2nq7yrd3ek"])]


@router.get("/api/devices", response_model=Page[Device])
async def list_devices(page: PageDep, house: HouseDep, _caller: Viewer) -> dict[str, Any]:
    """Devices in use, the newest first; `q` looks into id, name, MAC address, plant, status and firmware."""
    async with house.db.connection() as conn:
        rows = await roster.page_of_devices(conn, house.clock(), limit=page.fetch, after=page.after, q=page.q)
    return page.page(rows, "id")


@router.get("/api/devices/{device_id}", response_model=Device)
async def get_device(device_id: DeviceId, house: HouseDep, _caller: Viewer) -> dict[str, Any]:
    """One device, with the reasons for which its packets or values were rejected."""
    return await _shown(house, device_id)


@router.patch("/api/devices/{device_id}", response_model=Device)
async def change_device(
    device_id: DeviceId, body: DevicePatch, house: HouseDep, _caller: Operator
) -> dict[str, Any]:
    """Change the fields that are given; null clears name or calibration.

    The device is told of a new interval or calibration by its retained `down/config`. New calibration endpoints also
    re-derive the soil moisture of the device's history.
    """
    async with house.db.transaction() as conn:
        await device_changes.change(conn, device_id, body, house.clock())
    await downlinks.send_pending_configs(house.db, house.downlink)
    return await _shown(house, device_id)


@router.post("/api/devices/{device_id}/calibration", response_model=Device)
async def calibrate_device(
    device_id: DeviceId, body: CalibrationBody, house: HouseDep, _caller: Operator
) -> dict[str, Any]:
    """Set the dry and the wet endpoint; by default the device's history is derived by them, too.

    A probe that counts less when wet has the larger number for dry. Endpoints within 0..100 are those of a probe that
    sends per cent itself.
    """
    endpoints_only = Calibration(dry=body.dry, wet=body.wet)
    async with house.db.transaction() as conn:
        await recalibration.calibrate(conn, device_id, endpoints_only, house.clock(), rederive=body.rederive)
    await downlinks.send_pending_configs(house.db, house.downlink)
    return await _shown(house, device_id)


@router.get("/api/devices/{device_id}/calibration/suggestion", response_model=CalibrationSuggestion)
async def suggest_calibration(device_id: DeviceId, house: HouseDep, _caller: Viewer) -> dict[str, Any]:
    """Endpoints from the plateaus after real waterings and the driest one; abstains without two waterings."""
    async with house.db.connection() as conn:
        return await recalibration.suggestion(conn, device_id, house.clock())


@router.delete("/api/devices/{device_id}", status_code=204)
async def delete_device(device_id: DeviceId, house: HouseDep, _caller: Admin) -> Response:
    """Decommission: the broker shuts the device out at once, its retained messages go, its readings stay."""
    await credentials.decommission(house.db, house.accounts, device_id, house.clock())
    await downlinks.clear_retained(house.downlink, device_id, house.retained_of(device_id))
    return Response(status_code=204)


@router.post("/api/devices/{device_id}/provision", response_model=Device)
async def provision_device(
    device_id: DeviceId, body: ProvisionBody, house: HouseDep, _caller: Operator
) -> dict[str, Any]:
    """Tie a device to a plant, or untie it with null. Readings keep the plant in which they were taken."""
    async with house.db.transaction() as conn:
        await device_changes.tie(conn, device_id, body.plant_id, house.clock())
    return await _shown(house, device_id)


@router.post("/api/devices/{device_id}/rotate", response_model=Registered)
async def rotate_device(
    device_id: DeviceId, request: Request, response: Response, house: HouseDep, _caller: Admin
) -> dict[str, Any]:
    """A new MQTT password, shown this once; a connection under the old one ends within a second."""
    issued = await credentials.rotate(house.db, house.accounts, device_id)
    response.headers.update(papers.SECRET_ANSWER)
    return papers.registered(issued, house, request)


@router.post("/api/devices/{device_id}/allow-reenrolment", response_model=Device)
async def allow_reenrolment(device_id: DeviceId, house: HouseDep, _caller: Admin) -> dict[str, Any]:
    """Let the same hardware register once more within the hour: it keeps its history, the old secret is revoked."""
    async with house.db.transaction() as conn:
        await device_changes.allow_reenrolment(conn, device_id, house.clock())
    return await _shown(house, device_id)


@router.post("/api/devices/{device_id}/command", response_model=CommandSent, status_code=202)
async def command_device(
    device_id: DeviceId, body: CommandBody, house: HouseDep, _caller: Operator
) -> dict[str, Any]:
    """Send a command over MQTT; 202 says that the broker has it, not that the device has done it."""
    async with house.db.connection() as conn:
        await registry.get_device(conn, device_id)
    await downlinks.send_command(house.downlink, device_id, body.command)
    return {"device_id": device_id, "command": body.command, "sent_at": house.clock()}


# --- pairing ----------------------------------------------------------------------------------------------


@router.get("/api/pairing", response_model=Pairing)
async def get_pairing(house: HouseDep, _caller: Viewer) -> dict[str, Any]:
    """Whether devices may register without a token now, and until when."""
    async with house.db.connection() as conn:
        window = await pairing.window(conn, house.clock())
    return {"open": window is not None, **(window or {})}


@router.post("/api/pairing", response_model=Pairing)
async def open_pairing(house: HouseDep, caller: Operator, body: PairingBody | None = None) -> dict[str, Any]:
    """Open the pairing window, or open it anew; it closes by itself (default: after 5 minutes)."""
    seconds = (body or PairingBody()).seconds
    async with house.db.transaction() as conn:
        window = await pairing.open_window(conn, seconds, caller.username, house.clock())
    return {"open": True, **window}


@router.delete("/api/pairing", status_code=204)
async def close_pairing(house: HouseDep, _caller: Operator) -> Response:
    """Close the pairing window."""
    async with house.db.transaction() as conn:
        await pairing.close_window(conn, house.clock())
    return Response(status_code=204)


# --- enrolment tokens -------------------------------------------------------------------------------------


@router.get("/api/enrolment-tokens", response_model=Page[EnrolmentToken])
async def list_enrolment_tokens(page: PageDep, house: HouseDep, _caller: Admin) -> dict[str, Any]:
    """Enrolment tokens, without their secrets."""
    async with house.db.connection() as conn:
        rows = await enrolment_tokens.list_tokens(conn, page.fetch, page.after, page.q)
    return page.page(rows, "id")


@router.post("/api/enrolment-tokens", response_model=EnrolmentTokenCreated, status_code=201)
async def create_enrolment_token(
    body: EnrolmentTokenBody, response: Response, house: HouseDep, caller: Admin
) -> dict[str, Any]:
    """Make a token with which `uses` devices may register (default: one, within 24 h). Shown this once."""
    lifetime = None if body.expires_in_s is None else timedelta(seconds=body.expires_in_s)
    async with house.db.transaction() as conn:
        made = await enrolment_tokens.make_token(
            conn, body.name, body.uses, lifetime, caller.username, house.clock()
        )
    response.headers.update(papers.SECRET_ANSWER)
    return {**made.row, "token": made.secret}


@router.get("/api/enrolment-tokens/{token_id}", response_model=EnrolmentToken)
async def get_enrolment_token(token_id: TokenId, house: HouseDep, _caller: Admin) -> dict[str, Any]:
    """One enrolment token, without its secret."""
    async with house.db.connection() as conn:
        return await enrolment_tokens.get_token(conn, token_id)


@router.delete("/api/enrolment-tokens/{token_id}", status_code=204)
async def delete_enrolment_token(token_id: TokenId, house: HouseDep, _caller: Admin) -> Response:
    """Revoke a token; devices that registered with it stay."""
    async with house.db.transaction() as conn:
        await enrolment_tokens.revoke_token(conn, token_id)
    return Response(status_code=204)


async def _shown(house: House, device_id: str) -> dict[str, Any]:
    async with house.db.connection() as conn:
        return await roster.device(conn, device_id, house.clock())
