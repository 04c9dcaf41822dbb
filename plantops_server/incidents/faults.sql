-- Incidents of kind sensor_fault.

-- name: open_faults
-- What is open for these devices. Index: alerts_open_device.
SELECT id, device_id, plant_id, metric, opened_at, faults
FROM alerts WHERE device_id = ANY(%(devices)s) AND resolved_at IS NULL AND kind = 'sensor_fault'

-- name: lately_over
-- The newest incident of these devices that ended by itself a short while ago. Index: alerts_resolved.
SELECT DISTINCT ON (device_id) id, device_id, plant_id, metric, opened_at, faults
FROM alerts
WHERE device_id = ANY(%(devices)s) AND kind = 'sensor_fault' AND resolved_at > %(since)s
  AND resolution = %(recovered)s
ORDER BY device_id, id DESC

-- name: open
-- One a device; a second opener does nothing.
INSERT INTO alerts (plant_id, device_id, metric, kind, severity, opened_at, detail, faults)
SELECT u.plant_id, u.device_id, u.metric, 'sensor_fault', 'warning', u.opened_at, u.detail,
       string_to_array(u.faults, ',')
FROM unnest(%(plants)s::text[], %(devices)s::text[], %(metrics)s::text[], %(opened)s::timestamptz[],
            %(details)s::text[], %(faults)s::text[])
     AS u (plant_id, device_id, metric, opened_at, detail, faults)
ON CONFLICT DO NOTHING
RETURNING id, device_id

-- name: update
-- Other faults than before, back again, or over. One that somebody resolved by hand meanwhile stays as it is.
UPDATE alerts a
SET metric = u.metric, detail = u.detail, faults = string_to_array(u.faults, ','),
    resolved_at = %(resolved_at)s, resolution = %(resolution)s
FROM unnest(%(ids)s::bigint[], %(metrics)s::text[], %(details)s::text[], %(faults)s::text[])
     AS u (id, metric, detail, faults)
WHERE a.id = u.id AND (a.resolved_at IS NULL OR a.resolution = %(recovered)s)
RETURNING a.id
