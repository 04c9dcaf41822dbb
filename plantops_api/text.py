"""The one door where outside text is made safe for a terminal.

Names, notes, payload samples, error bodies: whatever a server sends was typed or forged by somebody. Escape
sequences in it could move the cursor, rename the window or fake a prompt; bidi controls could show a name
backwards; zero-width characters could make two names look the same. The client passes every answer
through :func:`clean` before anything else sees it. Markup (``[red]``) is left as it is: whoever draws must
draw it as plain text.
"""

from __future__ import annotations

import re
from typing import Any

LIMIT = 4000
"""Longest text that passes, in characters: as long as the longest field of the wire (``PlantBody.notes``)."""

MULTILINE = frozenset({"notes", "note", "detail", "summary"})
"""Fields in which line breaks and tabs mean something; everywhere else they become a space."""

WHOLE = frozenset({"prompt", "system"})
"""Fields that are shown word for word: of several lines, and up to :data:`WHOLE_LIMIT`."""

WHOLE_LIMIT = 100_000
"""Longest such text, in characters: a fact sheet of 6 KB in its instructions, and room to spare."""

# A whole escape sequence goes, not only its first byte, so that no "[31m" litters the text. In this order:
# OSC/DCS/SOS/PM/APC strings up to their terminator (or the end), CSI sequences, two-byte escapes.
_SEQUENCES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|\Z)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
_BREAKS = re.compile(r"(?:\r\n|[\n\r\v\f\t\x85\u2028\u2029])+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Bidi embeddings, overrides, isolates and marks; zero-width space, word joiner and other invisible operators, BOM,
# soft hyphen, Mongolian vowel separator, Hangul fillers, interlinear annotation, and the tag block that hides text.
_INVISIBLE = re.compile(
    "[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\u200b\u2060-\u2064\u206a-\u206f\ufeff\u00ad\u180e"
    "\u115f\u1160\u3164\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# Joiners hold emoji families and Persian words together; after plain ASCII they only make look-alikes.
_STRAY_JOINERS = re.compile("(?:^|(?<=[\x00-\x7f]))[\u200c\u200d]+|[\u200c\u200d]+(?=[\x00-\x7f]|\\Z)")
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean_line(value: str, limit: int = LIMIT) -> str:
    """One line that is safe to print: line breaks and tabs become one space each run, the rest as in the module."""
    if value.isascii() and value.isprintable():
        return shorten(value, limit)
    return shorten(_strip(_BREAKS.sub(" ", _SEQUENCES.sub("", value))), limit)


def clean_block(value: str, limit: int = LIMIT) -> str:
    """Text of several lines that is safe to print: ``\\n`` and ``\\t`` stay, every other control goes."""
    unescaped = _SEQUENCES.sub("", value)
    return shorten(_strip(re.sub(r"\r\n?|[\v\f\x85\u2028\u2029]", "\n", unescaped)), limit)


def clean(value: Any, *, multiline: bool = False) -> Any:
    """The same JSON value with every string in it, keys too, made safe; numbers, booleans and null pass.

    ``multiline`` is for the value itself; inside objects the names in :data:`MULTILINE` decide.
    """
    if isinstance(value, str):
        return clean_block(value) if multiline else clean_line(value)
    if isinstance(value, list):
        return [clean(item, multiline=multiline) for item in value]
    if isinstance(value, dict):
        return {
            clean_line(key) if isinstance(key, str) else key: _member(key, item)
            for key, item in value.items()
        }
    return value


def _member(key: Any, item: Any) -> Any:
    """What an object holds under a name."""
    if key in WHOLE and isinstance(item, str):
        return clean_block(item, WHOLE_LIMIT)
    return clean(item, multiline=key in MULTILINE)


def shorten(value: str, limit: int) -> str:
    """At most ``limit`` characters, the last one an ellipsis when something was cut."""
    return value if len(value) <= limit else value[: max(0, limit - 1)] + "…"


def _strip(value: str) -> str:
    value = _INVISIBLE.sub("", _CONTROLS.sub("", value))
    # A lone surrogate (JSON "\ud800") is no character; printing it would raise.
    return _SURROGATES.sub("\ufffd", _STRAY_JOINERS.sub("", value))
