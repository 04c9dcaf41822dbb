"""A local HTTP server that speaks as Anthropic, OpenAI and compatible servers do, and as they do when it goes wrong.

``fake_vendors`` is the fixture: ``url_for(provider)`` is the ``base_url`` to configure, ``script(...)`` lines up what
the next questions get (afterwards each gets a plan that is true to the facts in its prompt), ``requests`` what came.

``python -m tests.fake_vendors 8099`` runs it by itself: the key ``sk-wrong`` is rejected, and the model's name chooses
what happens: ``good``, or one of the names in ``BY_NAME`` (``no-credit``, ``overloaded``, ``refused``, ``lying`` …).
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

import pytest

from plantops_api.wire import LlmProvider

WRONG_KEY = "sk-wrong-0123456789abcdef"
MODELS = ("claude-haiku-5-5", "gpt-6-luna", "llama3.2:latest")
USAGE = (2000, 500)
"""Tokens that every answer says it read and wrote."""

Dialect: TypeAlias = Literal["messages", "responses", "chat"]


def faithful(prompt: str) -> str:
    """A plan that cites what the prompt says, and nothing else."""
    found = re.findall(r"^(soil_moisture|temperature|humidity)\.now: (-?[\d.]+) (\S+)$", prompt, re.MULTILINE)
    claims = [
        {"claim": f"The {metric.replace('_', ' ')} is {value} {unit}.", "confidence": "high",
         "evidence": [f"{metric}.now"]}
        for metric, value, unit in found
    ]  # fmt: skip
    return plan(diagnosis=claims, unknowns=[] if claims else ["How the plant is: nothing was measured."])


def plan(**parts: Any) -> str:
    """The JSON of a plan, empty but for ``parts``."""
    empty: dict[str, Any] = {
        "summary": "A plan of the fake vendor.", "diagnosis": [], "actions": [], "watch_for": ["New leaves."],
        "unknowns": [], "threshold_proposals": [],
    }  # fmt: skip
    return json.dumps({**empty, **parts})


class Outcome(NamedTuple):
    """What one question gets. ``text`` is the model's, or makes it from the prompt; ``raw`` replaces the whole body."""

    status: int = 200
    text: str | Callable[[str], str] = faithful
    end: Literal["end", "truncated", "refused"] = "end"
    error: str = ""
    headers: Mapping[str, str] = MappingProxyType({})
    hang_s: float = 0.0
    raw: bytes | None = None
    cut: bool = False
    """Close the connection in the middle of the answer."""


OK = Outcome()
UNAUTHORIZED = Outcome(401, error="authentication_error")
NO_CREDIT = Outcome(402, error="billing_error")
QUOTA = Outcome(429, error="insufficient_quota")
FORBIDDEN = Outcome(403, error="permission_error")
UNKNOWN_MODEL = Outcome(404, error="model_not_found")
TOO_LARGE = Outcome(413, error="request_too_large")
BAD_REQUEST = Outcome(400, error="invalid_request_error")
SERVER_ERROR = Outcome(500, error="api_error")
OVERLOADED = Outcome(529, error="overloaded_error")
REFUSED = Outcome(end="refused")
TRUNCATED = Outcome(end="truncated", text='{"summary": "Water it with')
INVALID_JSON = Outcome(text="Certainly! Here is the plan: {summary: water it}")
NOT_A_PLAN = Outcome(text='{"summary": "All is well.", "diagnosis": "none"}')
HTML = Outcome(raw=b"<html><body>Welcome to nginx</body></html>", headers={"Content-Type": "text/html"})
REDIRECT = Outcome(302, raw=b"", headers={"Location": "http://127.0.0.1:1/elsewhere"})
BROKEN = Outcome(cut=True)
LYING = Outcome(
    text=plan(
        summary="The soil is bone dry at 3.3 %.",
        diagnosis=[
            {"claim": "The soil is at 3.3 %.", "confidence": "high", "evidence": ["soil_moisture.now"]},
            {"claim": "It stands in a draught.", "confidence": "high", "evidence": ["draught.mean_24h"]},
        ],
        actions=[
            {"kind": "water", "what": "Water it.", "amount": "2 l", "when": "now", "why": "It is at 3.3 %.",
             "evidence": ["soil_moisture.now"]},
        ],
    )
)  # fmt: skip


def too_many(retry_after: str | None = None) -> Outcome:
    """429 as vendors send it."""
    return Outcome(429, error="rate_limit_error", headers={"Retry-After": retry_after} if retry_after else {})


