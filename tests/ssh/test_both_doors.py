"""What people get over SSH, and what nobody gets: the same through OpenSSH's server as through our own."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

import pytest

from plantops_server.stack import ports
from tests.ssh.conftest import PLANT, Person, Site, Way, ask, eventually, run_all, ssh
from tests.tui.test_real_terminal import Terminal


@contextmanager
def terminal(way: Way, person: Person, folder: Path, *command: str) -> Iterator[Terminal]:
    """A window of 80x24 in which a person has typed ssh."""
    words = ["-t", "127.0.0.1", *(("--", *command) if command else ())]
    shown = Terminal(folder, shlex.join(ssh(way, person.key, *words)))
    try:
        yield shown
    finally:
        shown.close()


def test_the_interface_draws_follows_the_window_answers_and_leaves(
    site: Site, way: Way, tmp_path: Path
) -> None:
    person = site.person("operator")
    way.letting_in(person)
    with terminal(way, person, tmp_path) as screen:
        shown = screen.wait_for(PLANT)
        assert "● live" in screen.wait_for("● live").splitlines()[0]
        assert len(shown.splitlines()) <= 24
        screen.tmux("resize-window", "-x", "130", "-y", "40")
        assert eventually(lambda: max(map(len, screen.screen().splitlines())) > 110)
        screen.tmux("resize-window", "-x", "70", "-y", "20")
        screen.wait_for("needs 80x24, have 70x20")
        screen.tmux("resize-window", "-x", "80", "-y", "24")
        screen.wait_for(PLANT)
        click(screen, "4 Settings")
        screen.wait_for("Access")
        screen.tmux("send-keys", "q")
        screen.wait_for("exit code 0")
    sent = screen.bytes_file.read_bytes()
    assert sent.rindex(b"\x1b[?1049l") > sent.index(b"\x1b[?1049h"), "the screen is left as it was"
    assert eventually(lambda: person.sessions() == {})
    assert site.tokens_of(person) == [], "the token of the session is revoked"


def click(screen: Terminal, words: str) -> None:
    """What a terminal sends for a click on these words (SGR mouse mode)."""
    shown = screen.wait_for(words).splitlines()
    row, line = next((n, line) for n, line in enumerate(shown, 1) if words in line)
    column = line.index(words) + 2
    screen.tmux("send-keys", "-l", f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")


def test_a_command_has_its_data_on_stdout_and_ends_with_its_status(site: Site, way: Way) -> None:
    person = site.person()
    way.letting_in(person)
    listed = ask(way, person, "plants", "list", "--json")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert PLANT in [card["name"] for card in json.loads(listed.stdout)]
    missing = ask(way, person, "plants", "show", "'no such plant'")
    assert (missing.returncode, missing.stdout) == (3, "")
    assert "There is no plant 'no such plant'" in missing.stderr
    assert ask(way, person, "plantops", "--version").stdout.startswith("plantops ")


def test_a_session_acts_as_the_user_of_the_key_with_that_role(site: Site, way: Way) -> None:
    people = {role: site.person(role) for role in ("viewer", "admin")}
    way.letting_in(*people.values())
    tokens = run_all(way, {role: (person, "tokens list --json") for role, person in people.items()})
    for role, person in people.items():
        (mine,) = [token for token in json.loads(tokens[role].out) if token["username"] == person.name]
        assert (mine["role"], mine["name"]) == (role, "ssh session from 127.0.0.1")
    users = run_all(way, {role: (person, "users list") for role, person in people.items()})
    assert {role: ended.code for role, ended in users.items()} == {"viewer": 4, "admin": 0}
    assert [site.tokens_of(person) for person in people.values()] == [[], []]


def test_a_viewer_changes_nothing_from_the_interface_either(site: Site, way: Way, tmp_path: Path) -> None:
    person = site.person("viewer")
    way.letting_in(person)
    with terminal(way, person, tmp_path, "tui", "--plant", f"'{PLANT}'") as screen:
        screen.wait_for("w watered")
        screen.wait_for("soil moisture")
        screen.tmux("send-keys", "w")
        screen.wait_for("may look only")
    (card,) = [p for p in site.admin.get("/api/plants").json()["items"] if p["name"] == PLANT]
    assert site.admin.get(f"/api/plants/{card['id']}/waterings").json()["items"] == []


FORBIDDEN = (
    "sh -c id",
    "plants list; id",
    "$(id)",
    "plants add Fern",
    "plants export --to /tmp/plantops-over-ssh",
)
"""All that is refused is tried in test_allowed.py; here is shown that the refusal holds at the door."""


def test_nothing_else_can_be_run(site: Site, way: Way) -> None:
    person = site.person("admin")
    way.letting_in(person)
    ended = run_all(way, {command: (person, command) for command in FORBIDDEN})
    assert {c: e for c, e in ended.items() if e.out != "" or e.code not in (2, 4)} == {}
    assert {c: e for c, e in ended.items() if "uid=" in e.err or "Traceback" in e.err} == {}
    assert not Path("/tmp/plantops-over-ssh").exists()
    assert site.tokens_of(person) == []


@pytest.mark.parametrize("program", [("sftp", "-P"), ("scp", "-P"), ("scp", "-O", "-P")], ids=" ".join)
def test_no_file_is_fetched(site: Site, way: Way, tmp_path: Path, program: tuple[str, ...]) -> None:
    person = site.person("admin")
    way.letting_in(person)
    options = [
        "-F", "none", "-o", f"UserKnownHostsFile={way.known_hosts}", "-o", "BatchMode=yes", "-i", str(person.key),
        "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
    ]  # fmt: skip
    source = f"{way.login}@127.0.0.1:/etc/passwd"
    argv = [*program, str(way.port), *options, source, str(tmp_path / "stolen")]
    done = subprocess.run(argv, capture_output=True, check=False, timeout=30, stdin=subprocess.DEVNULL)
    assert done.returncode != 0
    assert not (tmp_path / "stolen").exists()


def test_no_port_is_forwarded_there_or_back(site: Site, way: Way) -> None:
    """-L to a service of the host, -R from it: the session lives on, the tunnel does not."""
    person = site.person("admin")
    way.letting_in(person)
    near, far = ports.free_port(), ports.free_port()
    target = site.url.removeprefix("http://")
    tunnels = ("-L", f"{near}:{target}", "-R", f"{far}:{target}", "telemetry", "tail")
    argv = ssh(way, person.key, *tunnels[:4], "127.0.0.1", "--", *tunnels[4:])
    client = subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        assert eventually(lambda: bool(site.tokens_of(person)))
        assert ports.is_free("127.0.0.1", far), "nothing listens on the host for us"
        with socket.create_connection(("127.0.0.1", near), timeout=5) as tunnel:
            tunnel.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            with suppress(ConnectionResetError):
                assert tunnel.recv(100) == b""
    finally:
        client.terminate()
        said = client.communicate(timeout=30)[1]
    assert "prohibited" in said
    assert "remote port forwarding failed" in said


def test_neither_agent_nor_display_nor_environment_go_in(site: Site, way: Way, tmp_path: Path) -> None:
    """The session sees none of it, and a forged address of the server gets no token."""
    person = site.person("admin")
    way.letting_in(person)
    agent = subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(tmp_path / "agent")],
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    with socket.socket() as trap:
        trap.bind(("127.0.0.1", 0))
        trap.listen()
        trap.settimeout(0.1)
        (tmp_path / "plantops").mkdir()
        (tmp_path / "plantops" / "config.toml").write_text("token_file = '/etc/passwd'\n")
        forged = f"http://127.0.0.1:{trap.getsockname()[1]}"
        environ = {**os.environ, "SSH_AUTH_SOCK": str(tmp_path / "agent"), "DISPLAY": ":9"}
        lies = {
            "PLANTOPS_URL": forged, "PLANTOPS_DATA_DIR": "/tmp", "XDG_DATA_HOME": "/tmp",
            "XDG_CONFIG_HOME": str(tmp_path), "PYTHONPATH": str(tmp_path), "TEXTUAL_DRIVER": "evil:Driver",
        }  # fmt: skip
        send = "SetEnv=" + " ".join(f"{name}={value}" for name, value in lies.items())
        argv = ssh(way, person.key, "-A", "-X", "-v", "-o", send, "127.0.0.1", "--", "telemetry", "tail")
        client = subprocess.Popen(
            argv, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            assert eventually(lambda: bool(site.tokens_of(person)))
            (process,) = person.sessions()
            held = Path(f"/proc/{process}/environ").read_bytes()
            with pytest.raises(TimeoutError):
                trap.accept()
        finally:
            client.terminate()
            client.wait(10)
            agent.terminate()
            agent.wait(10)
    assert b"SSH_AUTH_SOCK" not in held
    assert b"DISPLAY" not in held


def test_no_key_leads_from_the_interface_to_a_shell(site: Site, way: Way, tmp_path: Path) -> None:
    person = site.person("admin")
    way.letting_in(person)
    with terminal(way, person, tmp_path) as screen:
        screen.wait_for(PLANT)
        (process,) = person.sessions()
        for key in ("C-z", "C-s", "C-]", "!", ":", "C-o", "C-x", "F1", "F10"):
            screen.tmux("send-keys", key)
        screen.tmux("send-keys", "-l", "!sh\n:!sh\n")
        sleep(0.5)
        assert list(person.sessions()) == [process], "the same process is there, not stopped"
        assert Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "SR"
        assert Path(f"/proc/{process}/task/{process}/children").read_text() == ""
        assert "$ " not in screen.screen()


def test_a_key_that_nobody_registered_opens_nothing(site: Site, way: Way) -> None:
    refused = ask(way, site.key(f"stranger-{way.port}"), "plants", "list")
    assert (refused.returncode, refused.stdout) == (255, "")
    assert "Permission denied (publickey)" in refused.stderr  # no password, no questions


def test_only_the_proved_key_says_who_it_is(site: Site, way: Way, tmp_path: Path) -> None:
    """The admin's public key is offered first, and accepted as far as it goes, but its private half is not there."""
    admin, viewer = site.person("admin"), site.person("viewer")
    way.letting_in(admin, viewer)
    offered = tmp_path / "admin.pub"
    offered.write_text(admin.key.with_name(admin.key.name + ".pub").read_text())
    both = ("-v", "-i", str(offered), "-i", str(viewer.key))
    done = ask(way, None, "tokens", "list", "--json", options=both)
    accepted = [line for line in done.stderr.splitlines() if "Server accepts key" in line]
    assert len(accepted) == 2, "both are registered, and the first was offered first"
    assert str(offered) in accepted[0]
    assert [token["username"] for token in json.loads(done.stdout)] == [viewer.name]
    alone = ask(way, offered, "tokens", "list")
    assert (alone.returncode, alone.stdout) == (255, "")


