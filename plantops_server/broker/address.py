"""Where the broker is and as whom we come."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

_PLAIN_PORT = 1883
_TLS_PORT = 8883


class Address(NamedTuple):
    """Host and port of a broker, with or without TLS. ``ca_file`` None means the system's authorities."""

    host: str
    port: int
    tls: bool = False
    ca_file: Path | None = None

    @classmethod
    def from_url(cls, url: str, ca_file: Path | None = None) -> Address:
        """Read ``mqtt[s]://[user@]host[:port]``."""
        parts = urlsplit(url)
        tls = parts.scheme == "mqtts"
        return cls(
            parts.hostname or "localhost", parts.port or (_TLS_PORT if tls else _PLAIN_PORT), tls, ca_file
        )

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Login:
    """One account of the server itself. The broker binds it to ``client_id``; its repr shows no password."""

    username: str
    client_id: str
    password: str = field(repr=False)
