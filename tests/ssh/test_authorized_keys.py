"""``plantops ssh authorized-keys``: lines that OpenSSH reads as we mean them, as a file and as its command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ssh.conftest import PLANT, ROOT, SSHD, Site, ask, private_sshd


def test_each_line_takes_everything_away_but_a_terminal_and_one_command(site: Site) -> None:
    person, other = site.person(), site.person()
    done = site.plantops("ssh", "authorized-keys", "--user", person.name)
    (line,) = done.stdout.splitlines()
    public = person.key.with_name(person.key.name + ".pub").read_text().split()
    command, _, rest = line.partition('",')
    assert rest.split()[:3] == ["restrict,pty", *public[:2]]
    assert command.startswith(
        f'command="exec {sys.executable} -I -m plantops_cli ssh session --user {person.name} '
    )
    assert f"--url {site.url}" in command
    fingerprint = subprocess.run(
        ["ssh-keygen", "-l", "-f", "-"], input=line, capture_output=True, text=True, check=True
    ).stdout.split()[1]
    assert f"--fingerprint {fingerprint} " in command
    found = site.plantops("ssh", "authorized-keys", "--fingerprint", fingerprint).stdout
    assert found.splitlines() == [line]
    assert other.name not in done.stdout
    elsewhere = site.plantops(
        "ssh", "authorized-keys", "--user", person.name, "--data-dir", "/var/lib/plantops"
    )
    assert "--data-dir /var/lib/plantops " in elsewhere.stdout


def test_an_unknown_key_prints_nothing_and_a_server_that_is_away_lets_nobody_in(site: Site) -> None:
    unknown = site.plantops("ssh", "authorized-keys", "--fingerprint", "SHA256:nobody")
    assert (unknown.returncode, unknown.stdout) == (0, "")
    away = site.plantops("ssh", "authorized-keys", "--url", "http://127.0.0.1:9")
    assert (away.returncode, away.stdout) != (0, "")
    assert away.stdout == ""


def _only_root_may_write(path: Path) -> bool:
    """What sshd asks of its helper program, and of every folder above it."""
    real = path.resolve()
    return all(p.stat().st_uid == 0 and not p.stat().st_mode & 0o022 for p in (real, *real.parents))


@pytest.mark.skipif(os.geteuid() != 0, reason="sshd runs its helper as another user only as root")
@pytest.mark.skipif(
    not (_only_root_may_write(Path(sys.executable)) and _only_root_may_write(Path(sys.executable).parent)),
    reason="sshd takes no helper that others than root may write",
)
def test_sshd_may_ask_us_for_each_key(site: Site) -> None:
    helper = (
        f"{sys.executable} -I -m plantops_cli ssh authorized-keys --fingerprint %f {' '.join(site.options())}"
    )
    keys = f"AuthorizedKeysFile none\nAuthorizedKeysCommand {helper}\nAuthorizedKeysCommandUser root\n"
    person = site.person()
    with private_sshd(site, keys) as server:
        listed = ask(server, person, "plants", "list")
        assert PLANT in listed.stdout, listed.stderr + (server.folder / "log").read_text()
        assert ask(server, site.key(f"unknown{server.port}"), "plants", "list").returncode == 255


@pytest.mark.skipif(SSHD is None, reason="openssh-server is not installed")
def test_the_documented_configuration_is_one_that_sshd_takes(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "ssh.md").read_text()
    block = "Match User plantops" + page.partition("Match User plantops")[2].partition("```")[0]
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    config = tmp_path / "sshd_config"
    config.write_text(f"HostKey {tmp_path / 'key'}\n{block}")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    assert SSHD is not None
    checked = subprocess.run([SSHD, "-t", "-f", str(config)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize(("page", "unit"), [("ssh.md", "plantops-ssh"), ("deployment.md", "plantops")])
def test_the_documented_units_are_ones_that_systemd_takes(tmp_path: Path, page: str, unit: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    block = "[Unit]" + text.partition("```ini\n[Unit]")[2].partition("```")[0]
    file = tmp_path / f"{unit}.service"
    file.write_text(block.replace("/opt/plantops/bin/plantops", shutil.which("true") or "/bin/true"))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(file)], capture_output=True, text=True, check=False
    )
    assert [line for line in checked.stderr.splitlines() if unit in line] == []
    assert "ExecStart=" in block
