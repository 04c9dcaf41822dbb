-- name: outbox
-- What waits to be delivered; partial index notifications_pending.
SELECT count(*) AS pending, min(created_at) AS oldest_at, min(next_attempt_at) AS most_due_at
FROM notifications WHERE next_attempt_at IS NOT NULL

-- name: plants
SELECT s.health, s.trust, count(*) AS n
FROM plant_state s JOIN plants p ON p.id = s.plant_id WHERE p.archived_at IS NULL GROUP BY 1, 2

-- name: devices
SELECT status, count(*) AS n FROM devices WHERE decommissioned_at IS NULL GROUP BY 1

-- name: incidents
-- Partial index alerts_one_open.
SELECT kind, severity, count(*) AS n FROM alerts WHERE resolved_at IS NULL GROUP BY 1, 2
