-- name: page_of_cards
-- One page of plants with their state and their devices' word on waking, by name; the id breaks ties.
-- A few hundred plants: sequential scan of plants, primary key of plant_state, index devices_plant.
SELECT p.id, p.name, p.species, p.location, p.notes, p.thresholds, p.species_limits, p.created_at, p.archived_at,
       s.soil_moisture, s.soil_moisture_at, s.temperature, s.temperature_at, s.humidity, s.humidity_at,
       s.light_level, s.light_level_at, s.conductivity, s.conductivity_at, s.battery, s.battery_at,
       s.rssi, s.rssi_at, s.last_reading_at, s.trust AS stored_trust,
       (SELECT max(m.until) FROM maintenance m
        WHERE m.until > %(now)s AND (m.plant_id IS NULL OR m.plant_id = p.id)) AS maintenance_until,
       d.device_count, coalesce(d.interval_s, s.expected_interval_s) AS interval_s, d.next_wake_at, d.status
FROM plants p LEFT JOIN plant_state s ON s.plant_id = p.id
CROSS JOIN LATERAL (
    SELECT count(*) AS device_count, max(expected_interval_s) AS interval_s, max(next_wake_at) AS next_wake_at,
           CASE WHEN bool_and(status = 'offline') THEN 'offline'
                WHEN bool_and(status IN ('offline', 'sleeping')) THEN 'sleeping' END AS status
    FROM devices WHERE plant_id = p.id AND decommissioned_at IS NULL) d
WHERE (p.archived_at IS NOT NULL) = %(archived)s
  AND (%(after)s::text IS NULL OR (lower(p.name), p.id) > (SELECT lower(name), id FROM plants WHERE id = %(after)s))
  AND (%(q)s::text IS NULL
       OR strpos(lower(concat_ws(' ', p.name, p.species, p.location)), lower(%(q)s)) > 0)
ORDER BY lower(p.name), p.id LIMIT %(limit)s

-- name: cards_by_id
-- The same for known plants, archived ones too; primary keys and index devices_plant.
SELECT p.id, p.name, p.species, p.location, p.notes, p.thresholds, p.species_limits, p.created_at, p.archived_at,
       s.soil_moisture, s.soil_moisture_at, s.temperature, s.temperature_at, s.humidity, s.humidity_at,
       s.light_level, s.light_level_at, s.conductivity, s.conductivity_at, s.battery, s.battery_at,
       s.rssi, s.rssi_at, s.last_reading_at, s.trust AS stored_trust,
       (SELECT max(m.until) FROM maintenance m
        WHERE m.until > %(now)s AND (m.plant_id IS NULL OR m.plant_id = p.id)) AS maintenance_until,
       d.device_count, coalesce(d.interval_s, s.expected_interval_s) AS interval_s, d.next_wake_at, d.status
FROM plants p LEFT JOIN plant_state s ON s.plant_id = p.id
CROSS JOIN LATERAL (
    SELECT count(*) AS device_count, max(expected_interval_s) AS interval_s, max(next_wake_at) AS next_wake_at,
           CASE WHEN bool_and(status = 'offline') THEN 'offline'
                WHEN bool_and(status IN ('offline', 'sleeping')) THEN 'sleeping' END AS status
    FROM devices WHERE plant_id = p.id AND decommissioned_at IS NULL) d
WHERE p.id = ANY(%(ids)s)

-- name: devices_of_plant
-- What a plant shows of its devices; indexes devices_plant and alerts_open_device.
SELECT id, name, status, last_seen_at, last_reading_at, battery, rssi, report_interval_s, expected_interval_s,
       next_wake_at,
       (SELECT a.detail FROM alerts a WHERE a.device_id = d.id AND a.kind = 'sensor_fault' AND a.resolved_at IS NULL LIMIT 1) AS fault
FROM devices d WHERE plant_id = %(id)s AND decommissioned_at IS NULL ORDER BY created_at, id
