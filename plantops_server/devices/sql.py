"""The statements of this room."""

from __future__ import annotations

from plantops_server.store.queries import load_queries

SQL = load_queries("plantops_server.devices")