def hang(seconds: float) -> Outcome:
    """No answer for so long."""
    return Outcome(hang_s=seconds)


BY_NAME: dict[str, Outcome] = {
    "no-credit": NO_CREDIT, "forbidden": FORBIDDEN, "unknown": UNKNOWN_MODEL, "too-large": TOO_LARGE,
    "busy": too_many("30"), "server-error": SERVER_ERROR, "overloaded": OVERLOADED,
    "slow": hang(6), "timeout": hang(90),
    "refused": REFUSED, "truncated": TRUNCATED, "invalid-json": INVALID_JSON, "not-a-plan": NOT_A_PLAN, "html": HTML,
    "redirect": REDIRECT, "broken": BROKEN, "lying": LYING,
}  # fmt: skip


class Request(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    status: int
    client_left: bool = False

    @property
    def key(self) -> str | None:
        """The key that it showed, by either vendor's header."""
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        return bearer or self.headers.get("x-api-key")

    @property
    def prompt(self) -> str:
        """Everything that the model would read."""
        return json.dumps(self.body, ensure_ascii=False)


class FakeVendors:
    """The server and its memory. ``models`` is what it lists; None: it has no such list."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[Request] = []
        self.models: tuple[str, ...] | None = MODELS
        self.aliases: tuple[str, ...] = ()
        self.knows_schemas = True
        self.knows_max_tokens = True
        self.by_name = False
        self._script: list[Outcome] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="fake vendors")
        self._stopped = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens on loopback."""
        return self._server.server_address[1]

    def url_for(self, provider: LlmProvider) -> str:
        """The ``base_url`` of a provider: Anthropic's has no /v1."""
        return f"http://127.0.0.1:{self.port}{'' if provider == 'anthropic' else '/v1'}"

    def script(self, *outcomes: Outcome) -> None:
        """Line up what the next requests get, whatever they ask for."""
        with self._lock:
            self._script += outcomes

    @property
    def questions(self) -> list[Request]:
        """The requests that asked a model something."""
        return [request for request in self.requests if request.method == "POST"]

    def wait_for(self, count: int, within_s: float = 5.0) -> list[Request]:
        """The questions, once there are ``count`` of them; a request counts when it has been answered or given up."""
        until = monotonic() + within_s
        while len(self.questions) < count and monotonic() < until:
            sleep(0.01)
        return self.questions

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port; whoever hangs is let go."""
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def _next(self, body: Mapping[str, Any]) -> Outcome:
        with self._lock:
            if self._script:
                return self._script.pop(0)
        return BY_NAME.get(str(body.get("model")), OK) if self.by_name else OK

    def _handler(self) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - one small class
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve({})

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                self._serve(json.loads(self.rfile.read(length) or b"{}"))

            def _serve(self, body: dict[str, Any]) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                outcome = fake._next(body)
                status, answer = fake._answer(self.command, self.path, headers, body, outcome)
                left = self._hang(outcome.hang_s)
                fake.requests.append(Request(self.command, self.path, headers, body, status, left))
                if not left:
                    self._reply(status, answer, outcome)

            def _hang(self, seconds: float) -> bool:
                """Wait; whether the client left meanwhile."""
                until = monotonic() + seconds
                self.connection.setblocking(False)
                try:
                    while monotonic() < until and not fake._stopped.is_set():
                        sleep(0.01)
                        with suppress(BlockingIOError):
                            if not self.connection.recv(1):
                                return True
                except OSError:
                    return True
                finally:
                    self.connection.setblocking(True)
                return False

            def _reply(self, status: int, answer: bytes, outcome: Outcome) -> None:
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **outcome.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer[: len(answer) // 2] if outcome.cut else answer)
                if outcome.cut:
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                if fake.by_name:
                    sys.stderr.write(f"{format % args}\n")

        return Handler

    def _answer(
        self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any], outcome: Outcome
    ) -> tuple[int, bytes]:
        key = headers.get("authorization", "").removeprefix("Bearer ") or headers.get("x-api-key", "")
        if key.startswith("sk-wrong") or (not key and "/chat/" not in path and "/models" not in path):
            outcome = UNAUTHORIZED._replace(hang_s=outcome.hang_s)
        if outcome.raw is not None:
            return outcome.status, outcome.raw
        if outcome.status != 200:
            return outcome.status, _error(outcome, key)
        if path.partition("?")[0].endswith("/models"):
            return self._listed()
        if path.rpartition("/")[2] in (*(self.models or ()), *self.aliases):
            return 200, json.dumps(
                {"id": path.rpartition("/")[2], "object": "model", "type": "model"}
            ).encode()
        dialect = _DIALECTS.get(path.partition("?")[0].removeprefix("/v1"))
        if method != "POST" or dialect is None:
            return 404, _error(Outcome(404, error="not_found_error"), key)
        if dialect == "chat" and not self.knows_schemas and "response_format" in body:
            return 400, _error(BAD_REQUEST, key)
        if dialect == "chat" and not self.knows_max_tokens and "max_tokens" in body:
            return 400, _error(Outcome(400, error="Use 'max_completion_tokens' instead"), key)
        text = outcome.text if isinstance(outcome.text, str) else outcome.text(_prompt(body))
        return 200, json.dumps(_SPOKEN[dialect](str(body.get("model")), text, outcome.end)).encode()

    def _listed(self) -> tuple[int, bytes]:
        if self.models is None:
            return 404, b"404 page not found"
        data = [
            {"id": name, "type": "model", "object": "model", "display_name": name, "created": 0, "owned_by": "x",
             "created_at": "2026-01-01T00:00:00Z"}
            for name in self.models
        ]  # fmt: skip
        listed = {"object": "list", "data": data, "has_more": False, "first_id": None, "last_id": None}
        return 200, json.dumps(listed).encode()


def _error(outcome: Outcome, key: str) -> bytes:
    """The error as vendors say it; some repeat the key, which must get no further."""
    message = f"{outcome.error} (the key was {key})"
    inner = {"type": outcome.error, "message": message, "code": outcome.error, "param": None}
    return json.dumps({"type": "error", "error": inner}).encode()


def _prompt(body: Mapping[str, Any]) -> str:
    turns = body.get("messages") or body.get("input") or []
    return turns if isinstance(turns, str) else "\n".join(str(turn["content"]) for turn in turns)


def _messages(model: str, text: str, end: str) -> dict[str, Any]:
    reasons = {"end": "end_turn", "truncated": "max_tokens", "refused": "refusal"}
    content = [] if end == "refused" else [{"type": "text", "text": text}]
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": reasons[end], "stop_sequence": None,
        "usage": {"input_tokens": USAGE[0], "output_tokens": USAGE[1]},
    }  # fmt: skip


def _responses(model: str, text: str, end: str) -> dict[str, Any]:
    part = {"type": "refusal", "refusal": "No."} if end == "refused" else {
        "type": "output_text", "text": text, "annotations": [],
    }  # fmt: skip
    cut = end == "truncated"
    return {
        "id": "resp_1", "object": "response", "created_at": 0, "model": model,
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "output": [{"type": "message", "id": "m", "status": "completed", "role": "assistant", "content": [part]}],
        "parallel_tool_calls": False, "tool_choice": "auto", "tools": [],
        "usage": {"input_tokens": USAGE[0], "output_tokens": USAGE[1], "total_tokens": sum(USAGE),
                  "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}},
    }  # fmt: skip


def _chat(model: str, text: str, end: str) -> dict[str, Any]:
    refused = end == "refused"
    message = {
        "role": "assistant",
        "content": None if refused else text,
        "refusal": "No." if refused else None,
    }
    choice = {"index": 0, "message": message, "finish_reason": "length" if end == "truncated" else "stop"}
    return {
        "id": "c", "object": "chat.completion", "created": 0, "model": model, "choices": [choice],
        "usage": {"prompt_tokens": USAGE[0], "completion_tokens": USAGE[1], "total_tokens": sum(USAGE)},
    }  # fmt: skip


_DIALECTS: dict[str, Dialect] = {
    "/messages": "messages",
    "/responses": "responses",
    "/chat/completions": "chat",
}
_SPOKEN: dict[Dialect, Callable[[str, str, str], dict[str, Any]]] = {
    "messages": _messages, "responses": _responses, "chat": _chat,
}  # fmt: skip


@pytest.fixture
def fake_vendors() -> Iterator[FakeVendors]:
    """A server of language models on loopback."""
    fake = FakeVendors()
    fake.start()
    yield fake
    fake.stop()


def main() -> None:
    """Serve until Ctrl-C."""
    fake = FakeVendors(int(sys.argv[1]) if len(sys.argv) > 1 else 8099)
    fake.by_name, fake.models = True, ("good", *BY_NAME)
    sys.stderr.write(
        f"Anthropic at {fake.url_for('anthropic')}, OpenAI and compatible at {fake.url_for('openai')}\n"
    )
    fake.start()
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
    fake.stop()


if __name__ == "__main__":
    main()
