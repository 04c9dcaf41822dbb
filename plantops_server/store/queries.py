"""Named SQL: each room keeps its statements in a ``queries.sql`` beside its code.

A block is ``-- name: what_it_answers``, comment lines that say which index serves it, then one statement.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import LiteralString


def load_queries(package: str, filename: str = "queries.sql") -> dict[str, LiteralString]:
    """Read ``filename`` of ``package`` into a dict from name to SQL.

    Raises ValueError when a name stands twice, since one of the two would silently never run.
    """
    text = (files(package) / filename).read_text(encoding="utf-8")
    queries: dict[str, LiteralString] = {}
    for block in re.split(r"^-- name: *", text, flags=re.MULTILINE)[1:]:
        name, _, sql = block.partition("\n")
        if name.strip() in queries:
            raise ValueError(f"{package}/{filename}: two queries are named {name.strip()}")
        queries[name.strip()] = sql.strip()
    return queries
