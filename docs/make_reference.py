"""Writes what the code knows: tables of ``api.md`` and ``configuration.md``, and the manual page: ``nox -s docs``.

A test compares them.
"""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from typer.core import TyperGroup
from typer.main import get_command

from plantops_cli import command_tree, manual
from plantops_cli.main import app
from plantops_server import settings
from plantops_server.api.app import create_app

HERE = Path(__file__).parent
MANUAL = HERE.parent / "plantops_cli" / "plantops.1"
ROUTES, SETTINGS = "## Routes\n", "## Server\n"


def routes_page() -> str:
    """``api.md`` with its routes as the application has them."""
    head = (HERE / "api.md").read_text().partition(ROUTES)[0]
    lines = [head + ROUTES]
    areas: dict[str, list[str]] = {}
    for path, methods in create_app(cast(Any, None)).openapi()["paths"].items():
        for method, operation in methods.items():
            sentence = " ".join(operation["description"].partition("\n\n")[0].split())
            areas.setdefault(operation["tags"][0], []).append(
                f"| {method.upper()} | `{path}` | {operation['x-role']} | {sentence} |"
            )
    for area, rows in areas.items():
        lines += [
            f"### {area}\n",
            "| | route | role | what it does |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    return "\n".join(lines)


def configuration_page() -> str:
    """``configuration.md`` with the server's settings as the code has them."""
    head = (HERE / "configuration.md").read_text().partition(SETTINGS)[0]
    rows = [
        f"| `PLANTOPS_{name.upper()}` | {_default(name)} | {sentence} |"
        for name, sentence in _sentences().items()
    ]
    return "\n".join([head + SETTINGS, "| setting | default | meaning |", "| --- | --- | --- |", *rows, ""])


def manual_page() -> str:
    """``plantops(1)``, as the wheel brings it."""
    return manual.page(command_tree.spec(cast(TyperGroup, get_command(app))))


def _sentences() -> dict[str, str]:
    """Each field of Settings with the docstring under it."""
    (body,) = (
        n.body for n in ast.parse(inspect.getsource(settings.Settings)).body if isinstance(n, ast.ClassDef)
    )
    found = {}
    for field, doc in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(doc, ast.Expr)
            and isinstance(doc.value, ast.Constant)
        ):
            found[cast(ast.Name, field.target).id] = " ".join(str(doc.value.value).replace("``", "`").split())
    return found


def _default(name: str) -> str:
    field = settings.Settings.model_fields[name]
    if field.default_factory is not None or field.default in (None, ""):
        return ""
    value = getattr(field.default, "get_secret_value", lambda: field.default)()
    return f"`{value}`" if value != "" else ""


if __name__ == "__main__":
    (HERE / "api.md").write_text(routes_page())
    (HERE / "configuration.md").write_text(configuration_page())
    MANUAL.write_text(manual_page())