def test_a_key_that_was_taken_away_lets_nobody_in_and_ends_what_is_open(site: Site, way: Way) -> None:
    person = site.person("operator")
    way.letting_in(person)
    client = subprocess.Popen(
        ssh(way, person.key, "127.0.0.1", "--", "telemetry", "tail"),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert eventually(lambda: bool(site.tokens_of(person)))
        removed = site.plantops("users", "keys", "list", person.name, "--json")
        (key,) = json.loads(removed.stdout)
        assert site.plantops("users", "keys", "remove", person.name, key["id"], "--yes").returncode == 0
        assert site.tokens_of(person) == []
    finally:
        client.kill()
        client.wait()
    assert ask(way, person, "plants", "list").returncode in (255, 3)  # shown out at the door, or behind it


@pytest.mark.parametrize("command", [(), ("telemetry", "tail")], ids=["interface", "command"])
def test_a_killed_client_leaves_nothing_behind(
    site: Site, way: Way, tmp_path: Path, command: tuple[str, ...]
) -> None:
    person = site.person()
    way.letting_in(person)
    if command:
        client = subprocess.Popen(
            ssh(way, person.key, "127.0.0.1", "--", *command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        assert eventually(lambda: bool(site.tokens_of(person)))
        client.kill()
        client.wait()
    else:
        with terminal(way, person, tmp_path) as screen:
            screen.wait_for(PLANT)
            (pane,) = screen.tmux("list-panes", "-F", "#{pane_pid}").split()
            (ssh_client,) = Path(f"/proc/{pane}/task/{pane}/children").read_text().split()
            os.kill(int(ssh_client), signal.SIGKILL)
    assert eventually(lambda: person.sessions() == {}, 10), person.sessions()
    assert eventually(lambda: site.tokens_of(person) == [])


def test_without_a_terminal_the_interface_says_so(site: Site, way: Way) -> None:
    person = site.person()
    way.letting_in(person)
    done = ask(way, person)
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs a terminal" in done.stderr
