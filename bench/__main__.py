"""``python -m bench [--seconds N] [--only NAME]``: measure the bars here, print a table, exit 1 on a miss."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import dashboard, latency, starts, throughput
from bench.ground import Ground, product
from bench.table import Line, drawn

_READINGS_A_SECOND = 6_000  # how many are published for each second of --seconds; the rate is what comes out


def main() -> int:
    """Run what was asked for; 1 when a bar is missed."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="plantops-bench-") as folder:
        lines = _measure(Path(folder), options.seconds, options.only)
    machine = f"{os.cpu_count()} CPUs, Python {platform.python_version()}, {platform.platform()}"
    sys.stdout.write(f"\n{drawn(lines)}\n\n{machine}. Everything ran on this machine, on loopback.\n")
    return 1 if any(line.holds is False for line in lines) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the product's bars.")
    parser.add_argument("--seconds", type=int, default=20, help="length of each load (default 20)")
    parser.add_argument(
        "--only", choices=["throughput", "latency", "dashboard", "starts"], help="one measurement"
    )
    return parser.parse_args()


def _measure(folder: Path, seconds: int, only: str | None) -> list[Line]:
    reference = 0.0
    if only in (None, "throughput"):
        _say("what a bare paho subscriber receives")
        reference = throughput.bare_subscriber(folder / "reference", seconds * _READINGS_A_SECOND)
    with product(folder) as ground:
        pots = ground.pots(throughput.CONNECTIONS + 1) if only != "starts" else []
        steps: dict[str, Callable[[Ground], list[Line]]] = {
            "throughput": lambda g: throughput.sustained(
                g, pots[:-1], seconds * _READINGS_A_SECOND, reference
            ),
            "latency": lambda g: latency.measured(g, pots, max(seconds, 15)),
            "starts": starts.measured,
            "dashboard": dashboard.measured,
        }
        lines = []
        for name, step in steps.items():
            if only in (None, name):
                _say(name)
                lines += step(ground)
        return lines


def _say(text: str) -> None:
    sys.stderr.write(f"bench: {text} …\n")


if __name__ == "__main__":
    sys.exit(main())
