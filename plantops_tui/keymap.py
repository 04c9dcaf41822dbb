"""Keys of one's own: ``keys.toml`` in the XDG configuration directory gives other keys to actions by their id.

    "plants.water" = "W"
    "app.back" = "escape,backspace"

The ids are those of docs/tui.md. What cannot be used is said and left out; the rest holds.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import NamedTuple

from textual.binding import Binding, BindingType
from textual.dom import DOMNode

_KEY = re.compile(r"[A-Za-z0-9]|f([1-9]|10)|ctrl\+[a-z]|[a-z]+(_[a-z]+)*")
"""What every terminal can send: a letter, a digit, F1 to F10, ctrl and a letter, or the name of a key."""
_NEVER = "ctrl+q"
"""Always quits, whatever the keymap says."""


class Keymap(NamedTuple):
    """Keys by id of the action, and what was wrong with the file, a sentence each."""

    keys: dict[str, str]
    problems: tuple[str, ...] = ()


def path_of_user() -> Path:
    """Where it lies for the person who runs this."""
    from platformdirs import user_config_path

    return user_config_path("plantops") / "keys.toml"


def read(path: Path | None) -> Keymap:
    """The keymap of a file; none when there is no file."""
    if path is None:
        return Keymap({})
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Keymap({})
    except (OSError, ValueError) as problem:
        return Keymap({}, (f"{path} cannot be used: {problem}. The usual keys hold.",))
    if not found:
        return Keymap({})
    return _checked(found, {binding.id for binding in all_bindings() if binding.id})


def _checked(found: dict[str, object], known: set[str]) -> Keymap:
    keys, problems = {}, []
    for name, value in found.items():
        if name not in known:
            problems.append(f"keys.toml: there is no action {name}.")
        elif not isinstance(value, str) or not all(_KEY.fullmatch(key.strip()) for key in value.split(",")):
            problems.append(f"keys.toml: {name} must be keys such as w, ctrl+w or f5, parted by commas.")
        elif _NEVER in [key.strip() for key in value.split(",")]:
            problems.append(f"keys.toml: {name} cannot have {_NEVER}, which always quits.")
        else:
            keys[name] = ",".join(key.strip() for key in value.split(","))
    return Keymap(keys, tuple(problems))


def all_bindings() -> Iterator[Binding]:
    """Every binding of ours that has an id, once, in the order of the modules. Loads every screen and widget."""
    seen: set[str] = set()
    for node in _nodes():
        for binding in _made(node.__dict__.get("BINDINGS", ())):
            if binding.id and binding.id not in seen:
                seen.add(binding.id)
                yield binding


def _nodes() -> Iterator[type[DOMNode]]:
    from plantops_tui import app, screens, widgets

    yield app.PlantOpsApp
    for package in (screens, widgets):
        for module in iter_modules(package.__path__):
            members = vars(import_module(f"{package.__name__}.{module.name}")).values()
            for member in members:
                if isinstance(member, type) and issubclass(member, DOMNode):
                    yield member


def _made(bindings: Iterable[BindingType]) -> Iterator[Binding]:
    return (binding for binding in bindings if isinstance(binding, Binding))
