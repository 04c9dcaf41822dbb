-- name: load
-- What is remembered of the sensors of a batch's devices (primary key). The caller has locked the devices.
SELECT device_id, state FROM sensor_state WHERE device_id = ANY(%s)

-- name: save
-- One upsert for the whole batch (primary key).
INSERT INTO sensor_state (device_id, state)
SELECT * FROM unnest(%b::text[], %b::bytea[])
ON CONFLICT (device_id) DO UPDATE SET state = excluded.state

-- name: flag_again
-- Rows of the last hours that turned out to be faulty only now (unique index telemetry_device_time).
UPDATE telemetry t SET flags = t.flags | n.bits
FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[], %s::int[]) AS n(device_id, after, until, bits)
WHERE t.device_id = n.device_id AND t.time > n.after AND t.time < n.until AND t.flags & n.bits <> n.bits
RETURNING t.plant_id, t.time
