"""The command line in process: on the real application with a real database, or on answers of our own."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from typer.main import get_command

from plantops_cli import lazy_group
from plantops_cli.invocation import Invocation
from plantops_cli.main import run
from tests.running_server import Doors

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


_built = functools.cache(get_command)
"""A noun's commands, built once a process: a command keeps nothing of its calls, and building takes most of one."""


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


class Stdin(io.StringIO):
    """What is typed or piped."""

    def __init__(self, content: str, *, terminal: bool) -> None:
        super().__init__(content)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def run_cli(
    argv: tuple[str, ...],
    environ: Mapping[str, str],
    transport: httpx2.AsyncBaseTransport | None = None,
    *,
    stdin: str = "",
    terminal: bool = False,
    clock: Callable[[], datetime] = lambda: NOW,
) -> Ran:
    """Run one command to its end in this thread."""
    import sys

    out, err, before = io.StringIO(), io.StringIO(), sys.stdin
    call = Invocation(environ=environ, transport=transport, clock=clock)
    sys.stdin = Stdin(stdin, terminal=terminal)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run(argv, call)
    except SystemExit as end:
        return Ran(int(end.code or 0), out.getvalue(), err.getvalue())
    finally:
        sys.stdin = before
    raise AssertionError("run() always exits")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No configuration of this machine, no project file, UTC."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lazy_group, "get_command", _built)
    for name in ("PLANTOPS_URL", "PLANTOPS_TOKEN_FILE", "PLANTOPS_DATA_DIR", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a command: a token file, and nothing of the machine's."""
    token = tmp_path / "test.token"
    token.write_text("po_of_the_test\n")
    return {
        "PLANTOPS_URL": "http://plantops.test",
        "PLANTOPS_TOKEN_FILE": str(token),
        "PLANTOPS_DATA_DIR": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }


Answer = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture
def answered(environ: dict[str, str]) -> Callable[..., Ran]:
    """Run a command against answers of our own: ``answered(answer, "plants", "list")``."""

    def ask(answer: Answer, *argv: str, stdin: str = "", terminal: bool = False, **more: str) -> Ran:
        transport = httpx2.MockTransport(answer)
        return run_cli(argv, {**environ, **more}, transport, stdin=stdin, terminal=terminal)

    return ask


class Bridge(httpx2.AsyncBaseTransport):
    """Carries the command's requests into the event loop in which the application lives."""

    def __init__(self, app: Any) -> None:
        self._loop = asyncio.get_running_loop()
        self._inner = httpx2.ASGITransport(app=app, client=("127.0.0.1", 50_000))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        forwarded = asyncio.run_coroutine_threadsafe(self._forward(request, body), self._loop)
        return await asyncio.wrap_future(forwarded)

    async def _forward(self, request: httpx2.Request, body: bytes) -> httpx2.Response:
        inner = httpx2.Request(request.method, request.url, headers=request.headers, content=body)
        response = await self._inner.handle_async_request(inner)
        content = await response.aread()  # unpacked: what said how it was packed must not go on
        headers = [
            (k, v)
            for k, v in response.headers.multi_items()
            if k not in ("content-encoding", "content-length")
        ]
        return httpx2.Response(response.status_code, headers=headers, content=content)


class Garden:
    """The real application with whatever a test put into its database, and commands that talk to it."""

    def __init__(self, doors: Doors, environ: dict[str, str]) -> None:
        self.doors = doors
        self.environ = environ
        self._transport = Bridge(doors.app)
        self._tokens: dict[str, str] = {}

    async def __call__(
        self, *argv: str, role: str | None = "admin", stdin: str = "", terminal: bool = False
    ) -> Ran:
        """Run a command with a token of that role."""
        environ = dict(self.environ)
        if role is None:
            del environ["PLANTOPS_TOKEN_FILE"]
        else:
            await asyncio.to_thread(Path(environ["PLANTOPS_TOKEN_FILE"]).write_text, await self._token(role))
        return await asyncio.to_thread(
            run_cli, argv, environ, self._transport, stdin=stdin, terminal=terminal, clock=self.doors.clock
        )

    async def _token(self, role: str) -> str:
        if role not in self._tokens:
            self._tokens[role] = await self.doors.token(role)  # type: ignore[arg-type]
        return self._tokens[role]

    async def execute(self, statement: str, *values: Any) -> None:
        """Change the database directly, for what only sensors can bring about."""
        async with self.doors.house.db.connection() as conn:
            await conn.execute(statement, values)  # type: ignore[arg-type]

    async def measured(self, plant_id: str, **values: float) -> None:
        """A plant's newest readings, three minutes old, from a device that reports every ten minutes."""
        moment = self.doors.clock() - timedelta(minutes=3)
        columns = [column for metric in values for column in (metric, f"{metric}_at")]
        marks = ", ".join(["%s"] * len(columns))
        await self.execute(
            f"UPDATE plant_state SET ({', '.join(columns)}) = ({marks}), last_reading_at = %s,"  # noqa: S608
            " expected_interval_s = 600, trust = 'fresh', health = 'ok' WHERE plant_id = %s",
            *(part for value in values.values() for part in (value, moment)),
            moment,
            plant_id,
        )

    async def alert(self, plant_id: str, severity: str = "warning", **more: Any) -> int:
        """An open alert that soil is too dry, two hours old."""
        row = {
            "plant_id": plant_id, "metric": "soil_moisture", "kind": "low", "severity": severity, "value": 12.5,
            "threshold": 30.0, "opened_at": self.doors.clock() - timedelta(hours=2), **more,
        }  # fmt: skip
        statement = (
            f"INSERT INTO alerts ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))}) RETURNING id"  # noqa: S608
        )
        async with self.doors.house.db.connection() as conn:
            made = await (await conn.execute(statement, list(row.values()))).fetchone()  # type: ignore[arg-type]
        assert made is not None
        await self.execute(
            "UPDATE plant_state SET open_incidents = 1, health = 'attention' WHERE plant_id = %s", plant_id
        )
        return int(made["id"])


@pytest.fixture
async def garden(doors: Doors, environ: dict[str, str]) -> Garden:
    """The real application, empty."""
    doors.clock.now = NOW
    return Garden(doors, environ)


class _Text(SingleFileSnapshotExtension):
    """One plain text file a snapshot: the bytes are the contract, and a diff of it can be read."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


@pytest.fixture
def contract(snapshot: SnapshotAssertion) -> Callable[..., None]:
    """Compare what commands did with the committed text; ids are replaced by ones of the same length."""
    recorded = snapshot.use_extension(_Text)

    def compare(**runs: Ran) -> None:
        parts = [
            f"==== {name}: exit {ran.code}\n{ran.out}---- stderr\n{ran.err}" for name, ran in runs.items()
        ]
        assert steady("\n".join(parts)) == recorded

    return compare


def steady(text: str) -> str:
    """Random ids numbered by their first appearance."""
    seen: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return seen.setdefault(match[0], f"{match[1]}_{len(seen) + 1:a>26}")

    return re.sub(r"\b([a-z]{3})_[a-z2-7]{26}\b", number, text)
