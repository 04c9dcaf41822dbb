"""Make a screenshot small: its 256 most used colours, each other one by the nearest of them."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

_MAGIC = b"\x89PNG\r\n\x1a\n"


def make_smaller(path: Path) -> None:
    """Rewrite a PNG of 8-bit RGB as one with a palette; a few seconds a megapixel."""
    chunks = list(_chunks(path.read_bytes()))
    width, height, depth, kind = struct.unpack(">IIBB", dict(chunks)[b"IHDR"][:10])
    if (depth, kind) != (8, 2):
        raise SystemExit(f"{path} is no PNG of 8-bit RGB.")
    packed = b"".join(data for name, data in chunks if name == b"IDAT")
    rows = list(_rows(zlib.decompress(packed), width * 3))
    colours = Counter(row[at : at + 3] for row in rows for at in range(0, len(row), 3))
    palette = [colour for colour, _ in colours.most_common(256)]
    place = {colour: _nearest(colour, palette) for colour in colours}
    lines = b"".join(b"\0" + bytes(place[row[at : at + 3]] for at in range(0, len(row), 3)) for row in rows)
    path.write_bytes(
        _MAGIC
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", b"".join(palette))
        + _chunk(b"IDAT", zlib.compress(lines, 9))
        + _chunk(b"IEND", b"")
    )


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_MAGIC)
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        yield content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _rows(content: bytes, length: int) -> Iterator[bytes]:
    """Lines of pixels; each was written as the difference to its neighbours (PNG specification, section 9)."""
    above = bytes(length)
    for start in range(0, len(content), length + 1):
        row = bytearray(content[start + 1 : start + 1 + length])
        rule = content[start]
        for n in range(length) if rule else ():
            left, up, corner = (row[n - 3], above[n], above[n - 3]) if n >= 3 else (0, above[n], 0)
            row[n] = (row[n] + _guess(rule, left, up, corner)) & 255
        above = bytes(row)
        yield above


def _guess(rule: int, left: int, up: int, corner: int) -> int:
    if rule == 4:
        guess = left + up - corner
        apart = [(abs(guess - value), order, value) for order, value in enumerate((left, up, corner))]
        return min(apart)[2]
    return (0, left, up, (left + up) // 2)[rule]


def _nearest(colour: bytes, palette: Sequence[bytes]) -> int:
    red, green, blue = colour
    return min(
        range(len(palette)),
        key=lambda n: (palette[n][0] - red) ** 2 + (palette[n][1] - green) ** 2 + (palette[n][2] - blue) ** 2,
    )
