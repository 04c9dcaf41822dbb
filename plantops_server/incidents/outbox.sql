-- The outbox. Pending: next_attempt_at is set. In delivery: claimed_until lies ahead.

-- name: enqueue
-- One row an event and channel, in the caller's transaction.
INSERT INTO notifications (alert_id, channel, subject, event, payload, created_at, next_attempt_at)
SELECT t.*, %(now)s, %(now)s
FROM unnest(%(alerts)s::bigint[], %(channels)s::text[], %(subjects)s::text[], %(events)s::text[],
            %(payloads)s::jsonb[]) AS t
