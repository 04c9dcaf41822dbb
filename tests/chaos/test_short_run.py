"""A few seconds of chaos on the whole product; ``nox -s chaos`` runs it for minutes."""

from __future__ import annotations

import random
from pathlib import Path

from bench.chaos.scenarios import Plan, bad_network
from bench.chaos.stage import open_stage
from bench.table import drawn

SEED = 20261124


async def test_torn_slow_and_narrow_lines_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    async with open_stage(tmp_path, random.Random(SEED)) as stage:
        lines = await bad_network(stage, Plan(minutes=0.2, devices=6, rate=30, quiet_s=1.0))
    assert all(line.holds is not False for line in lines), f"seed {SEED}\n{drawn(lines)}"
    assert int(lines[0].measured.split()[0]) > 50
