-- The outbox. Pending: next_attempt_at is set. In delivery: claimed_until lies ahead.

-- name: enqueue
-- One row an event and channel, in the caller's transaction.
INSERT INTO notifications (alert_id, channel, subject, event, payload, created_at, next_attempt_at)
SELECT t.*, %(now)s, %(now)s
FROM unnest(%(alerts)s::bigint[], %(channels)s::text[], %(subjects)s::text[], %(events)s::text[],
            %(payloads)s::jsonb[]) AS t

-- name: enqueue_again
-- A further event for whoever was told of the incident before: the newest payload and what is new.
-- Index: notifications_alert.
INSERT INTO notifications (alert_id, channel, subject, event, payload, created_at, next_attempt_at)
SELECT DISTINCT ON (n.alert_id, n.channel)
       n.alert_id, n.channel, n.subject, %(event)s, n.payload || u.news, %(now)s, %(now)s
FROM notifications n JOIN unnest(%(ids)s::bigint[], %(news)s::jsonb[]) AS u (id, news) ON n.alert_id = u.id
WHERE n.channel = ANY(%(channels)s)
ORDER BY n.alert_id, n.channel, n.id DESC
RETURNING id

-- name: due_channels
-- Channels that have something to do now. Index: notifications_pending (partial: pending rows only).
SELECT channel, count(*) FILTER (WHERE event = 'opened') AS opened
FROM notifications
WHERE next_attempt_at IS NOT NULL AND next_attempt_at <= %(now)s AND coalesce(claimed_until <= %(now)s, true)
GROUP BY channel

-- name: claim
-- The next row of a channel, or, when many incidents opened at once, all of those together. Order is kept per
-- subject: only its oldest pending row may go, or a run of openings from the oldest on. A row that waits for its
-- time (quiet hours, snooze, maintenance) blocks nothing: a critical incident does not wait behind a warning.
-- Index: notifications_pending.
WITH pending AS (
    SELECT id, due, row_number() OVER by_subject = 1 AS first,
           bool_and(due AND event = 'opened') OVER by_subject AS groupable
    FROM (SELECT id, subject, event,
                 next_attempt_at <= %(now)s AND coalesce(claimed_until <= %(now)s, true) AS due
          FROM notifications
          WHERE channel = %(channel)s AND next_attempt_at IS NOT NULL AND NOT (held AND next_attempt_at > %(now)s)) AS p
    WINDOW by_subject AS (PARTITION BY subject ORDER BY id)
), many AS (
    SELECT count(*) >= %(group_from)s AS so FROM pending WHERE groupable
), chosen AS (
    SELECT id FROM pending, many WHERE CASE WHEN so THEN groupable ELSE first AND due END
    ORDER BY id LIMIT (SELECT CASE WHEN so THEN %(group_most)s ELSE 1 END FROM many)
), locked AS (
    SELECT n.id FROM notifications n JOIN chosen USING (id)
    WHERE n.next_attempt_at <= %(now)s AND coalesce(n.claimed_until <= %(now)s, true)
    ORDER BY n.id
    FOR UPDATE OF n SKIP LOCKED
), claimed AS (
    UPDATE notifications n SET claimed_until = %(until)s, attempts = attempts + 1, held = false
    FROM locked WHERE n.id = locked.id
    RETURNING n.*
)
SELECT c.id, c.alert_id, c.event, c.payload, c.attempts, c.created_at,
       a.acked_at, a.acked_by, a.snoozed_until, a.resolved_at, a.severity,
       told.external_id, told.id IS NOT NULL AS told, a.in_maintenance,
       (SELECT max(m.until) FROM maintenance m
        WHERE m.until > %(now)s AND (m.plant_id IS NULL OR m.plant_id = a.plant_id)) AS maintenance_until
FROM claimed c
JOIN alerts a ON a.id = c.alert_id
LEFT JOIN LATERAL (
    SELECT t.id, t.external_id FROM notifications t
    WHERE t.alert_id = c.alert_id AND t.channel = c.channel AND t.delivered_at IS NOT NULL
    ORDER BY t.id DESC LIMIT 1) AS told ON true
