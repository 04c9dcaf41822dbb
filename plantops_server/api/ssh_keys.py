"""Doors to the SSH keys of people, and to the sessions that an SSH door opens for them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from plantops_api.wire import Page, SshKey, SshKeyBody, SshSessionBody, TokenCreated
from plantops_server.access import ssh_keys
from plantops_server.entrance.auth import Admin, HouseDep, Viewer
from plantops_server.entrance.paging import PageDep

router = APIRouter(prefix="/api", tags=["access"])


@router.get("/users/{user_id}/ssh-keys", response_model=Page[SshKey])
async def list_ssh_keys(user_id: str, page: PageDep, house: HouseDep, caller: Viewer) -> dict[str, Any]:
    """SSH keys of a user: your own (`me` stands for you) or, as admin, anybody's."""
    async with house.db.connection() as conn:
        owner = await ssh_keys.owner_of_keys(conn, caller, user_id)
        rows = await ssh_keys.list_keys(conn, owner["id"], page.fetch, page.after, page.q)
    return page.page(rows, "id")


@router.post("/users/{user_id}/ssh-keys", response_model=SshKey, status_code=201)
async def add_ssh_key(user_id: str, body: SshKeyBody, house: HouseDep, caller: Viewer) -> dict[str, Any]:
    """Add a public key that logs you (`me`) in over SSH or, as admin, somebody else. A key has one user (409)."""
    async with house.db.transaction() as conn:
        return await ssh_keys.add_key(conn, caller, user_id, body.public_key, house.clock())


@router.delete("/users/{user_id}/ssh-keys/{key_id}", status_code=204)
async def remove_ssh_key(user_id: str, key_id: str, house: HouseDep, caller: Viewer) -> Response:
    """Take a key away: nobody gets in with it, and the next request of a session that it opened is refused."""
    async with house.db.transaction() as conn:
        await ssh_keys.remove_key(conn, caller, user_id, key_id)
    return Response(status_code=204)


@router.get("/ssh-keys", response_model=Page[SshKey])
async def list_all_ssh_keys(
    page: PageDep, house: HouseDep, _caller: Admin,
    fingerprint: Annotated[str | None, Query(max_length=100, description="Only the key with this one")] = None,
) -> dict[str, Any]:  # fmt: skip
    """Everybody's SSH keys, or the one with a fingerprint: what an SSH door asks."""
    async with house.db.connection() as conn:
        rows = await ssh_keys.list_keys(conn, None, page.fetch, page.after, page.q, fingerprint)
    return page.page(rows, "id")


@router.post("/ssh-sessions", response_model=TokenCreated, status_code=201)
async def open_ssh_session(
    body: SshSessionBody, response: Response, house: HouseDep, _caller: Admin
) -> dict[str, Any]:
    """Let an SSH door act as a user who proved a key: a token for a day, ended earlier by DELETE /api/tokens/{id}."""
    response.headers["Cache-Control"] = "no-store"
    async with house.db.transaction() as conn:
        return await ssh_keys.open_session(conn, body.username, body.fingerprint, body.address, house.clock())
