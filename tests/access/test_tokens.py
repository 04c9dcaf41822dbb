"""API tokens: shown once, kept as a hash, never mightier than their maker, gone when revoked."""

from __future__ import annotations

from plantops_server.access.local_admin import ensure_local_admin
from tests.running_server import Doors


async def test_a_token_is_shown_once_and_kept_as_a_hash(doors: Doors) -> None:
    admin = await doors.client("admin")
    made = (await admin.post("/api/tokens", json={"name": "backup script", "role": "viewer"})).json()
    secret = made["token"]
    assert secret.startswith("po_")
    assert len(secret) >= 3 + 43  # 256 bits in base64
    assert secret not in (await admin.get("/api/tokens")).text
    async with doors.house.db.connection() as conn:
        rows = await (await conn.execute("SELECT t::text AS line FROM api_tokens t")).fetchall()
    assert all(secret not in row["line"] for row in rows)
    script = await doors.client(headers={"Authorization": f"Bearer {secret}"})
    assert (await script.get("/api/auth/me")).json() == {
        "username": "admin", "role": "viewer", "via": "token", "token_name": "backup script",
    }  # fmt: skip


async def test_a_revoked_token_is_refused_at_its_next_request(doors: Doors) -> None:
    admin = await doors.client("admin")
    made = (await admin.post("/api/tokens", json={"name": "short-lived"})).json()
    script = await doors.client(headers={"Authorization": f"Bearer {made['token']}"})
    assert (await script.get("/api/plants")).status_code == 200
    assert (await admin.delete(f"/api/tokens/{made['id']}")).status_code == 204
    answer = await script.get("/api/plants")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_not_accepted")


async def test_a_token_expires(doors: Doors) -> None:
    admin = await doors.client("admin")
    made = (await admin.post("/api/tokens", json={"name": "an hour", "expires_in_s": 3600})).json()
    script = await doors.client(headers={"Authorization": f"Bearer {made['token']}"})
    doors.clock.advance(minutes=59)
    assert (await script.get("/api/plants")).status_code == 200
    doors.clock.advance(minutes=2)
    assert (await script.get("/api/plants")).status_code == 401


async def test_nobody_makes_a_token_above_the_own_role(doors: Doors) -> None:
    operator = await doors.client("operator")
    refused = await operator.post("/api/tokens", json={"name": "coup", "role": "admin"})
    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_high")
    assert (await operator.post("/api/tokens", json={"name": "mine"})).json()["role"] == "operator"


async def test_a_weak_token_of_an_admin_is_no_way_up(doors: Doors) -> None:
    admin = await doors.client("admin")
    weak = (await admin.post("/api/tokens", json={"name": "read only", "role": "viewer"})).json()
    strong = (await admin.post("/api/tokens", json={"name": "other", "role": "admin"})).json()
    reader = await doors.client(headers={"Authorization": f"Bearer {weak['token']}"})
    assert (await reader.post("/api/tokens", json={"name": "up", "role": "admin"})).status_code == 403
    assert (await reader.delete(f"/api/tokens/{strong['id']}")).status_code == 404
    assert (await reader.delete(f"/api/tokens/{weak['id']}")).status_code == 204


async def test_people_see_and_revoke_their_own_tokens_only(doors: Doors) -> None:
    admin, viewer, operator = (
        await doors.client("admin"),
        await doors.client("viewer"),
        await doors.client("operator"),
    )
    (mine,) = (await viewer.get("/api/tokens")).json()["items"]
    assert mine["username"] == "viewer"
    assert (await viewer.get(f"/api/tokens/{mine['id']}")).json() == mine
    assert (await admin.get(f"/api/tokens/{mine['id']}")).json()["name"] == mine["name"]
    assert (await operator.get(f"/api/tokens/{mine['id']}")).status_code == 404
    assert (await operator.delete(f"/api/tokens/{mine['id']}")).status_code == 404
    assert (await viewer.get("/api/auth/me")).status_code == 200
    everyone = (await admin.get("/api/tokens")).json()["items"]
    assert {token["username"] for token in everyone} == {"admin", "operator", "viewer"}


async def test_an_admin_makes_a_token_for_another_user_who_stays_what_he_is(doors: Doors) -> None:
    admin = await doors.client("admin")
    await doors.token("viewer", "ada")
    made = await admin.post("/api/tokens", json={"name": "for ada", "username": "ada", "role": "admin"})
    assert (made.json()["username"], made.json()["role"]) == ("ada", "viewer")
    viewer = await doors.client("viewer")
    assert (await viewer.post("/api/tokens", json={"name": "x", "username": "ada"})).status_code == 403


async def test_last_use_is_remembered_to_the_minute_not_at_every_request(doors: Doors) -> None:
    viewer = await doors.client("viewer")
    seen = []
    for _ in range(3):
        (token,) = (await viewer.get("/api/tokens")).json()["items"]
        seen.append(token["last_used_at"])
        doors.clock.advance(seconds=25)
    assert seen[0] == seen[1] == seen[2]
    doors.clock.advance(seconds=60)
    (token,) = (await viewer.get("/api/tokens")).json()["items"]
    assert token["last_used_at"] > seen[0]


async def test_the_local_admin_gets_a_private_file_that_is_kept_while_it_works(doors: Doors) -> None:
    file = doors.house.settings.admin_token_file
    async with doors.house.db.transaction() as conn:
        assert await ensure_local_admin(conn, file, doors.clock())
    first = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    async with doors.house.db.transaction() as conn:
        assert await ensure_local_admin(conn, file, doors.clock())
    assert file.read_text() == first
    client = await doors.client(headers={"Authorization": f"Bearer {first.strip()}"})
    assert (await client.get("/api/auth/me")).json()["role"] == "admin"


async def test_a_lost_or_revoked_admin_file_is_written_anew_and_the_old_token_is_gone(doors: Doors) -> None:
    file = doors.house.settings.admin_token_file
    async with doors.house.db.transaction() as conn:
        await ensure_local_admin(conn, file, doors.clock())
    lost = file.read_text().strip()
    file.unlink()
    async with doors.house.db.transaction() as conn:
        assert await ensure_local_admin(conn, file, doors.clock())
    old = await doors.client(headers={"Authorization": f"Bearer {lost}"})
    new = await doors.client(headers={"Authorization": f"Bearer {file.read_text().strip()}"})
    assert (await old.get("/api/auth/me")).status_code == 401
    assert (await new.get("/api/auth/me")).status_code == 200


async def test_an_admin_who_was_removed_on_purpose_does_not_come_back(doors: Doors) -> None:
    boss = await doors.client("admin")  # user "admin"
    await boss.post("/api/users", json={"username": "owner", "password": "long enough 1", "role": "admin"})
    (admin,) = [u for u in (await boss.get("/api/users")).json()["items"] if u["username"] == "admin"]
    await boss.delete(f"/api/users/{admin['id']}")
    async with doors.house.db.transaction() as conn:
        assert not await ensure_local_admin(conn, doors.house.settings.admin_token_file, doors.clock())
    assert not doors.house.settings.admin_token_file.exists()
