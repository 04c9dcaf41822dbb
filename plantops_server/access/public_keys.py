"""SSH public keys as people paste them: one line of OpenSSH's, taken apart to the last byte, or refused.

Strict because such a line is written into authorized_keys files again: no options before the type, no second line,
nothing in the key that its type does not have. Sources: RFC 4253 section 6.6 (RSA), RFC 5656 (ECDSA), RFC 8709
(Ed25519), OpenSSH PROTOCOL.u2f (security keys).
"""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256
from typing import NamedTuple

from plantops_api import text
from plantops_server.errors import NotAnSshKey

LONGEST_COMMENT = 120
SMALLEST_RSA_BITS = 2048
LARGEST_RSA_BITS = 16_384
"""What OpenSSH's ssh-keygen makes at most."""

_CURVES = {"nistp256": 32, "nistp384": 48, "nistp521": 66}
"""Bytes of one coordinate."""

TYPES = (
    "ssh-ed25519", "sk-ssh-ed25519@openssh.com", *(f"ecdsa-sha2-{curve}" for curve in _CURVES),
    "sk-ecdsa-sha2-nistp256@openssh.com", "ssh-rsa",
)  # fmt: skip
"""DSA is not among them (OpenSSH dropped it), nor are certificates: no authority is trusted to name our users."""


class PublicKey(NamedTuple):
    """One accepted key; ``data`` is its wire form, ``comment`` is safe to print."""

    key_type: str
    data: bytes
    comment: str

    @property
    def fingerprint(self) -> str:
        """``SHA256:`` and 43 characters, as ``ssh-keygen -l`` prints it."""
        return "SHA256:" + base64.b64encode(sha256(self.data).digest()).decode().rstrip("=")


def parse_public_key(line: str) -> PublicKey:
    """The key in the line of a ``.pub`` file. Raises NotAnSshKey, which never repeats what was sent."""
    if "PRIVATE KEY" in line:
        raise NotAnSshKey(
            problem="This is a private key, and it was not kept. Send the file that ends in .pub, and if anybody could "
            "have read it on the way, make a new pair with ssh-keygen"
        )
    line = line.strip()
    if "\n" in line or "\r" in line or "\0" in line:
        raise NotAnSshKey(problem="These are several lines. Send one key at a time")
    words = line.split(None, 2)
    if len(words) < 2 or words[0] not in TYPES:
        raise NotAnSshKey(
            problem="This does not begin with the type of a key and the key itself, without options before them"
        )
    key_type, data = words[0], _decoded(words[1])
    _check(key_type, data)
    return PublicKey(key_type, data, text.clean_line(words[2], LONGEST_COMMENT) if len(words) > 2 else "")


def openssh_line(key_type: str, data: bytes) -> str:
    """Type and key as files of OpenSSH hold them, without a comment."""
    return f"{key_type} {base64.b64encode(data).decode()}"


def _decoded(word: str) -> bytes:
    try:
        data = base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        raise NotAnSshKey(problem="What follows the type is not base64") from None
    if base64.b64encode(data).decode() != word:
        raise NotAnSshKey(problem="What follows the type is not base64 as OpenSSH writes it")
    return data


class _Fields:
    """Reads the length-prefixed fields of a key one after the other."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def take(self) -> bytes:
        size = int.from_bytes(self._rest[:4], "big")
        if len(self._rest) < 4 + size:
            raise NotAnSshKey(problem="The key is cut off")
        field, self._rest = self._rest[4 : 4 + size], self._rest[4 + size :]
        return field

    def end(self) -> None:
        if self._rest:
            raise NotAnSshKey(problem="There is more in the key than its type has")


def _check(key_type: str, data: bytes) -> None:
    fields = _Fields(data)
    if fields.take() != key_type.encode():
        raise NotAnSshKey(problem="The key is of another type than the line says")
    if key_type == "ssh-rsa":
        _check_rsa(fields)
    elif "ed25519" in key_type:
        if len(fields.take()) != 32:
            raise NotAnSshKey(problem="An Ed25519 key has 32 bytes, and this one has not")
    else:
        _check_point(fields, key_type.removesuffix("@openssh.com").rpartition("-")[2])
    if key_type.startswith("sk-") and not fields.take():
        raise NotAnSshKey(problem="The key of a security key names its application, and this one does not")
    fields.end()


def _check_point(fields: _Fields, curve: str) -> None:
    named, point = fields.take(), fields.take()
    if named != curve.encode() or len(point) != 1 + 2 * _CURVES[curve] or point[0] != 4:
        raise NotAnSshKey(problem=f"The key is no point of the curve {curve}")


def _check_rsa(fields: _Fields) -> None:
    exponent, modulus = fields.take(), fields.take()
    if any(not number or number[0] & 0x80 for number in (exponent, modulus)):
        raise NotAnSshKey(problem="The numbers of the RSA key are not positive")
    bits = int.from_bytes(modulus, "big").bit_length()
    e = int.from_bytes(exponent, "big")
    if not SMALLEST_RSA_BITS <= bits <= LARGEST_RSA_BITS or e < 3 or e % 2 == 0:
        raise NotAnSshKey(
            problem=f"The RSA key has {bits} bits, and {SMALLEST_RSA_BITS} to {LARGEST_RSA_BITS} are accepted"
        )
