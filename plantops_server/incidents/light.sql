-- Incidents of kind light_low.

-- name: incidents
-- What is open for these plants, and the newest that was opened for this day or ended lately. Index: alerts_plant.
SELECT DISTINCT ON (plant_id) id, plant_id, opened_at, resolved_at, resolution
FROM alerts
WHERE plant_id = ANY(%(plants)s) AND kind = 'light_low'
  AND (resolved_at IS NULL OR resolved_at > %(since)s OR opened_at >= %(day)s)
ORDER BY plant_id, (resolved_at IS NULL) DESC, id DESC

-- name: open
-- One a plant; a second opener does nothing.
INSERT INTO alerts (plant_id, metric, kind, severity, value, threshold, opened_at, detail)
SELECT u.plant_id, 'light_level', 'light_low', 'warning', u.value, u.threshold, %(day)s, u.detail
FROM unnest(%(plants)s::text[], %(values)s::real[], %(thresholds)s::real[], %(details)s::text[])
     AS u (plant_id, value, threshold, detail)
ON CONFLICT DO NOTHING
RETURNING id, plant_id

-- name: reopen
-- Dark again a few days later: the same incident.
UPDATE alerts a SET resolved_at = NULL, resolution = NULL, value = u.value, threshold = u.threshold, detail = u.detail
FROM unnest(%(ids)s::bigint[], %(values)s::real[], %(thresholds)s::real[], %(details)s::text[])
     AS u (id, value, threshold, detail)
WHERE a.id = u.id AND a.resolution = %(bright)s
RETURNING a.id

-- name: resolve
-- One that was resolved by hand meanwhile stays as it is.
UPDATE alerts a SET resolved_at = %(now)s, resolution = u.text
FROM unnest(%(ids)s::bigint[], %(texts)s::text[]) AS u (id, text)
WHERE a.id = u.id AND a.resolved_at IS NULL
RETURNING a.id, a.resolution
