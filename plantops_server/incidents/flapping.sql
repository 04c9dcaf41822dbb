-- Incidents of kind flapping.

-- name: return
-- The newest incident of each of these devices that ended by itself a short while ago goes on, where none is open.
-- Indexes: alerts_resolved, alerts_open_device.
UPDATE alerts a SET resolved_at = NULL, resolution = NULL
FROM (SELECT DISTINCT ON (device_id) id FROM alerts
      WHERE kind = 'flapping' AND device_id = ANY(%(devices)s) AND resolved_at > %(since)s AND resolution = %(calm)s
      ORDER BY device_id, id DESC) AS latest,
     unnest(%(devices)s::text[], %(plants)s::text[]) AS u (device_id, plant_id)
WHERE a.id = latest.id AND u.device_id = a.device_id AND u.plant_id IS NOT DISTINCT FROM a.plant_id
  AND NOT EXISTS (SELECT FROM alerts o WHERE o.device_id = a.device_id AND o.kind = 'flapping' AND o.resolved_at IS NULL)
RETURNING a.id, a.device_id

-- name: open
-- One a device; a second opener does nothing.
INSERT INTO alerts (plant_id, device_id, kind, severity, opened_at, detail)
SELECT u.plant_id, u.device_id, 'flapping', 'warning', %(now)s, %(detail)s
FROM unnest(%(plants)s::text[], %(devices)s::text[]) AS u (plant_id, device_id)
ON CONFLICT DO NOTHING
RETURNING id, device_id

-- name: open_devices
-- The plant that each was opened for, which is locked before its incident. Index: alerts_one_open.
SELECT device_id, plant_id FROM alerts WHERE kind = 'flapping' AND resolved_at IS NULL

-- name: resolve
-- One that was resolved by hand meanwhile stays as it is. Index: alerts_open_device.
UPDATE alerts SET resolved_at = %(now)s, resolution = %(calm)s
WHERE device_id = ANY(%(devices)s) AND kind = 'flapping' AND resolved_at IS NULL
RETURNING id
