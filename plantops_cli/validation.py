"""What was typed does not fit a request's body: told by field, never repeating the value, which may be a password."""

from __future__ import annotations

from plantops_cli.exit_codes import ExitCode, Stop


def as_usage(error: Exception) -> Exception:
    """A pydantic ValidationError as the usage error that it is; every other error as it came.

    Looked at by name, so that commands which need no pydantic do not load it.
    """
    if type(error).__name__ != "ValidationError" or not type(error).__module__.startswith("pydantic"):
        return error
    listed = error.errors(include_url=False, include_input=False)  # type: ignore[attr-defined]
    first = listed[0]
    where = ".".join(str(step) for step in first["loc"])
    what = str(first["msg"]).removeprefix("Value error, ")
    return Stop(
        ExitCode.USAGE, f"{where}: {what}. Nothing was changed." if where else f"{what}. Nothing was changed."
    )
