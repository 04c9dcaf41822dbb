-- The audit of deliveries.

-- name: record
INSERT INTO delivery_attempts (alert_id, channel, event, at, outcome, status, error)
SELECT u.alert_id, %(channel)s, u.event, %(now)s, %(outcome)s, %(status)s, %(error)s
FROM unnest(%(alerts)s::bigint[], %(events)s::text[]) AS u (alert_id, event)

-- name: of_alert
-- The newest first. Index: delivery_attempts_alert.
SELECT id, channel, event, at, outcome, status, error FROM delivery_attempts
WHERE alert_id = %(alert_id)s AND (%(before)s::bigint IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s

-- name: forget_attempts
-- Index: delivery_attempts_at (BRIN).
DELETE FROM delivery_attempts WHERE at < %(before)s

-- name: forget_notifications
-- Told or given up long ago; of open incidents they stay, since their messages may still be edited.
DELETE FROM notifications n USING alerts a
WHERE a.id = n.alert_id AND n.next_attempt_at IS NULL AND n.created_at < %(before)s AND a.resolved_at < %(before)s

-- name: forget_alerts
-- With all that was told of them. Index: alerts_resolved.
DELETE FROM alerts WHERE resolved_at < %(before)s
