"""Users and who may manage them."""

from __future__ import annotations

from tests.running_server import Doors


async def test_a_user_is_made_shown_changed_and_removed(doors: Doors) -> None:
    admin = await doors.client("admin")
    made = await admin.post(
        "/api/users", json={"username": "ada", "password": "long enough 1", "role": "viewer"}
    )
    assert made.status_code == 201
    user = made.json()
    assert user["has_password"]
    assert "password" not in made.text.replace("has_password", "")
    changed = await admin.patch(f"/api/users/{user['id']}", json={"role": "operator"})
    assert changed.json()["role"] == "operator"
    assert (await admin.delete(f"/api/users/{user['id']}")).status_code == 204
    assert (await admin.get(f"/api/users/{user['id']}")).status_code == 404


async def test_two_users_cannot_have_one_name(doors: Doors) -> None:
    admin = await doors.client("admin")
    body = {"username": "ada", "password": "long enough 1"}
    assert (await admin.post("/api/users", json=body)).status_code == 201
    again = await admin.post("/api/users", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "username_taken")


async def test_the_last_admin_can_neither_go_nor_step_down(doors: Doors) -> None:
    admin = await doors.client("admin")
    (me,) = (await admin.get("/api/users")).json()["items"]
    for answer in (
        await admin.delete(f"/api/users/{me['id']}"),
        await admin.patch(f"/api/users/{me['id']}", json={"role": "viewer"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    await admin.post("/api/users", json={"username": "second", "password": "long enough 1", "role": "admin"})
    assert (await admin.delete(f"/api/users/{me['id']}")).status_code == 204


async def test_a_removed_user_is_out_at_once(doors: Doors) -> None:
    admin = await doors.client("admin")
    viewer = await doors.client("viewer")
    assert (await viewer.get("/api/auth/me")).status_code == 200
    (user,) = [u for u in (await admin.get("/api/users")).json()["items"] if u["username"] == "viewer"]
    await admin.delete(f"/api/users/{user['id']}")
    assert (await viewer.get("/api/auth/me")).status_code == 401


async def test_a_demoted_user_holds_no_mightier_token(doors: Doors) -> None:
    admin = await doors.client("admin")
    operator = await doors.client("operator")
    (user,) = [u for u in (await admin.get("/api/users")).json()["items"] if u["username"] == "operator"]
    await admin.patch(f"/api/users/{user['id']}", json={"role": "viewer"})
    assert (await operator.post("/api/plants", json={"name": "x"})).status_code == 403


async def test_users_come_in_pages(doors: Doors) -> None:
    admin = await doors.client("admin")
    for name in ("bea", "cid", "dan"):
        await doors.token("viewer", name)
    first = (await admin.get("/api/users", params={"limit": 2})).json()
    second = (await admin.get("/api/users", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [u["username"] for u in first["items"] + second["items"]] == ["admin", "bea", "cid", "dan"]
    assert second["next_cursor"] is None
