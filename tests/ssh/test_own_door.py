"""``plantops ssh serve``: its key, its limits, its log, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import asyncssh
import pytest

from plantops_cli.ssh.porter import Porter
from plantops_cli.ssh.rules import SIT_DOWN_WITHIN_S, Turnstile
from plantops_server.stack import ports
from tests.ssh.conftest import PLANT, OwnDoor, Site, ask, eventually, own_door, run_all, ssh
from tests.ssh.test_both_doors import terminal

KEYS = {name: asyncssh.generate_private_key("ssh-ed25519") for name in ("admin", "viewer", "stranger")}


class Registered(NamedTuple):
    """A registered key."""

    username: str
    fingerprint: str


def test_the_host_key_is_made_once_and_the_printed_line_works(site: Site, tmp_path: Path) -> None:
    with own_door(site, "--local-key", data_dir=tmp_path) as door:
        login = door.notice["login"]
        key = (tmp_path / "ssh" / "host_key").read_bytes()
        for name in ("host_key", "local_key"):
            assert stat.S_IMODE((tmp_path / "ssh" / name).stat().st_mode) == 0o600
        assert login in door.log.read_text()
        listed = subprocess.run(  # noqa: S602 - through a shell, as people do who copy the line
            f"{login} -o BatchMode=yes -- plants list --json", shell=True, capture_output=True, text=True, check=True,
            timeout=30, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert json.loads(listed.stdout)[0]["name"] == PLANT
        door.close()
        assert door.notice == {}
    with own_door(site, "--local-key", data_dir=tmp_path) as door:
        assert (tmp_path / "ssh" / "host_key").read_bytes() == key
        assert door.notice["login"].split("-i")[1] == login.split("-i")[1]


def test_a_taken_port_is_said_and_the_next_free_one_is_used(site: Site) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        taken = squatter.getsockname()[1]
        with own_door(site, "--port", str(taken)) as door:
            assert door.port > taken
            assert f"Port {taken} is taken, so the SSH door listens on {door.port}." in door.log.read_text()


def test_each_session_leaves_a_line_in_the_log(site: Site) -> None:
    person = site.person()
    with own_door(site) as door:
        ask(door, person, "alerts", "list", "--plant", "'a b'", "--json")
        ask(door, site.key(f"unknown{door.port}"), "plants", "list")
        assert eventually(lambda: "ssh refused" in door.log.read_text())
        lines = door.log.read_text().splitlines()
    (line,) = [line for line in lines if "ssh session" in line]
    assert f"address=127.0.0.1 user={person.name} key=SHA256:" in line
    assert "asked=\"alerts list --plant 'a b' --json\" term=- size=- duration_s=" in line
    assert [line for line in lines if "ssh refused address=127.0.0.1 keys_offered=1" in line]


def test_more_sessions_than_may_be_are_refused_and_a_freed_seat_is_taken_again(site: Site) -> None:
    person = site.person()
    with own_door(site, "--max-sessions", "1") as door:
        first = subprocess.Popen(
            ssh(door, person.key, "127.0.0.1", "--", "telemetry", "tail"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert eventually(lambda: bool(person.sessions()))
        refused = ask(door, person, "plants", "list")
        assert refused.returncode == 255
        assert "As many sessions as may be are open" in refused.stderr
        first.kill()
        first.wait()
        assert eventually(lambda: person.sessions() == {})
        assert eventually(lambda: ask(door, person, "plants", "list").returncode == 0)


def test_weak_algorithms_are_not_spoken(site: Site, our_door: OwnDoor) -> None:
    """SHA-1 in the key exchange, in the codes of messages, in the signature that proves a key."""
    person, rsa = site.person(), site.folder / "rsa"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(rsa)], check=True)
    (user,) = [u for u in site.admin.get("/api/users").json()["items"] if u["username"] == person.name]
    public = {"public_key": rsa.with_suffix(".pub").read_text()}
    site.admin.post(f"/api/users/{user['id']}/ssh-keys", json=public).raise_for_status()
    plain = ("-o", "Ciphers=aes128-ctr")
    for weak in (
        "KexAlgorithms=diffie-hellman-group14-sha1",
        "MACs=hmac-sha1",
        "PubkeyAcceptedAlgorithms=ssh-rsa",
    ):
        refused = ask(our_door, rsa, "--version", options=(*plain, "-o", weak))
        assert (refused.returncode, refused.stdout) == (255, ""), weak
    assert ask(our_door, rsa, "--version", options=plain).returncode == 0


def test_one_address_may_come_so_often_a_minute(site: Site) -> None:
    person = site.person()
    with own_door(site, "--per-minute", "3") as door:
        tries = run_all(door, {str(n): (person, "--version") for n in range(6)})
        assert sorted(ended.code for ended in tries.values()) == [0, 0, 0, 255, 255, 255]


async def test_whoever_asked_about_a_key_last_is_not_taken_for_the_owner_of_one_before() -> None:
    """Many keys may be asked about; what counts is the one asked about in the step that ends in success."""
    registered = {key.get_fingerprint("sha256"): name for name, key in KEYS.items() if name != "stranger"}

    class Hall:
        async def owner_of(self, fingerprint: str) -> Registered | None:
            name = registered.get(fingerprint)
            return Registered(name, fingerprint) if name else None

        def known(self, porter: Porter) -> None:
            assert porter.username

    porter = Porter(Hall())  # type: ignore[arg-type]
    assert await porter.validate_public_key("admin", KEYS["admin"])
    assert porter.username == ""
    assert not await porter.validate_public_key("admin", KEYS["stranger"])
    assert await porter.validate_public_key("admin", KEYS["viewer"])
    porter.auth_completed()
    assert porter.username == "viewer"


def test_a_connection_without_a_session_is_ended(site: Site) -> None:
    person = site.person()
    with own_door(site) as door:
        idle = subprocess.Popen(
            ssh(door, person.key, "-N", "127.0.0.1"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        said = idle.communicate(timeout=SIT_DOWN_WITHIN_S + 15)[1]
    assert "No session was asked for" in said


def test_the_turnstile_forgets_after_a_minute_and_knows_a_household_by_its_network() -> None:
    gate = Turnstile(2)
    assert [gate.admits("192.0.2.1", now) for now in (0, 1, 2, 60.5, 61.5)] == [True, True, False, True, True]
    assert gate.admits("192.0.2.2", 2)
    assert [gate.admits(f"2001:db8::{n}", 0) for n in (1, 2, 3)] == [True, True, False]
    assert gate.admits("2001:db8:0:1::1", 0)
    assert [gate.admits(address, 100) for address in ("::ffff:192.0.2.9", "192.0.2.9", "192.0.2.9")] == [
        True,
        True,
        False,
    ]


def test_an_interface_in_which_nobody_presses_a_key_is_closed(site: Site, tmp_path: Path) -> None:
    person = site.person()
    with own_door(site, "--idle-minutes", "0.05") as door, terminal(door, person, tmp_path) as screen:
        assert "Nobody pressed a key" in screen.wait_for("exit code 129")
        assert eventually(lambda: person.sessions() == {})


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_when_the_door_ends_its_sessions_end(site: Site, tmp_path: Path, ending: signal.Signals) -> None:
    person = site.person()
    with own_door(site) as door, terminal(door, person, tmp_path) as screen:
        screen.wait_for(PLANT)
        tail = subprocess.Popen(
            ssh(door, person.key, "127.0.0.1", "--", "telemetry", "tail"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert eventually(lambda: len(site.tokens_of(person)) == 2)
        door.process.send_signal(ending)
        assert door.process.wait(12) == (0 if ending is signal.SIGTERM else -9)
        assert eventually(lambda: person.sessions() == {}), person.sessions()
        assert eventually(lambda: site.tokens_of(person) == [])
        if ending is signal.SIGTERM:
            assert "The door was closed" in screen.wait_for("exit code")
        tail.wait(5)


def test_without_the_server_nobody_gets_in_and_people_are_told_why(site: Site, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{ports.free_port()}"
    person = site.person()
    with own_door(site, "--url", nowhere, data_dir=tmp_path) as door:
        assert "Nobody gets in until it answers." in door.log.read_text()
        refused = ask(door, person, "plants", "list")
    assert refused.returncode == 255
    assert "The PlantOps server cannot be reached" in refused.stderr


def test_a_token_of_no_admin_cannot_open_a_door(site: Site, tmp_path: Path) -> None:
    made = site.admin.post("/api/tokens", json={"name": "weak", "role": "operator"}).json()
    weak = tmp_path / "token"
    weak.write_text(made["token"])
    done = site.plantops("ssh", "serve", "--port", "0", "--token-file", str(weak))
    site.admin.delete(f"/api/tokens/{made['id']}")
    assert done.returncode == 4, done.stderr
    assert "needs an admin's token" in done.stderr


@pytest.mark.parametrize("words", [["ssh", "serve"], ["up", "--ssh"]], ids=" ".join)
def test_what_is_missing_is_named_with_the_command_that_installs_it(tmp_path: Path, words: list[str]) -> None:
    program = f"import sys; sys.modules['asyncssh'] = None\nfrom plantops_cli.main import run\nrun({words!r})"
    environ = {**os.environ, "PLANTOPS_DATA_DIR": str(tmp_path)}
    argv = [sys.executable, "-c", program]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "asyncssh" in done.stderr
    assert "pip install 'plantops[ssh]'" in done.stderr
    assert list(tmp_path.iterdir()) == [], "nothing was begun"
