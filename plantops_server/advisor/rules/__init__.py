"""The rules advisor: a care plan from the facts alone, by what gardeners agree on. Needs no key, network or budget."""

from __future__ import annotations

from plantops_server.advisor.rules.plan import rules_plan, urgent_actions

__all__ = ["rules_plan", "urgent_actions"]
