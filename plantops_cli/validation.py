"""What was typed does not fit a request's body: told by field, never repeating the value, which may be a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from plantops_cli.exit_codes import ExitCode, Stop

if TYPE_CHECKING:
    from pydantic import ValidationError


def as_usage(error: Exception) -> Exception:
    """A pydantic ValidationError as the usage error that it is; every other error as it came."""
    if not _is_misfit(error):
        return error
    where, what = _first(error)
    return Stop(
        ExitCode.USAGE, f"{where}: {what}. Nothing was changed." if where else f"{what}. Nothing was changed."
    )


def why_not(cause: BaseException | None) -> str | None:
    """What is wrong with an option, when pydantic refused it: ``must be at least 1.``; None when something else did."""
    return f"{_first(cause)[1]}." if _is_misfit(cause) else None


def _is_misfit(error: BaseException | None) -> TypeGuard[ValidationError]:
    """Looked at by name, so that commands which need no pydantic do not load it."""
    return type(error).__name__ == "ValidationError" and type(error).__module__.startswith("pydantic")


def _first(error: ValidationError) -> tuple[str, str]:
    """The name of the first value that does not fit, and what is wrong with it."""
    from plantops_api.refusals import name_of, sentence_of

    first = error.errors(include_url=False, include_input=False)[0]
    return name_of(first["loc"]), sentence_of(first)
