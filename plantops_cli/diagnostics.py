"""All that goes to stderr: sentences for people, warnings, errors, signs of life. Never data."""

from __future__ import annotations

import sys
import traceback

from plantops_api import errors, text
from plantops_cli.exit_codes import Stop


def say(sentence: str) -> None:
    """A sentence that is no data: what happened, what comes next."""
    _write(text.clean_block(sentence))


def warn(sentence: str) -> None:
    """Something is not as it should be, and the command goes on."""
    _write(f"Warning: {text.clean_block(sentence)}")


def report(error: BaseException, *, debug: bool = False) -> None:
    """Tell a person what ended the command: what and why, then what to do; the traceback only with ``debug``."""
    if debug:
        _write(text.clean_block("".join(traceback.format_exception(error)).rstrip(), limit=100_000))
    message, advice = _told(error)
    _write(f"Error: {text.clean_block(message)}")
    if advice:
        _write(text.clean_block(advice))


def _told(error: BaseException) -> tuple[str, str]:
    if isinstance(error, Stop | errors.ApiError):
        return error.message, error.advice
    if isinstance(
        getattr(error, "status", None), int
    ):  # an error of the server package: its text is the sentence
        return str(error), ""
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}.", ""
    return (
        f"Something went wrong inside plantops ({type(error).__name__}).",
        "That is a fault of PlantOps. Run the command again with --debug and report what it prints.",
    )


def _write(line: str) -> None:
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):
        # Nobody listens any more; there is nowhere left to say so.
        return
