"""A local HTTP server that answers as Discord's webhooks do, and as it does when something is wrong.

``fake_discord`` is the fixture: ``url`` is the webhook to configure (allow its ``host`` by
PLANTOPS_WEBHOOK_ALLOW_HOSTS),
``script(...)`` lines up what the next requests get (afterwards every request gets 200), ``requests`` is what came.
Runs in a thread of its own, so that a server in another process, or a blocked event loop, can be its client too.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

WEBHOOK_ID = "1234567890"
TOKEN = "canary-webhook-token-Zx81"


class Reply(NamedTuple):
    """What one request gets. ``hang_s`` waits before answering; ``body`` None sends no body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = MappingProxyType({})
    hang_s: float = 0.0


OK = Reply(200)
NO_CONTENT = Reply(204)
NOT_FOUND = Reply(404, {"message": "Unknown Webhook", "code": 10015})
MESSAGE_GONE = Reply(404, {"message": "Unknown Message", "code": 10008})
UNAUTHORIZED = Reply(401, {"message": "Invalid Webhook Token", "code": 50027})
FORBIDDEN = Reply(403, {"message": "Missing Permissions", "code": 50013})
BAD_REQUEST = Reply(400, {"message": "Invalid Form Body", "code": 50035})
SERVER_ERROR = Reply(500, {"message": "500: Internal Server Error", "code": 0})
REDIRECT = Reply(302, None, {"Location": "http://127.0.0.1:1/elsewhere"})


def too_many(retry_after: float, *, everywhere: bool = False, header: bool = True) -> Reply:
    """429 as Discord sends it: seconds in the body, rounded up in the header."""
    headers = {"Retry-After": str(int(retry_after) + 1)} if header else {}
    return Reply(
        429,
        {"message": "You are being rate limited.", "retry_after": retry_after, "global": everywhere},
        headers,
    )


def hang(seconds: float) -> Reply:
    """No answer for so long."""
    return Reply(hang_s=seconds)


class Request(NamedTuple):
    """One request as it came. ``message_id`` is set for an edit."""

    method: str
    message_id: str | None
    query: dict[str, list[str]]
    body: dict[str, Any]
    status: int

    @property
    def embed(self) -> dict[str, Any]:
        """The one embed of the message."""
        embed: dict[str, Any] = self.body["embeds"][0]
        return embed


class FakeDiscord:
    """The server and its memory."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.messages: dict[str, dict[str, Any]] = {}
        """What the channel shows: bodies by message id, as posted and as edited since."""
        self._script: list[Reply] = []
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="fake discord")
        self._stopped = threading.Event()

    @property
    def host(self) -> str:
        """``host:port``, to be allowed by name."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """The webhook URL; its last part is the secret."""
        return f"http://{self.host}/api/webhooks/{WEBHOOK_ID}/{TOKEN}"

    @property
    def masked_url(self) -> str:
        """The URL as PlantOps may show it."""
        return f"http://{self.host}/api/webhooks/{WEBHOOK_ID}/****"

    @property
    def posted(self) -> list[Request]:
        """The requests that made a new message."""
        return [r for r in self.requests if r.method == "POST" and r.status < 300]

    def script(self, *replies: Reply) -> None:
        """What the next requests get, in order."""
        with self._lock:
            self._script.extend(replies)

    def wait_for(self, count: int, timeout_s: float = 10) -> list[Request]:
        """Block until ``count`` requests came; fails the test when they do not."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.requests) >= count, timeout_s):
                pytest.fail(
                    f"only {len(self.requests)} of {count} requests reached Discord within {timeout_s} s"
                )
            return list(self.requests)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Reply:
        """Decide the answer to one request and remember it."""
        parts = urlsplit(path)
        hook = f"/api/webhooks/{WEBHOOK_ID}/{TOKEN}"
        message_id = parts.path.removeprefix(hook + "/messages/") if "/messages/" in parts.path else None
        query = parse_qs(parts.query)
        with self._arrived:
            reply = self._script.pop(0) if self._script else OK
            if not parts.path.startswith(hook):
                reply = NOT_FOUND
            elif reply.status == 200 and message_id is not None and message_id not in self.messages:
                reply = MESSAGE_GONE
            if reply.status == 200 and reply.body is None:
                reply = self._stored(reply, method, message_id, query, body)
            self.requests.append(Request(method, message_id, query, body, reply.status))
            self._arrived.notify_all()
        self._hang(reply.hang_s)
        return reply

    def _stored(
        self,
        reply: Reply,
        method: str,
        message_id: str | None,
        query: dict[str, list[str]],
        body: dict[str, Any],
    ) -> Reply:
        if method == "PATCH" and message_id is not None:
            self.messages[message_id] = self.messages[message_id] | body
            return reply._replace(body={"id": message_id})
        new_id = str(9_000_000_000 + len(self.messages))
        self.messages[new_id] = body
        if query.get("wait") != ["true"]:
            return reply._replace(status=204)
        return reply._replace(body={"id": new_id})

    def _hang(self, seconds: float) -> None:
        end = monotonic() + seconds
        while monotonic() < end and not self._stopped.is_set():
            sleep(0.01)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                reply = fake.answer(self.command, self.path, json.loads(self.rfile.read(length) or b"{}"))
                content = b"" if reply.body is None else json.dumps(reply.body).encode()
                try:
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    if reply.status != 204:
                        self.send_header("Content-Type", "application/json")
                        self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    if reply.status != 204:
                        self.wfile.write(content)
                except OSError:
                    pass  # the client gave up, as it should after its timeout

            def do_PATCH(self) -> None:
                self.do_POST()

            def log_message(self, *_args: object) -> None:
                """Say nothing: the path holds a token."""

        return Handler


@pytest.fixture
def fake_discord() -> Iterator[FakeDiscord]:
    """A fake Discord on loopback, with one webhook."""
    fake = FakeDiscord()
    fake.start()
    yield fake
    fake.stop()
