-- name: lock_devices
-- The devices of a batch, locked in one order by every worker (primary key).
SELECT id, name, plant_id, status, calibration, report_interval_s, expected_interval_s, last_seen_at, last_reading_at,
       last_live_at, observed_interval_s, observed_intervals, next_wake_at, battery, rssi
FROM devices
WHERE id = ANY(%s) AND decommissioned_at IS NULL
ORDER BY id
FOR NO KEY UPDATE

-- name: write_devices
-- One update for the whole batch (primary key).
UPDATE devices d
SET status = n.status, last_seen_at = n.last_seen_at, last_reading_at = n.last_reading_at,
    last_live_at = n.last_live_at, observed_interval_s = n.observed_interval_s, observed_intervals = n.observed_intervals,
    next_wake_at = n.next_wake_at, battery = n.battery, rssi = n.rssi
FROM unnest(%b::text[], %b::text[], %b::timestamptz[], %b::timestamptz[], %b::timestamptz[], %b::real[], %b::int[],
            %b::timestamptz[], %b::real[], %b::real[])
     AS n(id, status, last_seen_at, last_reading_at, last_live_at, observed_interval_s, observed_intervals,
          next_wake_at, battery, rssi)
WHERE d.id = n.id

-- name: expectations_of_plants
-- What the devices of these plants keep (index devices_plant). A plant is offline or asleep when all its devices are.
SELECT plant_id, max(expected_interval_s) AS interval_s, max(next_wake_at) AS next_wake_at,
       CASE WHEN bool_and(status = 'offline') THEN 'offline'
            WHEN bool_and(status IN ('offline', 'sleeping')) THEN 'sleeping'
            WHEN bool_and(status = 'provisioning') THEN 'provisioning'
            ELSE 'online' END AS status
FROM devices
WHERE plant_id = ANY(%s) AND decommissioned_at IS NULL
GROUP BY plant_id

-- name: silent_devices
-- Everyone heard once and overdue now: late at 1.5 intervals, offline at 3, both counted from the announced waking
-- if that is later than one interval. A scan of devices, which is a small table.
SELECT id AS device_id, plant_id, name, status, last_seen_at, expected_interval_s AS interval_s,
       CASE WHEN %(now)s > due + 2 * step OR status = 'offline' THEN 'offline' ELSE 'late' END AS trust
FROM devices,
     LATERAL (SELECT make_interval(secs => expected_interval_s) AS step) AS s,
     LATERAL (SELECT greatest(last_seen_at + step, next_wake_at) AS due) AS d
WHERE decommissioned_at IS NULL AND last_seen_at IS NOT NULL AND %(now)s > due + 0.5 * step
ORDER BY id

-- name: mark_offline
-- Only those that are as silent as they were when they were looked at.
UPDATE devices d
SET status = 'offline'
FROM unnest(%s::text[], %s::timestamptz[]) AS gone(id, last_seen_at)
WHERE d.id = gone.id AND d.last_seen_at = gone.last_seen_at AND d.status IN ('online', 'sleeping')
RETURNING d.id

-- name: clock_set_back
-- What was heard by a clock that ran ahead was heard just now; what was announced by it comes that much earlier.
UPDATE devices
SET last_seen_at = %(now)s, last_reading_at = least(last_reading_at, %(now)s), last_live_at = least(last_live_at, %(now)s),
    next_wake_at = next_wake_at - %(by)s
WHERE last_seen_at > %(now)s
