-- Statements of the ingest transaction. Each runs at most once a batch, whatever the batch holds.

-- name: incidents
-- What is open for these plants, and what ended lately, oldest end first.
-- Indexes: alerts_one_open (its first expression), alerts_over.
SELECT id, plant_id, metric, kind, severity, value, threshold, opened_at, resolved_at, resolution
FROM alerts
WHERE coalesce(plant_id, device_id, '') = ANY(%(plants)s) AND resolved_at IS NULL AND kind IN ('low', 'high')
UNION ALL
SELECT id, plant_id, metric, kind, severity, value, threshold, opened_at, resolved_at, resolution
FROM alerts
WHERE plant_id = ANY(%(plants)s) AND resolved_at > %(since)s AND kind IN ('low', 'high')
ORDER BY resolved_at

-- name: breaches
-- The breaches that are being watched. Index: primary key.
SELECT plant_id, metric, kind, since, readings, last_at, last_value FROM breaches WHERE plant_id = ANY(%(plants)s)

-- name: keep_breaches
-- Store where each watched breach stands now.
INSERT INTO breaches (plant_id, metric, kind, since, readings, last_at, last_value)
SELECT * FROM unnest(%(plants)s::text[], %(metrics)s::text[], %(kinds)s::text[], %(sinces)s::timestamptz[],
                     %(readings)s::int[], %(last_ats)s::timestamptz[], %(last_values)s::real[])
ON CONFLICT (plant_id, metric) DO UPDATE
SET kind = excluded.kind, since = excluded.since, readings = excluded.readings,
    last_at = excluded.last_at, last_value = excluded.last_value

-- name: drop_breaches
-- Forget breaches that cleared.
DELETE FROM breaches b USING unnest(%(plants)s::text[], %(metrics)s::text[]) AS gone (plant_id, metric)
WHERE b.plant_id = gone.plant_id AND b.metric = gone.metric

-- name: drop_breaches_of_plant
-- New limits: what was watched under the old ones counts no more.
DELETE FROM breaches WHERE plant_id = %(plant_id)s

-- name: open
-- New incidents, some already resolved within the batch. A second opener of the same one does nothing.
INSERT INTO alerts (plant_id, metric, kind, severity, value, threshold, opened_at, resolved_at, resolution)
SELECT * FROM unnest(%(plants)s::text[], %(metrics)s::text[], %(kinds)s::text[], %(severities)s::text[],
                     %(values)s::real[], %(thresholds)s::real[], %(opened)s::timestamptz[],
                     %(resolved)s::timestamptz[], %(resolutions)s::text[])
ON CONFLICT DO NOTHING
RETURNING id, plant_id, metric, kind, opened_at

-- name: update
-- Incidents that got worse, were resolved or go on after all; one that somebody resolved meanwhile stays as it is.
UPDATE alerts a
SET severity = u.severity, value = u.value, threshold = u.threshold,
    resolved_at = u.resolved_at, resolution = u.resolution
FROM unnest(%(ids)s::bigint[], %(severities)s::text[], %(values)s::real[], %(thresholds)s::real[],
            %(resolved)s::timestamptz[], %(resolutions)s::text[], %(returned)s::boolean[])
     AS u (id, severity, value, threshold, resolved_at, resolution, returned)
WHERE a.id = u.id AND (a.resolved_at IS NULL OR u.returned AND a.resolution = ANY(%(taken_up)s::text[]))
RETURNING a.id

-- name: summary
-- Open incidents a plant, and the worst of those that are about the plant itself rather than its devices.
-- Index: alerts_one_open.
SELECT plant_id, count(*) AS open_count,
       count(*) FILTER (WHERE kind IN ('low', 'high', 'light_low') AND severity = 'critical') AS critical,
       count(*) FILTER (WHERE kind IN ('low', 'high', 'light_low')) AS of_plant
FROM alerts
WHERE coalesce(plant_id, device_id, '') = ANY(%(plants)s) AND resolved_at IS NULL AND plant_id IS NOT NULL
GROUP BY plant_id

-- name: open_by_plant
-- Every open incident of these plants, the worst first, then the oldest. Index: alerts_one_open.
SELECT * FROM alerts
WHERE coalesce(plant_id, device_id, '') = ANY(%(plants)s) AND resolved_at IS NULL AND plant_id IS NOT NULL
ORDER BY plant_id, severity = 'critical' DESC, opened_at, id
