"""Text as an attacker or an accident would write it."""

from __future__ import annotations

import unicodedata

HOSTILE: dict[str, str] = {
    "osc title": "\x1b]0;owned\x07basil",
    "csi colour": "\x1b[31mred\x1b[0m",
    "clear screen": "a\x1b[2J\x1b[Hb",
    "c1 csi": "\x9b31mred",
    "bidi override": "\u202egnirts\u202c",
    "bidi isolate": "\u2066abc\u2069",
    "newline": "two\nlines\r\nthree",
    "nul and bell": "a\x00b\x07c\x08d\x7f",
    "closing tag": "x [/red] y",
    "tag like word": "bed [kitchen] basil",
    "click action": "[@click=app.exit]water me[/]",
    "unclosed": "[bold",
    "variable": "$name [$warning]x[/]",
    "backslash": "a\\[b]\\",
    "wide": "猫の草 🌿🌿🌿",
    "combining": "e\u0301\u0302\u0303\u0304 fern",
    "zero width": "a\u200b\u200d\u2060b",
    "ten thousand": "long" * 2500,
    "empty": "",
    "spaces": "   ",
}

_FORBIDDEN = {0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069, 0x200B, 0xFEFF}


def unsafe(shown: str) -> list[str]:
    """Characters that must never reach a terminal as text."""
    return [
        f"U+{ord(character):04X}"
        for character in shown
        if (unicodedata.category(character) == "Cc" and character != "\n") or ord(character) in _FORBIDDEN
    ]
