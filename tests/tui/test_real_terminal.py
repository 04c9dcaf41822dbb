"""One run in a real terminal: tmux, a real socket, real bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from plantops_server.stack import ports

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

ROOT = Path(__file__).parents[2]


@pytest.fixture
def garden_url() -> Iterator[str]:
    port = ports.free_port()
    server = subprocess.Popen([sys.executable, "-m", "tests.tui.served_garden", str(port)], cwd=ROOT)
    yield f"http://127.0.0.1:{port}"
    server.kill()
    server.wait()


class Terminal:
    """A tmux server of its own with one window of 80x24; every byte that the program sends is kept."""

    def __init__(self, folder: Path, command: str) -> None:
        self._socket, self.bytes_file = folder / "tmux", folder / "bytes"
        self.bytes_file.touch()
        remembered = f"XDG_STATE_HOME={folder}"  # not what whoever runs the tests looked at last
        start = f"cd {ROOT}; sleep 0.3; {remembered} {command}; echo exit code $?; sleep 60"
        self.tmux("-f", os.devnull, "new-session", "-d", "-x", "80", "-y", "24", start)
        self.tmux("pipe-pane", "-o", f"cat >> {self.bytes_file}")

    def tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *words], capture_output=True, text=True, check=True
        )
        return done.stdout

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p")

    def wait_for(self, words: str, seconds: float = 30) -> str:
        end = monotonic() + seconds
        while words not in (shown := self.screen()):
            assert monotonic() < end, f"{words!r} did not appear; this did:\n{shown}"
            sleep(0.1)
        return shown

    def close(self) -> None:
        subprocess.run(["tmux", "-S", str(self._socket), "kill-server"], capture_output=True, check=False)


def test_in_a_real_terminal_it_draws_answers_keys_and_leaves_the_screen_clean(
    garden_url: str, tmp_path: Path
) -> None:
    program = f"from plantops_tui.app import run; raise SystemExit(run('{garden_url}', 'token'))"
    terminal = Terminal(tmp_path, f'{sys.executable} -c "{program}"')
    try:
        first = terminal.wait_for("critical since")
        assert "18 % ▼25–60" in first
        assert "live" in first.splitlines()[0]
        terminal.tmux("send-keys", "l", "Enter")
        terminal.wait_for("25–60 from the species")
        terminal.wait_for("↓ below")
        terminal.tmux("resize-window", "-x", "70", "-y", "20")
        terminal.wait_for("needs 80x24, have 70x20")
        terminal.tmux("resize-window", "-x", "80", "-y", "24")
        terminal.wait_for("25–60 from the species")
        terminal.tmux("send-keys", "q")
        terminal.wait_for("exit code 0")
    finally:
        terminal.close()
    sent = terminal.bytes_file.read_bytes()
    assert b"\x1b[?1049h" in sent, "it draws on the alternate screen"
    assert b"\x1b[?1049l" in sent, "and leaves it"
    assert b"\x1b[?25h" in sent, "the cursor is back"
    assert b"]0;owned" not in sent, "a forged name does not rename the window"
    assert b"\x1b[2J\x1b[Hb" not in sent, "nor clear the screen"
    assert "▂".encode() in sent
