"""SSH public keys of people: strictly read, one user each, and sessions that go with their key."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from plantops_server.access.public_keys import parse_public_key
from plantops_server.errors import NotAnSshKey
from tests.running_server import Doors

ED25519 = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(range(32))).decode()
LINE = f"ssh-ed25519 {ED25519} ada@laptop"


def keygen(folder: Path, *words: str) -> str:
    """The public line of a pair that OpenSSH made."""
    path = folder / "-".join(words).replace("/", "_")
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-C", "of a test", "-f", path, *words], check=True)
    return path.with_name(path.name + ".pub").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("-t", "ed25519"),
        ("-t", "ecdsa", "-b", "256"),
        ("-t", "ecdsa", "-b", "521"),
        ("-t", "rsa", "-b", "2048"),
    ],
    ids=" ".join,
)
def test_what_openssh_makes_is_accepted_with_the_fingerprint_that_openssh_prints(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    line = keygen(tmp_path, *words)
    key = parse_public_key(line)
    printed = subprocess.run(
        ["ssh-keygen", "-l", "-f", "-"], input=line, capture_output=True, text=True, check=True
    ).stdout
    assert key.fingerprint == printed.split()[1]
    assert key.comment == "of a test"


def security_key(kind: str, *fields: bytes) -> str:
    data = b"".join(len(part).to_bytes(4, "big") + part for part in (kind.encode(), *fields))
    return f"{kind} {base64.b64encode(data).decode()}"


def test_security_keys_are_accepted() -> None:
    assert parse_public_key(security_key("sk-ssh-ed25519@openssh.com", b"\1" * 32, b"ssh:")).comment == ""
    point = b"\4" + b"\1" * 64
    parse_public_key(security_key("sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", point, b"ssh:"))


RSA_1024 = security_key("ssh-rsa", b"\1\0\1", b"\0" + b"\xff" * 128)

WRONG = {
    "nothing": "ssh-ed25519",
    "options before it": f'command="sh" {LINE}',
    "a type that we do not know": f"ssh-dss {ED25519}",
    "a certificate": f"ssh-ed25519-cert-v01@openssh.com {ED25519}",
    "another type than it says": f"ssh-rsa {ED25519}",
    "no base64": "ssh-ed25519 AAAA*",
    "sloppy base64": f"ssh-ed25519 {ED25519[:-1]}",
    "cut off": "ssh-ed25519 " + base64.b64encode(base64.b64decode(ED25519)[:-1]).decode(),
    "more than its type has": "ssh-ed25519 " + base64.b64encode(base64.b64decode(ED25519) + b"x").decode(),
    "two lines": f"{LINE}\n{LINE}",
    "a second line hidden behind a carriage return": f"{LINE}\rssh-rsa AAAA",
    "a weak key": RSA_1024,
    "no point of the curve": security_key("ecdsa-sha2-nistp256", b"nistp384", b"\4" + b"\1" * 96),
    "a security key without application": security_key("sk-ssh-ed25519@openssh.com", b"\1" * 32, b""),
}


@pytest.mark.parametrize("line", WRONG.values(), ids=WRONG.keys())
def test_anything_else_is_refused(line: str) -> None:
    with pytest.raises(NotAnSshKey):
        parse_public_key(line)


async def test_a_private_key_is_refused_and_not_repeated(doors: Doors) -> None:
    admin = await doors.client("admin")
    body = {"public_key": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE\n-----END"}
    answer = await admin.post("/api/users/me/ssh-keys", json=body)
    assert answer.status_code == 422
    assert "private key" in answer.json()["detail"]
    assert "b3BlbnNz" not in answer.text


async def test_a_key_is_kept_with_its_comment_made_safe_and_taken_away_again(doors: Doors) -> None:
    viewer = await doors.client("viewer")
    added = await viewer.post(
        "/api/users/me/ssh-keys", json={"public_key": f"  {LINE}\x1b]0;owned\x07 \u202e" + "x" * 200 + "\n"}
    )
    assert added.status_code == 201
    key = added.json()
    assert key["public_key"] == f"ssh-ed25519 {ED25519}"
    assert key["username"] == "viewer"
    assert key["comment"].startswith("ada@laptop xx")
    assert len(key["comment"]) == 120
    assert (await viewer.get("/api/users/me/ssh-keys")).json()["items"] == [key]
    assert (await viewer.delete(f"/api/users/me/ssh-keys/{key['id']}")).status_code == 204
    assert (await viewer.get("/api/users/me/ssh-keys")).json()["items"] == []
    again = await viewer.delete(f"/api/users/me/ssh-keys/{key['id']}")
    assert (again.status_code, again.json()["code"]) == (404, "ssh_key_not_found")


async def test_a_key_has_one_user_only(doors: Doors) -> None:
    viewer, admin = await doors.client("viewer"), await doors.client("admin")
    assert (await viewer.post("/api/users/me/ssh-keys", json={"public_key": LINE})).status_code == 201
    for client in (viewer, admin):
        answer = await client.post("/api/users/me/ssh-keys", json={"public_key": LINE + " again"})
        assert (answer.status_code, answer.json()["code"]) == (409, "ssh_key_taken")


async def test_only_an_admin_reaches_the_keys_of_others(doors: Doors) -> None:
    viewer, operator, admin = [await doors.client(role) for role in ("viewer", "operator", "admin")]
    await viewer.post("/api/users/me/ssh-keys", json={"public_key": LINE})
    people = {user["username"]: user["id"] for user in (await admin.get("/api/users")).json()["items"]}
    path = f"/api/users/{people['viewer']}/ssh-keys"
    (key,) = (await admin.get(path)).json()["items"]
    for answer in (
        await operator.get(path),
        await operator.post(path, json={"public_key": LINE}),
        await operator.delete(f"{path}/{key['id']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "user_not_found")
    found = await admin.get("/api/ssh-keys", params={"fingerprint": key["fingerprint"]})
    assert [item["username"] for item in found.json()["items"]] == ["viewer"]
    assert (await admin.get("/api/ssh-keys", params={"fingerprint": "SHA256:x"})).json()["items"] == []
    assert (await admin.delete(f"{path}/{key['id']}")).status_code == 204


async def test_a_weak_token_of_an_admin_cannot_let_a_key_in(doors: Doors) -> None:
    admin = await doors.client("admin")
    weak = (await admin.post("/api/tokens", json={"name": "read only", "role": "viewer"})).json()["token"]
    reader = await doors.client(headers={"Authorization": f"Bearer {weak}"})
    answer = await reader.post("/api/users/me/ssh-keys", json={"public_key": LINE})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_a_session_acts_as_the_user_of_the_key_and_ends_with_the_key(doors: Doors) -> None:
    operator, admin = await doors.client("operator"), await doors.client("admin")
    key = (await operator.post("/api/users/me/ssh-keys", json={"public_key": LINE})).json()
    body = {"username": "operator", "fingerprint": key["fingerprint"], "address": "192.0.2.7"}
    opened = (await admin.post("/api/ssh-sessions", json=body)).json()
    session = await doors.client(headers={"Authorization": f"Bearer {opened['token']}"})
    assert (await session.get("/api/auth/me")).json() == {
        "username": "operator", "role": "operator", "via": "token", "token_name": "ssh session from 192.0.2.7",
    }  # fmt: skip
    (used,) = (await operator.get("/api/users/me/ssh-keys")).json()["items"]
    assert used["last_used_at"] is not None
    assert (await operator.delete(f"/api/users/me/ssh-keys/{key['id']}")).status_code == 204
    assert (await session.get("/api/plants")).status_code == 401


async def test_a_session_can_end_itself_and_lasts_a_day_at_most(doors: Doors) -> None:
    await doors.client("viewer")
    admin = await doors.client("admin")
    ended, forgotten = [
        (await admin.post("/api/ssh-sessions", json={"username": "viewer"})).json() for _ in range(2)
    ]
    session = await doors.client(headers={"Authorization": f"Bearer {ended['token']}"})
    assert (await session.delete(f"/api/tokens/{ended['id']}")).status_code == 204
    assert (await session.get("/api/plants")).status_code == 401
    left = await doors.client(headers={"Authorization": f"Bearer {forgotten['token']}"})
    assert (await left.get("/api/plants")).status_code == 200
    doors.clock.advance(hours=24, seconds=1)
    assert (await left.get("/api/plants")).status_code == 401
    await admin.post("/api/ssh-sessions", json={"username": "viewer"})
    names = [token["id"] for token in (await admin.get("/api/tokens")).json()["items"]]
    assert forgotten["id"] not in names


async def test_a_session_is_opened_only_for_the_user_of_the_key(doors: Doors) -> None:
    viewer, admin = await doors.client("viewer"), await doors.client("admin")
    key = (await viewer.post("/api/users/me/ssh-keys", json={"public_key": LINE})).json()
    body = {"username": "admin", "fingerprint": key["fingerprint"]}
    assert (await admin.post("/api/ssh-sessions", json=body)).json()["code"] == "ssh_key_not_found"
    body = {"username": "nobody"}
    assert (await admin.post("/api/ssh-sessions", json=body)).json()["code"] == "user_not_found"
