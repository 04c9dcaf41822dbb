"""Which PlantOps this is."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def product_version() -> str:
    """The installed version of PlantOps."""
    try:
        return version("plantops")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "0+source"
