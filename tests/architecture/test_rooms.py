"""The folder tree says where things are; these tests keep it saying so."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("plantops_api", "plantops_server", "plantops_tui", "plantops_cli")
KIND_NAMES = {"utils", "util", "helpers", "common", "manager", "core", "base", "types", "misc"}


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")


def test_no_module_is_called_after_its_kind() -> None:
    assert [str(m) for m in modules() if m.stem in KIND_NAMES] == []


def test_every_module_says_what_it_is_for() -> None:
    assert [str(m) for m in modules() if ast.get_docstring(ast.parse(m.read_text())) is None] == []


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{module}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for module in modules()
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= 80
    ]
    assert long == []


def test_subjects_never_commit() -> None:
    """The caller owns the transaction: a commit inside a subject would split it."""
    subjects = ("devices", "plants", "telemetry", "incidents", "access")
    offenders = [
        f"{module}:{node.lineno}"
        for subject in subjects
        for module in (ROOT / "plantops_server" / subject).rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}
    ]
    assert offenders == []
