"""Which PlantOps this is."""

from __future__ import annotations

from plantops_api import __version__


def product_version() -> str:
    """The version of PlantOps; clients compare it with their own."""
    return __version__
