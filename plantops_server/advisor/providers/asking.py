"""One call through a vendor's SDK: in time, once more when that helps, and every failure as its own sentence.

Both SDKs come from one generator, and their errors carry the same names. The SDK's own retries are off: they would
wait as long as a server asks them to.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeVar

import httpx2
import structlog

from plantops_api.text import clean_line
from plantops_server.advisor.failures import RETRIED, CannotAsk
from plantops_server.advisor.providers.reaching import Forbidden, UnknownHost
from plantops_server.advisor.settings import Target

Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)

PATIENCE_S = 10.0
"""The longest Retry-After that is waited for; who asks for more gets a plan by the rules meanwhile."""
_PAUSE_S = 0.5

_NO_CREDIT = ("insufficient_quota", "billing", "credit balance", "exceeded your current quota")
_UNKNOWN_MODEL = ("model_not_found", "model not found", "no such model", "unknown model")
_TOO_LARGE = ("context_length_exceeded", "prompt is too long", "maximum context length", "request_too_large")


class Asking:
    """Calls to one target through one SDK."""

    def __init__(self, sdk: ModuleType, target: Target, timeout_s: float) -> None:
        self._sdk, self._target, self._timeout_s = sdk, target, timeout_s

    async def call(self, work: Callable[[], Awaitable[Answer]], *, retries: int = 1) -> Answer:
        """The answer of ``work``. Raises CannotAsk."""
        while True:
            try:
                with self._failures_told():
                    async with asyncio.timeout(self._timeout_s):
                        return await work()
            except CannotAsk as failure:
                pause = _PAUSE_S if failure.retry_after_s is None else failure.retry_after_s
                if retries <= 0 or failure.kind not in RETRIED or pause > PATIENCE_S:
                    raise
                retries -= 1
                await asyncio.sleep(pause)

    async def check(
        self,
        listed: Callable[[], Awaitable[list[str]]],
        one: Callable[[], Awaitable[object]],
        one_word: Callable[[], Awaitable[object]],
    ) -> None:
        """See whether the model would answer: by the list of models, which costs nothing and shows a wrong key.

        ``one`` asks for our model by its name, when the list does not hold it: names have aliases. ``one_word`` has it
        write, where there is no list. Raises CannotAsk.
        """
        try:
            names = await self.call(listed)
        except CannotAsk as failure:
            if failure.kind not in ("unknown_model", "request_refused"):  # what a missing route looks like
                raise
            await self.call(one_word)
            return
        model = self._target.model
        # Ollama lists "llama3.2:latest" and answers to "llama3.2", too.
        if not names or model in names or f"{model}:latest" in names:
            return
        try:
            await self.call(one)
        except CannotAsk as failure:
            raise unknown_model(self._target, names) if failure.kind == "unknown_model" else failure from None

    @contextmanager
    def _failures_told(self) -> Iterator[None]:
        sdk, host = self._sdk, self._target.host
        try:
            yield
        except (sdk.APITimeoutError, TimeoutError):
            raise CannotAsk(
                "timeout",
                f"{host} did not answer within {self._timeout_s:g} s. Try again, choose a faster model, or give a slow"
                " one more time (PLANTOPS_ADVISOR_TIMEOUT_S).",
            ) from None
        except sdk.APIStatusError as error:
            raise self._of_status(error.status_code, error.response.headers, error.body) from None
        except sdk.APIConnectionError as error:
            raise _of_connection(host, error.__cause__) from None
        except (
            sdk.APIResponseValidationError,
            json.JSONDecodeError,
            AttributeError,
            TypeError,
            ValueError,
        ) as error:
            # Half-valid answers surface as any of these, deep inside the SDK or at our first look at them.
            log.warning("an answer was not understood", host=host, kind=type(error).__name__)
            raise not_its_api(self._target) from None

    def _of_status(self, status: int, headers: Mapping[str, str], body: object) -> CannotAsk:
        """What an answer with an error status means; ``body`` is the vendor's JSON, or whatever else came."""
        host, model = self._target.host, self._target.model
        said = _said(body)
        if status == 401:
            return CannotAsk("key_rejected", self._key_rejected())
        if status == 402 or any(word in said.lower() for word in _NO_CREDIT):
            return CannotAsk(
                "no_credit",
                f"The account at {host} has no credit left. Top it up at the vendor, or choose another.",
            )
        if status == 403:
            return CannotAsk(
                "not_permitted",
                f"{host} does not let this key use {model} (403). Check its permissions there.",
            )
        if status == 404 or any(word in said.lower() for word in _UNKNOWN_MODEL):
            return unknown_model(self._target)
        if status == 413 or any(word in said.lower() for word in _TOO_LARGE):
            return CannotAsk(
                "too_large", f"The facts are too long for {model} at {host} ({status}). Choose another model."
            )
        if status == 429:
            wait = _retry_after_s(headers)
            asks = "Try again in a minute." if wait is None else f"It asks to wait {wait:g} s."
            return CannotAsk(
                "rate_limited", f"{host} takes no more requests right now (429). {asks}", retry_after_s=wait
            )
        if status in (503, 529):
            return CannotAsk(
                "overloaded", f"{host} is overloaded ({status}). Try again in a few minutes.",
                retry_after_s=_retry_after_s(headers),
            )  # fmt: skip
        if status >= 500:
            return CannotAsk(
                "vendor_failed", f"{host} failed on its own side ({status}). Try again in a few minutes.",
                retry_after_s=_retry_after_s(headers),
            )  # fmt: skip
        if 300 <= status < 400:
            return CannotAsk(
                "redirected",
                f"{host} answers with a redirect ({status}), which is not followed. Check base_url.",
            )
        return CannotAsk(
            "request_refused", f"{host} refused the request ({status}): {self._without_key(said)}"
        )

    def _key_rejected(self) -> str:
        host = self._target.host
        if self._target.key is None:
            return f"{host} wants a key, and none was given for it. Enter one in the settings of the advisor."
        return f"{host} rejects the key. Enter a valid one in the settings of the advisor."

    def _without_key(self, said: str) -> str:
        """Outside text on one short line; some servers repeat the key that they were shown."""
        key = self._target.key
        return clean_line(said.replace(key, "…") if key else said, 200) or "it gave no reason."


