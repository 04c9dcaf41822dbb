"""What a module drags in is part of its contract: looked at in fresh interpreters, not in this one."""

from __future__ import annotations

import subprocess
import sys

import pytest


def loaded_by(statement: str) -> set[str]:
    """Top-level names in ``sys.modules`` after ``statement`` ran in a fresh interpreter."""
    program = f"{statement}\nimport sys\nprint(*{{m.partition('.')[0] for m in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


HEAVY = {"textual", "fastapi", "psycopg", "anthropic", "openai", "asyncssh", "apprise", "uvicorn"}


@pytest.mark.parametrize(
    ("statement", "never"),
    [
        (
            "import plantops_api.wire, plantops_api.client",
            HEAVY | {"plantops_server", "plantops_cli", "plantops_tui", "typer"},
        ),
        ("import plantops_tui.app", (HEAVY - {"textual"}) | {"plantops_server", "plantops_cli", "typer"}),
        ("import plantops_cli.main", HEAVY | {"plantops_server", "plantops_tui", "httpx2", "pydantic"}),
        (
            "import plantops_server.service",
            {"textual", "typer", "plantops_cli", "plantops_tui", "anthropic", "openai", "apprise"},
        ),
    ],
)
def test_a_room_loads_only_what_it_needs(statement: str, never: set[str]) -> None:
    assert loaded_by(statement) & never == set()


def test_help_loads_no_server_no_interface_and_no_vendor() -> None:
    program = (
        "import sys; sys.argv=['plantops','--help']\n"
        "from plantops_cli.main import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
    )
    assert (
        loaded_by(program + "sys.stdout = sys.__stdout__") & (HEAVY | {"plantops_server", "httpx2"}) == set()
    )
