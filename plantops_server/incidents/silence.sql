-- Incidents of kind offline.

-- name: open_silences
-- What is open; a scan of the partial index alerts_one_open, which holds open incidents only.
SELECT id, device_id, plant_id, opened_at FROM alerts WHERE kind = 'offline' AND resolved_at IS NULL

-- name: last_outage_end
-- Index: alerts_outages.
SELECT max(resolved_at) AS ended FROM alerts WHERE kind = 'offline' AND plant_id IS NULL AND device_id IS NULL

-- name: open_silences_for
-- One a device; a second one for the same plant, or a second outage, does nothing.
INSERT INTO alerts (plant_id, device_id, kind, severity, opened_at)
SELECT u.plant_id, u.device_id, 'offline', u.severity, u.opened_at
FROM unnest(%(plants)s::text[], %(devices)s::text[], %(severities)s::text[], %(opened)s::timestamptz[])
     AS u (plant_id, device_id, severity, opened_at)
ON CONFLICT DO NOTHING
RETURNING id, device_id, opened_at

-- name: resolve_silences
-- One that was resolved by hand meanwhile stays as it is.
UPDATE alerts a SET resolved_at = %(now)s, resolution = u.text
FROM unnest(%(ids)s::bigint[], %(texts)s::text[]) AS u (id, text)
WHERE a.id = u.id AND a.resolved_at IS NULL
RETURNING a.id, a.plant_id

-- name: clock_set_back
-- What began by a clock that ran ahead began just now: the next reading ends it. A scan of alerts_one_open.
UPDATE alerts SET opened_at = %(now)s WHERE kind = 'offline' AND resolved_at IS NULL AND opened_at > %(now)s
