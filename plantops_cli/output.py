"""The only writer of stdout: records as table, JSON, NDJSON, CSV or YAML.

Tables are for people and may change; the other formats are a contract: fields are added, never renamed.
JSON, NDJSON and YAML carry the whole record as the server sent it; CSV carries the table's columns with bare
values (times in ISO 8601, UTC). Text from outside has been cleaned by the client before it gets here.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeVar

from plantops_api import text
from plantops_cli import tables

if TYPE_CHECKING:
    from pydantic import BaseModel

    Record = BaseModel | Mapping[str, Any]

Item = TypeVar("Item")


class Format(StrEnum):
    """How records are written."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    YAML = "yaml"


class PipeClosed(Exception):
    """The reader of our stdout left (``| head -1``): end silently."""


class Column(NamedTuple):
    """One column: ``key`` is its CSV name, ``value`` the bare value, ``show`` what a table prints of it.

    ``title`` heads the table (default: the key in capitals); a column with ``in_table`` false is CSV only.
    """

    key: str
    value: Callable[[Any], Any]
    show: Callable[[Any], str] | None = None
    title: str | None = None
    in_table: bool = True

    @property
    def heading(self) -> str:
        """What heads the column in a table."""
        return self.title if self.title is not None else self.key.replace("_", " ").upper()

    def cell(self, item: Any) -> str:
        """What the table prints for one record."""
        return self.show(item) if self.show else tables.plain(self.value(item))


class Section(NamedTuple):
    """A part of what ``show`` prints about one thing: a title and ready lines of cells."""

    title: str
    rows: Sequence[Sequence[str]]
    heading: Sequence[str] | None = None


