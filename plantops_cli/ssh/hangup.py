"""Noticing that the person has gone, however the connection ended, and leaving no process behind."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable
from fcntl import ioctl

LEAVE_WITHIN_S = 5.0
"""Then it ends, whatever it is waiting for."""

HUNG_UP = 128 + signal.SIGHUP
_PR_SET_PDEATHSIG = 1


def leave_when_gone(farewell: Callable[[], None]) -> None:
    """End as Ctrl-C would once the terminal or pipe is closed on the other side, or SIGHUP, SIGTERM or SIGQUIT comes.

    ``farewell`` is called in a thread then, in case the main one is stuck; it may come twice.
    sshd tells a program without terminal nothing when its client dies: so the pipe itself is watched.
    """

    def leave(_number: int, _frame: object) -> None:
        threading.Thread(target=_leave_for_sure, args=(farewell,), daemon=True).start()
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, leave)
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # there is no shell to go back to
    threading.Thread(target=_watch, args=(sys.stdout.fileno(),), name="line", daemon=True).start()


def belong_to(door: int) -> None:
    """Make stdin the controlling terminal, if it is one, and end when the process ``door`` that started us dies."""
    if os.isatty(0):
        ioctl(0, termios.TIOCSCTTY, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGHUP, 0, 0, 0)
    if os.getppid() != door:
        sys.exit(HUNG_UP)


def _watch(line: int) -> None:
    poll = select.poll()
    poll.register(line, 0)  # errors and hang-up are always told
    poll.poll()
    os.kill(os.getpid(), signal.SIGHUP)


def _leave_for_sure(farewell: Callable[[], None]) -> None:
    end = threading.Timer(LEAVE_WITHIN_S, os._exit, (HUNG_UP,))
    end.daemon = True
    end.start()
    farewell()
