"""Logging of the server: one line an event, for people or as JSON, on stderr.

Outside text cannot forge a line (control characters are shown, not printed), and secrets are struck out by name and
by shape wherever they stand, tracebacks included.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

STRUCK_OUT = "[secret]"

_SECRET_NAMES = re.compile(r"password|secret|authorization|api_key|token$|cookie", re.IGNORECASE)
_SECRET_SHAPES = re.compile(
    r"""\bpo_[\w-]{16,}                                    # API tokens
      | \bet_[\w-]{16,}                                    # enrolment tokens
      | \bsk-[\w-]{8,}                                     # keys of language-model providers
      | (?<=://)[^\s/:@]+:[^\s/@]+(?=@)                    # user:password in any URL
      | (?<=/api/webhooks/)[\w/-]+                         # Discord webhooks are secrets as a whole
      | (?<=Bearer\ )[\w.~+/-]+=*""",
    re.IGNORECASE | re.VERBOSE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def configure(log_format: Literal["console", "json"], level: str, stream: TextIO | None = None) -> None:
    """Set logging up for this process, also for libraries that use the standard ``logging``."""
    out = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                make_safe,
                _renderer(log_format, out),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("httpx2", "httpcore2", "psycopg.pool", "uvicorn", "uvicorn.error", "asyncio"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def make_safe(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Processor: secrets out, every value on one line; a traceback keeps its lines, each of them marked."""
    traceback = event.pop("exception", None)
    safe = {key: _safe_value(key, value) for key, value in event.items()}
    if traceback is not None:
        lines = str(_strike(str(traceback))).splitlines()
        safe["exception"] = "\n".join("  | " + _visible(line) for line in lines)
    return safe


def _safe_value(key: str, value: Any) -> Any:
    if _SECRET_NAMES.search(key):
        return STRUCK_OUT
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(k): _safe_value(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe_value("", v) for v in value]
    return _visible(_strike(str(value)))


def _strike(text: str) -> str:
    return _SECRET_SHAPES.sub(STRUCK_OUT, text)


def _visible(text: str) -> str:
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def _renderer(log_format: str, out: TextIO) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=out.isatty(), pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
    )
