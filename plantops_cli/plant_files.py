"""``plants export`` and ``plants import``: readings as CSV, plants as JSON or CSV."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pydantic import ValidationError

from plantops_api import text, wire
from plantops_api.refusals import name_of, sentence_of
from plantops_cli import diagnostics
from plantops_cli.exit_codes import ExitCode, Stop
from plantops_cli.invocation import Invocation
from plantops_cli.lookup import find_plant

if TYPE_CHECKING:
    from plantops_api.client import PlantOpsClient

_TEXTS = ("name", "species", "location", "notes")


def export_readings(
    call: Invocation, plant: str, to: str, start: datetime | None, end: datetime | None
) -> None:
    """Stream a plant's readings to a file or stdout; a file appears whole or not at all."""
    writer = call.writer()

    async def talk(client: PlantOpsClient) -> None:
        found = await find_plant(client, plant)
        pieces = client.export_plant_csv(found.id, start=start, end=end)
        if to == "-":
            async for piece in pieces:
                writer.bytes(piece)
            return
        size = 0
        with _whole_file(Path(to)) as file:
            async for piece in pieces:
                size += file.write(piece)
        diagnostics.say(f"Wrote {size:,} bytes to {to}.")

    call.ask(talk)


def export_plants(call: Invocation, to: str) -> None:
    """Write every plant in the form that ``plants import`` reads."""

    async def talk(client: PlantOpsClient) -> list[dict[str, Any]]:
        plants = [await client.get_plant(card.id) for card in await client.list_plants()]
        return [
            {
                **{field: getattr(plant, field) for field in _TEXTS},
                "thresholds": {metric: own.model_dump() for metric, own in plant.own_thresholds.items()}
                or None,
            }
            for plant in plants
        ]

    plants = call.ask(talk)
    content = json.dumps(plants, indent=2, ensure_ascii=False) + "\n"
    if to == "-":
        call.writer().text(content)
        return
    with _whole_file(Path(to)) as file:
        file.write(content.encode())
    diagnostics.say(f"Wrote {len(plants)} plants to {to}.")


def import_plants(call: Invocation, source: str, *, dry_run: bool) -> None:
    """Add the plants of a file that are not there yet; a wrong entry stops it before anything is added."""
    bodies = read_plants(source)

    async def talk(client: PlantOpsClient) -> tuple[list[str], list[str]]:
        there = {card.name for card in await client.list_plants()}
        wanted = {body.name: body for body in bodies}
        new = [body for name, body in wanted.items() if name not in there]
        for body in [] if dry_run else new:
            await client.create_plant(body)
        return [body.name for body in new], sorted(there & wanted.keys())

    added, known = call.ask(talk)
    for name in added:
        diagnostics.say(f"{'Would add' if dry_run else 'Added'} plant {name!r}.")
    if known:
        diagnostics.say(f"{len(known)} exist already and were left alone.")
    if not added and not known:
        diagnostics.say("The file holds no plants.")


def read_plants(source: str) -> list[wire.PlantBody]:
    """The plants of a JSON or CSV file (``-`` is stdin), all of them checked.

    Raises:
        Stop: it cannot be read, or an entry is wrong; says which (exit 2).
    """
    content = _read(source)
    if content.lstrip().startswith(("[", "{")):
        entries = _from_json(content, source)
    else:
        reader = csv.DictReader(io.StringIO(content))
        _check_columns(reader.fieldnames or ())
        entries = [_from_row(row) for row in reader]
    return [_body(entry, place) for place, entry in enumerate(entries, start=1)]


def _from_json(content: str, source: str) -> list[Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise Stop(ExitCode.USAGE, f"{source} is not valid JSON: {problem}.", "Nothing was added.") from None
    entries = found.get("items", [found]) if isinstance(found, dict) else found
    return list(entries)


def _check_columns(names: Sequence[str]) -> None:
    limits = {f"{metric}_{side}" for metric in wire.METRICS for side in ("min", "max")}
    unknown = [name for name in names if name not in (*_TEXTS, *limits)]
    if "name" not in names or unknown:
        problem = (
            f"There is no column {unknown[0]!r} of a plant." if unknown else "The CSV has no column name."
        )
        known = f"Columns: {', '.join(_TEXTS)}, and limits such as soil_moisture_min."
        raise Stop(ExitCode.USAGE, f"{problem} Nothing was added.", known)


def _from_row(row: dict[str, str | None]) -> dict[str, Any]:
    """A CSV row as the body that JSON would have held."""
    entry: dict[str, Any] = {field: row.get(field) or None for field in _TEXTS}
    limits: dict[str, dict[str, str]] = {}
    for metric in wire.METRICS:
        for side in ("min", "max"):
            if value := row.get(f"{metric}_{side}"):
                limits.setdefault(metric, {})[side] = value
    return {**entry, "thresholds": limits or None}


def _body(entry: Any, place: int) -> wire.PlantBody:
    if isinstance(entry, dict):
        entry = _settable(entry)
    try:
        return wire.PlantBody.model_validate(entry)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        where = name_of(first["loc"]) or "the entry"
        raise Stop(
            ExitCode.USAGE,
            f"Plant {place}: {where}: {sentence_of(first)}.",
            "Nothing was added. Correct it and run it again.",
        ) from None


def _settable(entry: dict[str, Any]) -> dict[str, Any]:
    """What people may set of a plant; what the server adds to it is left out, and a misspelt name stays an error."""
    kept = {key: value for key, value in entry.items() if key not in _MADE_BY_SERVER}
    if "own_thresholds" in entry:
        kept["thresholds"] = entry["own_thresholds"]
    return kept


_MADE_BY_SERVER = wire.Plant.model_fields.keys() - wire.PlantBody.model_fields.keys()


def _read(source: str) -> str:
    try:
        return text.clean_block(
            sys.stdin.read() if source == "-" else Path(source).read_text("utf-8-sig"), limit=50_000_000
        )
    except FileNotFoundError:
        raise Stop(ExitCode.USAGE, f"There is no file {source}.") from None
    except UnicodeDecodeError:
        raise Stop(ExitCode.USAGE, f"{source} is not text in UTF-8.", "Save it as UTF-8.") from None


@contextmanager
def _whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name only when it is complete."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        os.replace(part, path)  # noqa: PTH105 - Path.replace is the same call
    finally:
        part.unlink(missing_ok=True)
