"""A server on this machine that speaks OpenPlantbook's protocol: token, search, detail."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

CLIENT_ID, SECRET = "the-client-id", "the-secret-of-the-account"

ABELIA = {
    "pid": "abelia chinensis", "display_pid": "Abelia chinensis", "alias": "chinese abelia",
    "category": "Caprifoliaceae, Abelia", "max_light_mmol": 4500, "min_light_mmol": 2500,
    "max_light_lux": 30000, "min_light_lux": 3500, "max_temp": 35, "min_temp": 8, "max_env_humid": 85,
    "min_env_humid": 30, "max_soil_moist": 60, "min_soil_moist": 15, "max_soil_ec": 2000, "min_soil_ec": 350,
    "image_url": "https://example.com/abelia.jpg",
}  # fmt: skip


class FakeOpenPlantbook:
    """What it knows, what it does wrong, and what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.plants: dict[str, dict[str, Any]] = {"abelia chinensis": dict(ABELIA)}
        self.status = 200
        self.delay_s = 0.0
        self.body: bytes | None = None
        self.asked: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    fake: FakeOpenPlantbook

    def log_message(self, *_args: Any) -> None:
        """Nothing on stderr."""

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.fake.asked.append(self.path)
        right = (form.get("client_id"), form.get("client_secret")) == ([CLIENT_ID], [SECRET])
        if self.path != "/api/v1/token/" or not right:
            self._answer(401, {"error": "invalid_client"})
        else:
            self._answer(200, {"access_token": "tok", "expires_in": 3600, "token_type": "Bearer"})

    def do_GET(self) -> None:
        parts, fake = urlsplit(self.path), self.fake
        fake.asked.append(self.path)
        time.sleep(fake.delay_s)
        if self.headers["Authorization"] != "Bearer tok":
            self._answer(401, {"detail": "no"})
        elif fake.status != 200 or fake.body is not None:
            self._answer(fake.status, fake.body or {"detail": "broken"})
        elif parts.path == "/api/v1/plant/search":
            wanted = parse_qs(parts.query)["alias"][0].lower()
            found = [p for pid, p in fake.plants.items() if wanted in pid or wanted in p["alias"]]
            names = [{key: p[key] for key in ("pid", "display_pid", "alias", "category")} for p in found]
            self._answer(200, {"count": len(names), "next": None, "previous": None, "results": names})
        else:
            pid = unquote(parts.path.removeprefix("/api/v1/plant/detail/").strip("/"))
            self._answer(200 if pid in fake.plants else 404, fake.plants.get(pid, {"detail": "Not found."}))

    def _answer(self, status: int, body: Any) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def openplantbook() -> Iterator[FakeOpenPlantbook]:
    """Run it on a free port until the end of the block."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.fake = FakeOpenPlantbook(f"http://127.0.0.1:{server.server_address[1]}/api/v1")  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield handler.fake  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