ORDER BY c.id

-- name: delivered
-- Sent; the incident was told for the first time, maybe.
WITH done AS (
    UPDATE notifications SET delivered_at = %(now)s, external_id = %(external_id)s, next_attempt_at = NULL,
                             claimed_until = NULL, last_error = NULL
    WHERE id = ANY(%(ids)s) RETURNING alert_id
)
UPDATE alerts SET sent_at = coalesce(sent_at, %(now)s) WHERE id IN (SELECT alert_id FROM done) AND sent_at IS NULL

-- name: postpone
-- Not sent: try again at a given time.
UPDATE notifications SET next_attempt_at = %(at)s, claimed_until = NULL, last_error = %(error)s
WHERE id = ANY(%(ids)s)

-- name: postpone_channel
-- The service is out of reach: what waits behind the failed row waits as long. Index: notifications_pending.
UPDATE notifications SET next_attempt_at = %(at)s
WHERE channel = %(channel)s AND next_attempt_at IS NOT NULL AND next_attempt_at < %(at)s
  AND coalesce(claimed_until <= %(now)s, true)

-- name: hold
-- Not to be sent yet, and no attempt was made.
UPDATE notifications
SET next_attempt_at = %(at)s, claimed_until = NULL, attempts = attempts - 1, last_error = %(error)s, held = %(held)s
WHERE id = ANY(%(ids)s)

-- name: drop
-- Never to be sent, with the reason.
UPDATE notifications SET next_attempt_at = NULL, claimed_until = NULL, last_error = %(error)s WHERE id = ANY(%(ids)s)

-- name: park_channel
-- The channel is out of use: nothing of it is due any more. Index: notifications_pending.
UPDATE notifications SET next_attempt_at = NULL, claimed_until = NULL, last_error = %(parked)s
WHERE channel = %(channel)s AND next_attempt_at IS NOT NULL

-- name: revive_channels
-- The channel is in use again: what was parked lately is due. Rare, so a scan.
UPDATE notifications SET next_attempt_at = %(now)s, attempts = 0
WHERE channel = ANY(%(channels)s) AND delivered_at IS NULL AND next_attempt_at IS NULL AND last_error = %(parked)s
  AND created_at > %(since)s

-- name: group_members
-- Everything that one grouped message tells of, with how it stands now. Index: notifications_external.
SELECT n.alert_id, n.payload, a.resolved_at, a.acked_by, a.severity
FROM notifications n JOIN alerts a ON a.id = n.alert_id
WHERE n.external_id = %(external_id)s AND n.channel = %(channel)s AND n.event = 'opened'
ORDER BY n.id

-- name: to_repeat
-- Open incidents that nobody acknowledged, of which a channel was told longest ago: when the repeat interval
-- passed, or the snooze ended since. What is still waiting to be told is not told twice.
SELECT a.id
FROM alerts a
JOIN LATERAL (
    SELECT max(coalesce(n.delivered_at, n.created_at)) FILTER (WHERE n.event IN ('opened', 'repeat')) AS last,
           bool_or(n.next_attempt_at IS NOT NULL) AS waiting
    FROM notifications n WHERE n.alert_id = a.id) AS told ON true
WHERE a.resolved_at IS NULL AND a.acked_at IS NULL AND NOT told.waiting
  AND coalesce(a.snoozed_until <= %(now)s, true)
  AND (told.last <= %(repeat_before)s OR told.last < a.snoozed_until)
ORDER BY a.id

-- name: clock_set_back
-- What was due by a clock that ran ahead is due now, and a lease is no longer than a lease; what waits for a time of day
-- (held) goes on waiting for it. Index: notifications_pending.
UPDATE notifications
SET next_attempt_at = %(now)s, claimed_until = CASE WHEN claimed_until <= %(leased)s THEN claimed_until END
WHERE next_attempt_at > %(now)s AND NOT held
