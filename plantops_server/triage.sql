-- name: list_alerts
-- A page of incidents, the newest first; primary key backwards, or alerts_one_open for the open ones.
SELECT a.*, p.name AS plant_name, d.name AS device_name
FROM alerts a LEFT JOIN plants p ON p.id = a.plant_id LEFT JOIN devices d ON d.id = a.device_id
WHERE (NOT %(open_only)s OR a.resolved_at IS NULL)
  AND (%(after)s::bigint IS NULL OR a.id < %(after)s)
  AND (%(plant_id)s::text IS NULL OR a.plant_id = %(plant_id)s)
  AND (%(q)s::text IS NULL OR strpos(lower(concat_ws(' ', p.name, p.location, d.name, a.device_id, a.kind,
                                                     replace(a.metric, '_', ' '), a.metric, a.severity)),
                                     lower(%(q)s)) > 0)
ORDER BY a.id DESC LIMIT %(limit)s

-- name: alert
-- One incident; primary keys.
SELECT a.*, p.name AS plant_name, d.name AS device_name
FROM alerts a LEFT JOIN plants p ON p.id = a.plant_id LEFT JOIN devices d ON d.id = a.device_id
WHERE a.id = %(id)s