class Output:
    """Writes to one stream in one format; ``colour`` and ``width`` are decided by the caller.

    ``width`` is the terminal's, in cells; None when there is no terminal, and nothing is cut then.
    """

    def __init__(
        self,
        format: Format = Format.TABLE,  # noqa: A002 - the word of the option
        *,
        stream: IO[str] | None = None,
        colour: bool = False,
        width: int | None = None,
    ) -> None:
        self.format = format
        self.colour = colour
        self.width = width
        self._stream = stream
        self._heading_due = True
        self._widths: list[int] | None = None

    def many(self, items: Sequence[Item], columns: Sequence[Column]) -> None:
        """Write a list: ``[]`` when empty in JSON and YAML, the header line in CSV, nothing as a table."""
        if self.format is Format.JSON:
            self._print(_json([_plain(item) for item in items], indent=2))
        elif self.format is Format.YAML:
            self._print(_yaml([_plain(item) for item in items]))
        elif self.format is Format.NDJSON:
            for item in items:
                self._print(_json(_plain(item)))
        elif self.format is Format.CSV:
            self._print(_csv([[column.key for column in columns], *(_bare(item, columns) for item in items)]))
        elif items:
            self._listing(items, [column for column in columns if column.in_table])

    def _listing(self, items: Sequence[Any], shown: Sequence[Column]) -> None:
        """A table; on a terminal too narrow for it the ids at its end go first, since names are taken everywhere."""
        rows = [
            [column.heading for column in shown],
            *([column.cell(item) for column in shown] for item in items),
        ]
        if self.width is not None and shown[-1].key == "id" and tables.width_of(rows) > self.width:
            rows = [row[:-1] for row in rows]
        self._table(rows[1:], rows[0])

    def one(self, item: Any, columns: Sequence[Column], sections: Sequence[Section] = ()) -> None:
        """Write one record; as a table it is ``sections``, or the columns one a line."""
        if self.format is Format.JSON:
            self._print(_json(_plain(item), indent=2))
        elif self.format is Format.YAML:
            self._print(_yaml(_plain(item)))
        elif self.format in (Format.NDJSON, Format.CSV):
            self.many([item], columns)
        else:
            pairs = [[column.heading.lower(), column.cell(item)] for column in columns if column.in_table]
            for place, section in enumerate(sections or [Section("", pairs)]):
                self._section(section, first=place == 0)

    def next(self, item: Any, columns: Sequence[Column]) -> None:
        """Write one more record of a stream that has no end; anything but a table or CSV becomes NDJSON."""
        if self.format is Format.CSV:
            if self._heading_due:
                self._print(_csv([[column.key for column in columns]]))
            self._print(_csv([_bare(item, columns)]))
        elif self.format is Format.TABLE:
            shown = [column for column in columns if column.in_table]
            heading = [column.heading for column in shown] if self._heading_due else None
            self._table([[column.cell(item) for column in shown]], heading, keep=True)
        else:
            self._print(_json(_plain(item)))
        self._heading_due = False

    def text(self, value: str) -> None:
        """Write ready text as it is: a plot, a token, help."""
        self._print(value)

    def bytes(self, pieces: bytes) -> None:
        """Pass a piece of a file through; on a terminal it is cleaned first."""
        stream = self._stream or sys.stdout
        try:
            if stream.isatty() or not hasattr(stream, "buffer"):
                stream.write(text.clean_block(pieces.decode("utf-8", "replace"), limit=len(pieces) + 1))
            else:
                stream.buffer.write(pieces)
            stream.flush()
        except BrokenPipeError:
            raise PipeClosed from None

    def clear(self) -> None:
        """Wipe a terminal before a table is drawn again; does nothing elsewhere."""
        if self.width is not None:
            self._print("\x1b[H\x1b[2J", end="")

    def _section(self, section: Section, *, first: bool) -> None:
        if not first:
            self._print("")
        if section.title:
            self._print(section.title)
        self._table(section.rows, section.heading, indent=2 if section.title else 0)

    def _table(
        self,
        rows: Sequence[Sequence[str]],
        heading: Sequence[str] | None,
        *,
        indent: int = 0,
        keep: bool = False,
    ) -> None:
        widths = self._kept_widths(rows, heading) if keep else None
        for line in tables.lines(rows, heading, width=self.width, indent=indent, widths=widths):
            self._print(tables.paint(line) if self.colour else line)

    def _kept_widths(self, rows: Sequence[Sequence[str]], heading: Sequence[str] | None) -> list[int]:
        """Widths that only grow, so that the lines of a stream stay under their heading."""
        wanted = tables.widths_of([*rows, *([heading] if heading else [])])
        self._widths = [max(pair) for pair in zip(wanted, self._widths or wanted, strict=True)]
        return self._widths

    def _print(self, value: str, end: str = "\n") -> None:
        stream = self._stream or sys.stdout
        try:
            stream.write(value if value.endswith("\n") else value + end)
            stream.flush()
        except BrokenPipeError:
            raise PipeClosed from None


def _plain(item: Any) -> Any:
    """A record as JSON knows it."""
    return item.model_dump(mode="json") if hasattr(item, "model_dump") else item


# Numbers one a line would hide everything else; inside a JSON string no line break can stand, so this is safe.
_NUMBERS = re.compile(r"\[\s+((?:-?[\d.eE+-]+|null)(?:,\s+(?:-?[\d.eE+-]+|null))*)\s+\]")


def _json(value: Any, indent: int | None = None) -> str:
    text_ = json.dumps(value, indent=indent, ensure_ascii=False, default=str)
    return (
        _NUMBERS.sub(lambda found: f"[{re.sub(chr(10) + ' *', ' ', found[1])}]", text_) if indent else text_
    )


def _yaml(value: Any) -> str:
    import yaml

    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=None))


def _bare(item: Any, columns: Sequence[Column]) -> list[Any]:
    return [_cell(column.value(item)) for column in columns]


def _cell(value: Any) -> Any:
    """A CSV cell. Text that a spreadsheet would run as a formula gets an apostrophe in front (OWASP CSV Injection)."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return "" if value is None else value


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()
