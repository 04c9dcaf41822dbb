"""The statements of this room, read once from ``queries.sql``."""

from __future__ import annotations

from plantops_server.store.queries import load_queries

SQL = load_queries(__package__ or "")
