"""Ports on this machine."""

from __future__ import annotations

import socket

_TRIES = 100


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: a port whose last connections are in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """Some port that is free now; the kernel hands out a different one each time."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


def next_free_port(host: str, wanted: int) -> int:
    """``wanted`` or the first free port after it; 0 asks for any."""
    if wanted == 0:
        return free_port(host)
    for port in range(wanted, min(wanted + _TRIES, 65_536)):
        if is_free(host, port):
            return port
    return free_port(host)
