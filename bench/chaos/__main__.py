"""``python -m bench.chaos [SCENARIO…] [--seed N] [--minutes M]``: break things, then read the ledger.

Prints a table and the seed; exits 1 when something acknowledged is lost, stored twice or invented.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from bench.chaos.scenarios import SCENARIOS, Plan
from bench.chaos.stage import open_stage
from bench.table import Line, drawn


async def run(names: list[str], seed: int, plan: Plan) -> list[Line]:
    """Each scenario on a stage of its own."""
    found: list[Line] = []
    for name in names:
        sys.stderr.write(f"chaos: {name} (seed {seed}) ...\n")
        with tempfile.TemporaryDirectory(prefix="plantops-chaos-") as folder:
            async with open_stage(Path(folder), random.Random(f"{seed} {name}")) as stage:  # noqa: S311
                found += await SCENARIOS[name](stage, plan)
    return found


def main() -> int:
    """1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description="Break things under load.")
    parser.add_argument(
        "scenarios", nargs="*", metavar="SCENARIO", help=f"of {', '.join(SCENARIOS)}; default: all"
    )
    parser.add_argument("--seed", type=int, default=int(time.time()), help="repeats a run; default: the time")
    parser.add_argument(
        "--minutes", type=float, default=Plan().minutes, help="the database is away (default 5)"
    )
    parser.add_argument("--kills", type=int, default=Plan().kills, help="of the server (default 20)")
    given = parser.parse_args()
    if odd := set(given.scenarios) - set(SCENARIOS):
        parser.error(f"there is no scenario {', '.join(sorted(odd))}")
    plan = Plan(minutes=given.minutes, kills=given.kills)
    lines = asyncio.run(run(given.scenarios or list(SCENARIOS), given.seed, plan))
    sys.stdout.write(f"\n{drawn(lines)}\n\nSeed {given.seed}, {os.cpu_count()} CPUs.\n")
    return 1 if any(line.holds is False for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
