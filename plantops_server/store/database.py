"""The pool and its transactions: the caller owns the transaction, functions take its connection and never commit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

Connection: TypeAlias = AsyncConnection[DictRow]

_STATEMENT_TIMEOUT_MS = 30_000


class Database:
    """A pool of connections to one PostgreSQL database; rows come as dicts, times as UTC."""

    def __init__(self, pool: AsyncConnectionPool[Connection], dsn: str) -> None:
        self._pool = pool
        self.dsn = dsn

    @classmethod
    async def open(
        cls, dsn: str, *, min_size: int = 2, max_size: int = 10, timeout_s: float = 10
    ) -> Database:
        """Open the pool and wait for its first connections.

        Raises psycopg_pool.PoolTimeout when the database does not answer within ``timeout_s`` seconds.
        """
        pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            dsn, min_size=min_size, max_size=max_size, open=False, timeout=timeout_s, name="plantops",
            reconnect_timeout=timeout_s,  # then whoever asks next tries anew: its own back-off would grow to minutes
            kwargs={"row_factory": dict_row, "autocommit": True, "application_name": "plantops",
                    "options": f"-c timezone=UTC -c statement_timeout={_STATEMENT_TIMEOUT_MS}"},
            check=AsyncConnectionPool.check_connection,
        )  # fmt: skip
        await pool.open()
        try:
            await pool.wait(timeout_s)
        except BaseException:
            await pool.close()
            raise
        return cls(pool, dsn)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection in autocommit mode: for reads, each statement for itself."""
        async with self._pool.connection() as conn:
            yield conn

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside one transaction: commits at the end of the block, rolls back on an exception."""
        async with self._pool.connection() as conn, conn.transaction():
            yield conn

    async def close(self) -> None:
        """Close every connection; the pool is of no use afterwards."""
        await self._pool.close()

    def stats(self) -> dict[str, int]:
        """Counters of the pool, for metrics."""
        return dict(self._pool.get_stats())


async def connect(dsn: str, **options: Any) -> Connection:
    """One connection outside the pool, for work that holds it long (LISTEN, migrations)."""
    return await psycopg.AsyncConnection.connect(
        dsn, row_factory=dict_row, autocommit=True, options="-c timezone=UTC", **options
    )
