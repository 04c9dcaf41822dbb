"""Style, scripts and pictures: read once, served under the digest of their content, kept by browsers for good."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from plantops_server.errors import NotFound

FOLDER = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"

_MEDIA = {
    ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}  # fmt: skip
"""Only these are served: licences and notes beside them are for people who read the source."""

router = APIRouter(include_in_schema=False)


class StaticFile(NamedTuple):
    """One file: its content as it is and compressed, and the digest that its address carries."""

    body: bytes
    zipped: bytes
    media: str
    digest: str


@lru_cache(maxsize=1)
def all_files() -> dict[str, StaticFile]:
    """Every file by its name below ``static/``."""
    found = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix in _MEDIA:
            body = path.read_bytes()
            found[path.relative_to(FOLDER).as_posix()] = StaticFile(
                body,
                gzip.compress(body, 9, mtime=0),
                _MEDIA[path.suffix],
                hashlib.sha256(body).hexdigest()[:16],
            )
    return found


def digest_of(name: str) -> str:
    """The digest of a file's content. Raises KeyError for one that there is not: a template names it wrong."""
    return all_files()[name].digest


@router.get("/static/{digest}/{name:path}")
async def static_file(digest: str, name: str, request: Request) -> Response:
    """One file, if its content has this digest; raises NotFound. Open to everybody: it holds nobody's data."""
    file = all_files().get(name)
    if file is None or file.digest != digest:
        raise NotFound(what="file", id=name)
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.zipped, media_type=file.media, headers=headers | {"Content-Encoding": "gzip"})
    return Response(file.body, media_type=file.media, headers=headers)
