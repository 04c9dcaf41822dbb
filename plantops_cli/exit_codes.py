"""What the exit status of ``plantops`` means, and which error ends in which."""

from __future__ import annotations

from enum import IntEnum

from plantops_api import errors, places


class ExitCode(IntEnum):
    """The exit statuses, all of them; documented in ``plantops --help``."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    NOT_FOUND = 3
    NOT_ALLOWED = 4
    UNREACHABLE = 5
    CONFLICT = 6
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    """128 + SIGPIPE, as any other program in a pipeline whose reader left."""


MEANINGS = {
    ExitCode.OK: "ok",
    ExitCode.FAILURE: "failure",
    ExitCode.USAGE: "usage",
    ExitCode.NOT_FOUND: "not found",
    ExitCode.NOT_ALLOWED: "not allowed",
    ExitCode.UNREACHABLE: "server unreachable",
    ExitCode.CONFLICT: "conflict",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.PIPE_CLOSED: "the reader of the output left",
}
"""What each status says; the help, the manual and ``--spec`` repeat it."""


class Stop(Exception):
    """The command ends here, with a sentence that says why and one that says what to do.

    Raised by the CLI itself; what the server refuses is an ``ApiError``.
    """

    def __init__(self, code: ExitCode, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.advice = advice


_BY_STATUS = {
    400: ExitCode.USAGE,
    401: ExitCode.NOT_ALLOWED,
    403: ExitCode.NOT_ALLOWED,
    404: ExitCode.NOT_FOUND,
    409: ExitCode.CONFLICT,
    412: ExitCode.CONFLICT,
    413: ExitCode.USAGE,
    415: ExitCode.USAGE,
    422: ExitCode.USAGE,
}


def exit_code_of(error: BaseException) -> ExitCode:
    """The exit status in which an error ends."""
    if isinstance(error, Stop):
        return error.code
    if isinstance(error, errors.WrongAddress):
        return ExitCode.USAGE
    if isinstance(error, errors.ServerUnreachable | errors.NotPlantOps):
        return ExitCode.UNREACHABLE
    if isinstance(error, places.TokenFileUnreadable):
        return ExitCode.NOT_ALLOWED
    # Refused of the client and the server's own errors (up, serve, db) both know an HTTP status.
    status = getattr(error, "status", None)
    return _BY_STATUS.get(status, ExitCode.FAILURE) if isinstance(status, int) else ExitCode.FAILURE
