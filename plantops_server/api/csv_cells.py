"""Lines of a CSV export: times in ISO 8601 UTC, and no cell that a spreadsheet would run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def line(cells: Iterable[object]) -> bytes:
    """One line with its CRLF, as RFC 4180 has it."""
    out = io.StringIO()
    csv.writer(out).writerow([cell(value) for value in cells])
    return out.getvalue().encode()


def cell(value: object) -> object:
    """A value as a cell. Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
