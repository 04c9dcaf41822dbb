"""Mover: packets from the broker -> batch -> one transaction -> acknowledge."""

from plantops_server.ingest.mover import Ingest

__all__ = ["Ingest"]
