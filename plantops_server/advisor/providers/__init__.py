"""Language models behind one protocol: ask one, or see whether it would answer. The vendors' SDKs load when needed."""

from __future__ import annotations

from plantops_server.advisor.providers.opening import ALLOWANCE_S, Ask, Provider, Reply, installed, opened

__all__ = ["ALLOWANCE_S", "Ask", "Provider", "Reply", "installed", "opened"]
