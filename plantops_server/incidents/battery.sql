-- Incidents of kind battery_low.

-- name: open_batteries
-- What is open, and what ended within a day. Indexes: alerts_one_open, alerts_resolved.
SELECT id, device_id, plant_id, resolved_at FROM alerts
WHERE kind = 'battery_low' AND (resolved_at IS NULL OR resolved_at > %(since)s)

-- name: open
-- One a device; a second opener does nothing.
INSERT INTO alerts (plant_id, device_id, metric, kind, severity, value, threshold, opened_at)
SELECT u.plant_id, u.device_id, 'battery', 'battery_low', 'warning', u.value, u.threshold, %(now)s
FROM unnest(%(plants)s::text[], %(devices)s::text[], %(values)s::real[], %(thresholds)s::real[])
     AS u (plant_id, device_id, value, threshold)
ON CONFLICT DO NOTHING
RETURNING id, device_id

-- name: resolve
-- One that was resolved by hand meanwhile stays as it is.
UPDATE alerts SET resolved_at = %(now)s, resolution = %(text)s
WHERE id = ANY(%(ids)s) AND resolved_at IS NULL RETURNING id

-- name: open_devices
-- Index alerts_one_open.
SELECT device_id FROM alerts WHERE kind = 'battery_low' AND resolved_at IS NULL
