"""Every sentence that explains a missing forecast has a short form that fits on a card."""

from __future__ import annotations

import ast
from pathlib import Path

import plantops_server
from plantops_server.plants.abstention import LONGEST, briefly

_ROOT = Path(plantops_server.__file__).parent
_SAID_WITH_A_FORECAST = ("The soil is at ",)
"""The soil is dry already, or the forecast explains itself."""


def _sentences() -> set[str]:
    """Beginnings of the sentences in the forecast and in what the cards add to it, read from their source."""
    found = set()
    for path in (_ROOT / "plants" / "forecast.py", _ROOT / "cards.py"):
        tree = ast.parse(path.read_text())
        inside = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                words, whole = str(node.values[0].value), node.values[-1]
                end = str(whole.value) if isinstance(whole, ast.Constant) else ""
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
                words = end = node.value
            else:
                continue
            if words[:1].isupper() and end.endswith(".") and "\n" not in words:
                found.add(words)
    return found - _docstrings() - set(_SAID_WITH_A_FORECAST)


def _docstrings() -> set[str]:
    found = set()
    for path in (_ROOT / "plants" / "forecast.py", _ROOT / "cards.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                found.add(str(node.value.value))
    return found


def test_every_sentence_has_a_short_form_that_fits() -> None:
    sentences = _sentences()
    assert len(sentences) >= 12
    for sentence in sentences:
        brief = briefly(sentence)
        assert brief is not None, sentence
        assert 0 < len(brief) <= LONGEST


def test_an_unknown_sentence_has_none() -> None:
    assert briefly("The moon is full.") is None
