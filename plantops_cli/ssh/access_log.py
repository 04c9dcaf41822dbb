"""Who came, what was asked for, how long it took: one line each on stderr, for people or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from plantops_api import text
from plantops_cli import configuration

_LONGEST = 200


class AccessLog:
    """Written in the form and from the severity that PLANTOPS_LOG_FORMAT and PLANTOPS_LOG_LEVEL name."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        found = configuration.given(environ)
        self._as_json = "log_format" in found and str(found["log_format"].value) == "json"
        level = str(found["log_level"].value).upper() if "log_level" in found else "INFO"
        self._quiet = level in ("WARNING", "ERROR")

    def note(self, event: str, *, warning: bool = False, **facts: object) -> None:
        """Write one line; what a client said is made safe first, so that it forges no other."""
        if self._quiet and not warning:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        clean = {name: text.clean_line(str(value), _LONGEST) for name, value in facts.items()}
        if self._as_json:
            line = json.dumps({"timestamp": now, "event": event, **clean}, ensure_ascii=False)
        else:
            line = " ".join([now, event, *(f"{name}={_quoted(value)}" for name, value in clean.items())])
        with suppress(OSError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if not value or " " in value or '"' in value else value
