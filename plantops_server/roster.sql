-- name: page_of_devices
-- A page of devices, the newest first, the id breaks ties; a scan of devices, which is a small table, and index
-- alerts_open_device.
SELECT d.id, d.name, d.mac_address, d.plant_id, p.name AS plant_name, d.status, d.firmware_version, d.sensor_types,
       d.last_seen_at, d.last_reading_at, d.created_at, d.report_interval_s, d.observed_interval_s, d.calibration,
       d.battery, d.rssi, d.reenrolment_allowed_until, d.mqtt_username, d.expected_interval_s, d.next_wake_at,
       (SELECT a.detail FROM alerts a WHERE a.device_id = d.id AND a.kind = 'sensor_fault' AND a.resolved_at IS NULL LIMIT 1) AS fault
FROM devices d LEFT JOIN plants p ON p.id = d.plant_id
WHERE d.decommissioned_at IS NULL
  AND (%(after)s::text IS NULL OR (d.created_at, d.id) < (SELECT created_at, id FROM devices WHERE id = %(after)s))
  AND (%(q)s::text IS NULL
       OR strpos(lower(concat_ws(' ', d.id, d.name, d.mac_address, p.name, d.status, d.firmware_version)),
                 lower(%(q)s)) > 0)
ORDER BY d.created_at DESC, d.id DESC LIMIT %(limit)s

-- name: device
-- One device, with what its soil probe counted last; primary keys, then telemetry_device_time within one day.
SELECT d.id, d.name, d.mac_address, d.plant_id, p.name AS plant_name, d.status, d.firmware_version, d.sensor_types,
       d.last_seen_at, d.last_reading_at, d.created_at, d.report_interval_s, d.observed_interval_s, d.calibration,
       d.battery, d.rssi, d.reenrolment_allowed_until, d.mqtt_username, d.expected_interval_s, d.next_wake_at,
       soil.soil_raw, soil.soil_raw_at,
       (SELECT a.detail FROM alerts a WHERE a.device_id = d.id AND a.kind = 'sensor_fault' AND a.resolved_at IS NULL LIMIT 1) AS fault
FROM devices d LEFT JOIN plants p ON p.id = d.plant_id
LEFT JOIN LATERAL (
    SELECT coalesce(t.soil_raw, t.soil_moisture) AS soil_raw, t.time AS soil_raw_at FROM telemetry t
    WHERE t.device_id = d.id AND t.time BETWEEN d.last_reading_at - interval '1 day' AND d.last_reading_at
      AND coalesce(t.soil_raw, t.soil_moisture) IS NOT NULL
    ORDER BY t.time DESC LIMIT 1) soil ON true
WHERE d.id = %(id)s AND d.decommissioned_at IS NULL
