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
