"""What is wrong with a value that was typed or sent, in a person's words: what pydantic finds, said alike everywhere.

A value itself is never repeated: it may be a password.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here; perhaps its name has a typing error",
    "finite_number": "must be a number, neither infinite nor none",
    "json_invalid": "cannot be read as JSON",
    "string_unicode": "must be text in UTF-8",
}
_KINDS = {
    "int": "must be a whole number", "float": "must be a number", "bool": "must be true or false",
    "string": "must be text", "list": "must be a list", "dict": "must be an object with names and values",
    "model": "must be an object with names and values",
    "datetime": "must be a date and time, such as 2026-11-24T18:30:00Z", "date": "must be a date, such as 2026-11-24",
    "timezone": "must say its time zone, as 2026-11-24T18:30:00Z does",
}  # fmt: skip
_BOUNDS = {
    "greater_than_equal": ("ge", "must be at least"), "greater_than": ("gt", "must be more than"),
    "less_than_equal": ("le", "must be at most"), "less_than": ("lt", "must be less than"),
}  # fmt: skip
_EXAMPLES = {
    "start": "22:00", "end": "07:30", "username": "ada.lovelace, in small letters", "mac_address": "24:6F:28:AE:52:7C",
}  # fmt: skip
_SPANS = ((86_400, "d"), (3600, "h"), (60, "min"))
_KEY = "[key]"
"""What pydantic adds to the path of a name that is not among those that an object may have."""
_NAMES = {"seconds": "how long"}
_UNITS = ("_s", "_ml", "_usd")


def name_of(path: Sequence[str | int]) -> str:
    """A field as people call it: ``amount_ml`` is the amount; empty for a whole body."""
    steps = (step for step in path if step != _KEY)
    return " ".join(str(step + 1) if isinstance(step, int) else _plain(step) for step in steps)


def sentence_of(fault: Mapping[str, Any]) -> str:
    """What is wrong with one value, to be read after its name: ``must be at least 1 min``.

    ``fault`` is an entry of ``ValidationError.errors()``; what nobody has put into words yet is said as pydantic does.
    """
    kind, context, path = str(fault["type"]), fault.get("ctx") or {}, fault.get("loc") or ()
    if kind in _WORDS:
        return _WORDS[kind]
    if kind == "string_pattern_mismatch":
        example = _EXAMPLES.get(str(path[-1]) if path else "")
        return "is not written the way it has to be" + (f": like {example}" if example else "")
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"{words} {_bound(context[key], path)}"
    if kind in ("string_too_short", "string_too_long", "too_short", "too_long"):
        return _length(kind, context)
    if kind in ("literal_error", "enum"):
        return f"must be {context['expected']}"
    stem, _, what = kind.partition("_")
    if stem in _KINDS and what not in ("error", ""):
        return _KINDS[stem]
    return str(fault["msg"]).removeprefix("Value error, ").rstrip(".")


def _plain(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    unit = next((unit for unit in _UNITS if name.endswith(unit)), "")
    return name.removesuffix(unit).replace("_", " ")


def _bound(limit: Any, path: Sequence[str | int]) -> str:
    last = str(path[-1]) if path else ""
    if last == "seconds" or last.endswith("_s"):
        return next(
            (f"{limit // span:g} {unit}" for span, unit in _SPANS if limit and limit % span == 0),
            f"{limit:g} s",
        )
    return f"{limit:.10g}" if isinstance(limit, int | float) else str(limit)


def _length(kind: str, context: Mapping[str, Any]) -> str:
    what = "characters" if kind.startswith("string") else "entries"
    if kind.endswith("short"):
        least = context["min_length"]
        return "must not be empty" if least == 1 else f"must have at least {least} {what}"
    return f"may have at most {context['max_length']} {what}"
