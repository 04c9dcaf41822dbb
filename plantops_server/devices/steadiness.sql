-- name: load
-- Index: primary key.
SELECT device_id, since, losses, last_at, flapping_at FROM connection_losses WHERE device_id = ANY(%s)

-- name: keep
INSERT INTO connection_losses (device_id, since, losses, last_at, flapping_at)
SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::int[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (device_id) DO UPDATE
SET since = excluded.since, losses = excluded.losses, last_at = excluded.last_at, flapping_at = excluded.flapping_at
