-- Maintenance: until when nothing is told. A table of a few rows.

-- name: begin
-- A new word replaces the one before.
INSERT INTO maintenance (plant_id, until, note, set_by, set_at)
VALUES (%(plant_id)s, %(until)s, %(note)s, %(who)s, %(now)s)
ON CONFLICT (coalesce(plant_id, '')) DO UPDATE
SET until = excluded.until, note = excluded.note, set_by = excluded.set_by, set_at = excluded.set_at
RETURNING plant_id, until, note, set_by, set_at

-- name: end
DELETE FROM maintenance WHERE plant_id IS NOT DISTINCT FROM %(plant_id)s RETURNING until

-- name: active
SELECT plant_id, until, note, set_by, set_at FROM maintenance WHERE until > %(now)s ORDER BY plant_id NULLS FIRST

-- name: forget_past
DELETE FROM maintenance WHERE until <= %(before)s

-- name: mark
-- Incidents that opened while nothing is told about them.
UPDATE alerts a SET in_maintenance = true
WHERE a.id = ANY(%(ids)s)
  AND EXISTS (SELECT FROM maintenance m WHERE m.until > %(now)s AND (m.plant_id IS NULL OR m.plant_id = a.plant_id))

-- name: release
-- What waits for the end of maintenance is due: of one plant, or all of it. Index: notifications_pending.
UPDATE notifications n SET next_attempt_at = %(now)s
FROM alerts a
WHERE a.id = n.alert_id AND n.next_attempt_at IS NOT NULL AND n.held AND n.last_error = %(reason)s
  AND (%(plant_id)s::text IS NULL OR a.plant_id = %(plant_id)s)