def unknown_model(target: Target, known: list[str] | None = None) -> CannotAsk:
    """The model is not there; ``known`` are some that are."""
    has = f" It has {', '.join(clean_line(name, 60) for name in known[:5])}." if known else ""
    hint = "" if known or target.trusted else " Check base_url, too."
    return CannotAsk(
        "unknown_model",
        f"{target.host} knows no model {target.model!r}.{has} Choose another in the settings of the advisor.{hint}",
    )


def not_its_api(target: Target) -> CannotAsk:
    """Something answered, and not as such a server does."""
    return CannotAsk(
        "not_its_api", f"{target.host} does not answer as a server of {target.provider} does. Check base_url."
    )


def _of_connection(host: str, cause: BaseException | None) -> CannotAsk:
    if isinstance(cause, Forbidden):
        return CannotAsk("forbidden_address", str(cause))
    if isinstance(cause, UnknownHost) or "Name or service" in str(cause) or "name resolution" in str(cause):
        return CannotAsk(
            "unknown_host", f"The name of {host} has no address. Check it, and this machine's DNS."
        )
    if _is_tls(cause):
        return CannotAsk(
            "tls",
            f"The TLS certificate of {host} is not trusted, or it does not speak TLS. The certificate of a private "
            "authority can be named with SSL_CERT_FILE.",
        )
    if isinstance(cause, httpx2.ConnectError):
        return CannotAsk(
            "unreachable", f"Nothing answers at {host}. Check the address, and that the server runs."
        )
    return CannotAsk(
        "connection_lost", f"The connection to {host} broke before the answer was complete. Try again."
    )


def _is_tls(cause: BaseException | None) -> bool:
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _said(body: object) -> str:
    """The vendor's own words, its code among them; empty for what is no error of theirs."""
    if not isinstance(body, Mapping):
        return ""
    inner: Any = body.get("error")
    told = inner if isinstance(inner, Mapping) else body
    return " ".join(
        str(told[name]) for name in ("message", "code", "type") if isinstance(told.get(name), str)
    )


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e6 else None
