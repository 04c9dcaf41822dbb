"""Composition root: opens what the server needs, runs its long-lived work as named tasks, stops it in order.

run(settings, only)     serve until SIGTERM or SIGINT
up(settings)            the same on an embedded PostgreSQL and a private Mosquitto
serve(settings, …)      the same as a coroutine, for whoever has an event loop already

One TaskGroup holds every task. One dying stops all, loudly: nothing carries on half alive.
"""

from plantops_server.service.entry import ALL_PARTS, Part, run, serve, serve_stack, up
from plantops_server.service.stopping import StoppedEarly, Stopping
from plantops_server.service.whereabouts import Whereabouts, say

__all__ = [
    "ALL_PARTS", "Part", "StoppedEarly", "Stopping", "Whereabouts", "run", "say", "serve", "serve_stack", "up",
]  # fmt: skip
