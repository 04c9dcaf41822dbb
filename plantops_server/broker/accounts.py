"""What the server asks of a broker's account management, whichever way the broker keeps its accounts.

The database is the source of truth. ``create`` and ``set_password`` have been carried out by the broker when they
return: the credentials work from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, Protocol

from plantops_server.broker.address import Login

SETTLING = timedelta(minutes=2)
"""An account that the database does not know is left alone this long: its row may be about to be written."""


@dataclass(frozen=True, slots=True)
class Account:
    """One device's account. ``password`` is known only at the moment in which it is made."""

    device_id: str
    username: str
    client_id: str
    password_hash: str = field(repr=False)
    password: str | None = field(default=None, repr=False)


class Drift(NamedTuple):
    """What a reconciliation found different, by user name, and did about it."""

    created: list[str]
    deleted: list[str]
    repaired: list[str]
    missing: list[str]
    """Accounts that cannot be made again without their passwords: ``rebuild`` brings them back."""

    def __bool__(self) -> bool:
        return any(self)


class Accounts(Protocol):
    """Accounts at the broker. Every method raises BrokerUnavailable when the broker does not answer (nothing was
    changed, or it will be undone by the next reconciliation) and BrokerError when it says no."""

    async def create(self, account: Account) -> None:
        """Let a device in; replaces an account of the same user name."""

    async def set_password(self, account: Account) -> None:
        """Change the password; a live connection under the old one is ended."""

    async def delete(self, device_id: str, username: str) -> None:
        """Shut a device out: its live connection is ended within a second. Unknown names are fine."""

    def adopt(self, own: Sequence[Login]) -> None:
        """From now on these are the server's own accounts: another process may have made one since we started."""

    async def reconcile(self, wanted: Sequence[Account]) -> Drift:
        """Make the broker's accounts equal to ``wanted`` and the server's own."""

    async def rebuild(self, wanted: Sequence[Account]) -> None:
        """Write the broker's whole state anew from the stored hashes: every device gets in with the password it has.

        Ends every connection. Raises BrokerStateNotReachable when a person has to put the file in.
        """

    async def admit(self, login: Login) -> None:
        """Make the broker accept one of the server's own accounts again.

        Only after it was refused: it ends the connection and empties the session of that account.
        """

    async def probe(self) -> None:
        """Raise when accounts cannot be managed now."""
