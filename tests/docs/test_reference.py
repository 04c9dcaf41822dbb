"""What can be set and what can be called is written down: an undocumented setting or route fails here."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from plantops_server.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_route_is_documented_as_it_is(reference: ModuleType) -> None:
    assert (DOCS / "api.md").read_text() == reference.routes_page(), "run: nox -s docs"


def test_every_setting_is_documented_as_it_is(reference: ModuleType) -> None:
    assert (DOCS / "configuration.md").read_text() == reference.configuration_page(), "run: nox -s docs"


def test_the_manual_page_is_as_the_commands_are(reference: ModuleType) -> None:
    assert reference.MANUAL.read_text() == reference.manual_page(), "run: nox -s docs"


def test_every_setting_has_its_sentence(reference: ModuleType) -> None:
    assert set(reference._sentences()) == set(Settings.model_fields)


def test_links_between_pages_lead_somewhere() -> None:
    root = DOCS.parent
    broken = [
        f"{page.name}: {target}"
        for page in [*DOCS.rglob("*.md"), root / "README.md", root / "CONTRIBUTING.md"]
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []
