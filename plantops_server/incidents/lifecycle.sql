-- What people do with incidents. Index: primary key throughout.

-- name: get
SELECT * FROM alerts WHERE id = %(id)s

-- name: ack
-- Who acknowledged first stays.
UPDATE alerts SET acked_at = coalesce(acked_at, %(now)s), acked_by = coalesce(acked_by, %(who)s)
WHERE id = %(id)s AND resolved_at IS NULL RETURNING *

-- name: unack
UPDATE alerts SET acked_at = NULL, acked_by = NULL WHERE id = %(id)s AND resolved_at IS NULL RETURNING *

-- name: snooze
UPDATE alerts SET snoozed_until = %(until)s WHERE id = %(id)s AND resolved_at IS NULL RETURNING *

-- name: resolve
UPDATE alerts SET resolved_at = %(now)s, resolution = %(text)s WHERE id = %(id)s AND resolved_at IS NULL RETURNING *

-- name: forget_breach
-- What was watched so far is settled: a breach that goes on must show itself again.
DELETE FROM breaches WHERE plant_id = %(plant_id)s AND metric = %(metric)s

-- name: resolve_dry
-- The dry incident that a watering ends; one that began after it stays. Index: alerts_one_open.
UPDATE alerts SET resolved_at = %(at)s, resolution = %(text)s
WHERE coalesce(plant_id, device_id, '') = %(plant_id)s AND kind = 'low' AND metric = 'soil_moisture'
  AND resolved_at IS NULL AND opened_at <= %(at)s
RETURNING *

-- name: resolve_removed
-- What ails devices that are in use no more, or sit in another plant by now. A scan of what is open.
UPDATE alerts a
SET resolved_at = %(now)s,
    resolution = CASE WHEN u.device_id IS NULL THEN 'the device was removed'
                      ELSE 'the device was moved to another plant' END
FROM alerts o LEFT JOIN unnest(%(devices)s::text[], %(plants)s::text[]) AS u (device_id, plant_id)
     ON u.device_id = o.device_id
WHERE a.id = o.id AND o.resolved_at IS NULL AND a.resolved_at IS NULL AND o.kind IN ('sensor_fault', 'battery_low', 'flapping')
  AND (u.device_id IS NULL OR u.plant_id IS DISTINCT FROM o.plant_id)
RETURNING a.id, a.plant_id, a.resolution

-- name: explain_dry
-- A dry incident that was over with the first readings after the watering ended by it. Index: alerts_over.
UPDATE alerts SET resolution = %(text)s
WHERE plant_id = %(plant_id)s AND kind = 'low' AND metric = 'soil_moisture' AND resolution = %(back_in_range)s
  AND opened_at <= %(at)s AND resolved_at BETWEEN %(at)s - interval '1 hour' AND %(at)s + interval '1 day'

-- name: dry_again
-- A dry incident that a watering ended, or explained, of which somebody says now that there was none; unless another
-- watering ended it as well. It is over as if it had ended by itself, and goes on when the soil is dry. Index: alerts_over.
UPDATE alerts SET resolution = %(back_in_range)s
WHERE plant_id = %(plant_id)s AND kind = 'low' AND metric = 'soil_moisture' AND starts_with(resolution, %(watered)s)
  AND resolved_at BETWEEN %(at)s - interval '6 hours' AND %(at)s + interval '1 day'
  AND NOT EXISTS (SELECT FROM unnest(%(others)s::timestamptz[]) AS other (at)
                  WHERE other.at BETWEEN alerts.opened_at AND alerts.resolved_at + interval '6 hours')
RETURNING *
