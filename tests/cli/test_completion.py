"""The shell completes names of plants and devices: quickly, or not at all, and never with a message."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from plantops_api import wire
from plantops_api.client import PlantOpsClient
from plantops_cli import completion
from tests.running_server import Running

ROOT = Path(__file__).parents[2]


@pytest.fixture
def here(server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Running:
    """A server that the environment names."""
    token = tmp_path / "token"
    token.write_text(server.admin_token)
    monkeypatch.setenv("PLANTOPS_URL", server.url)
    monkeypatch.setenv("PLANTOPS_TOKEN_FILE", str(token))
    return server


async def add(server: Running, *names: str) -> None:
    async with PlantOpsClient(server.url, server.admin_token) as client:
        for name in names:
            await client.create_plant(wire.PlantBody(name=name))


async def test_names_that_begin_so_are_offered_small_and_capital_letters_alike(
    here: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "PATIENCE_S", 10.0)  # a busy test machine may take its time
    await add(here, "Zebra haworthia", "zz plant", "Ivy")
    assert await asyncio.to_thread(completion.plants, "z") == ["Zebra haworthia", "zz plant"]
    assert await asyncio.to_thread(completion.plants, "Iv") == ["Ivy"]
    assert await asyncio.to_thread(completion.devices, "nothing") == []


async def test_a_shell_gets_them_within_its_patience_and_can_paste_them(here: Running) -> None:
    await add(here, "Quiet corner")
    words = {
        "_PLANTOPS_COMPLETE": "complete_bash",
        "COMP_WORDS": "plantops plants show Qui",
        "COMP_CWORD": "3",
    }
    for _ in range(10):  # on a busy machine an answer may be late, and then there is none
        ran = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "plantops_cli"],
            env={**os.environ, **words, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.stderr == ""
        if ran.stdout:
            break
    assert ran.stdout.split("\n")[0] == "Quiet\\ corner"


async def test_a_server_that_hangs_costs_a_fifth_of_a_second_and_no_word(
    free_port: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(5)
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", free_port)
    monkeypatch.setenv("PLANTOPS_URL", f"http://127.0.0.1:{free_port}")
    await asyncio.to_thread(completion.plants, "warm")  # imports are not what is measured
    began = time.perf_counter()
    assert await asyncio.to_thread(completion.plants, "b") == []
    assert time.perf_counter() - began < 1.0
    server.close()
    assert capfd.readouterr() == ("", "")


def test_without_a_server_and_with_a_damaged_configuration_nothing_is_offered(
    free_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTOPS_URL", f"http://127.0.0.1:{free_port}")
    assert completion.plants("b") == []
    (tmp_path / "plantops.toml").write_text("not = [toml")
    assert completion.devices("b") == []
