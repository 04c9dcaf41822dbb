"""The settings of enrolment: tokens with which devices register while no pairing window is open. For admins."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from plantops_api.wire import EnrolmentTokenBody
from plantops_server.devices import enrolment_tokens
from plantops_server.entrance.auth import Admin, HouseDep
from plantops_server.web.acting import acted, body_of, handed_over
from plantops_server.web.forms import FieldsDep
from plantops_server.web.pages import render

router = APIRouter(prefix="/settings/enrolment", include_in_schema=False)

HOME = "/settings/enrolment"
LIVES = ((3_600, "an hour"), (86_400, "a day"), (604_800, "a week"), (31_536_000, "a year"))
"""How long a token may be used, in s."""
_MOST = 500


@router.get("")
async def enrolment(request: Request, house: HouseDep, _caller: Admin) -> Response:
    """The tokens, without their secrets."""
    async with house.db.connection() as conn:
        rows = await enrolment_tokens.list_tokens(conn, _MOST)
    return render(request, "enrolment.html", tokens=rows, lives=LIVES)


@router.post("")
async def create_token(request: Request, house: HouseDep, caller: Admin, fields: FieldsDep) -> Response:
    """A token, shown on this one answer."""
    uses, seconds = (
        fields.number("uses", "For how many devices"),
        fields.number("expires_in_s", "How long"),
    )
    body = body_of(
        EnrolmentTokenBody, name=fields.text("name") or "", uses=1 if uses is None else uses,
        expires_in_s=seconds,
    )  # fmt: skip
    lifetime = None if body.expires_in_s is None else timedelta(seconds=body.expires_in_s)
    async with house.db.transaction() as conn:
        made = await enrolment_tokens.make_token(
            conn, body.name, body.uses, lifetime, caller.username, house.clock()
        )
    sentence = f"{made.row['uses_left']} device(s) may register with it. It is shown this once."
    return handed_over(request, "Enrolment token", sentence, made.secret, HOME, "settings")


@router.post("/{token_id}/revoke")
async def revoke_token(
    token_id: Annotated[str, Path(max_length=100)], house: HouseDep, _caller: Admin
) -> Response:
    """Nobody registers with it any more."""

    async def work() -> None:
        async with house.db.transaction() as conn:
            await enrolment_tokens.revoke_token(conn, token_id)

    return await acted(HOME, "Revoked. Devices that registered with it stay.", work())
