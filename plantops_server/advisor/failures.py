"""Why a model cannot be asked, or its answer not be used: one kind and one sentence each.

The sentence is shown as the reason of a plan by the rules, and by the test of the settings. It never holds the key.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from plantops_server.advisor.prices import Tokens

Kind: TypeAlias = Literal[
    "not_configured", "not_installed", "wrong_secret_key", "cap", "forbidden_address",
    "key_rejected", "not_permitted", "no_credit", "unknown_model", "too_large", "rate_limited", "overloaded",
    "vendor_failed", "request_refused", "redirected", "not_its_api",
    "timeout", "unreachable", "unknown_host", "tls", "connection_lost",
    "refusal", "truncated", "invalid_answer",
]  # fmt: skip

RETRIED: frozenset[Kind] = frozenset({"rate_limited", "overloaded", "vendor_failed", "connection_lost"})
"""What may pass within seconds: asked once more. A rejected key never is, nor a timeout, which was paid for."""

MAYBE_BILLED: frozenset[Kind] = frozenset({"timeout", "connection_lost"})
"""Nobody told what it cost: what was set aside for the call counts as spent."""


class CannotAsk(Exception):
    """No plan came of the model. ``str(error)`` is the sentence for people."""

    def __init__(
        self, kind: Kind, sentence: str, *, retry_after_s: float | None = None, used: Tokens | None = None
    ) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.retry_after_s = retry_after_s
        self.used = used
        """Tokens that the vendor counted all the same."""
