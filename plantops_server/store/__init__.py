"""PostgreSQL: pool, transactions, migrations, partitions, sealed settings, and the bell (NOTIFY)."""
