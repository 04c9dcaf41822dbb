-- name: lock_states
-- The state rows of a batch, locked in one order by every worker (primary key).
SELECT plant_id, soil_moisture_at, temperature_at, humidity_at, light_level_at, conductivity_at, battery_at, rssi_at
FROM plant_state WHERE plant_id = ANY(%s) ORDER BY plant_id FOR UPDATE

-- name: add_missing_states
-- A plant gets its row with its first reading; an id that is no plant gets none.
INSERT INTO plant_state (plant_id)
SELECT id FROM plants WHERE id = ANY(%s) ORDER BY id
ON CONFLICT DO NOTHING

-- name: read_states
-- What the words about a plant depend on, and the words as they are (primary key).
SELECT plant_id, last_reading_at, expected_interval_s, health, trust, open_incidents, faulty
FROM plant_state WHERE plant_id = ANY(%s)

-- name: correct_state
UPDATE plant_state SET {} = %s, {} = %s WHERE plant_id = %s

-- name: overdue_states
-- Rows still believed although their newest reading is older than 1.5 intervals. A scan: one row a plant.
SELECT plant_id FROM plant_state
WHERE trust IN ('fresh', 'late', 'asleep')
  AND %(now)s > last_reading_at + make_interval(secs => 1.5 * coalesce(expected_interval_s, 0))
ORDER BY plant_id

-- name: write_states
-- One update for the whole batch (primary key). A value is replaced by a newer one only.
UPDATE plant_state s
SET soil_moisture = CASE WHEN n.soil_moisture_at > coalesce(s.soil_moisture_at, '-infinity') THEN n.soil_moisture ELSE s.soil_moisture END,
    soil_moisture_at = greatest(s.soil_moisture_at, n.soil_moisture_at),
    temperature = CASE WHEN n.temperature_at > coalesce(s.temperature_at, '-infinity') THEN n.temperature ELSE s.temperature END,
    temperature_at = greatest(s.temperature_at, n.temperature_at),
    humidity = CASE WHEN n.humidity_at > coalesce(s.humidity_at, '-infinity') THEN n.humidity ELSE s.humidity END,
    humidity_at = greatest(s.humidity_at, n.humidity_at),
    light_level = CASE WHEN n.light_level_at > coalesce(s.light_level_at, '-infinity') THEN n.light_level ELSE s.light_level END,
    light_level_at = greatest(s.light_level_at, n.light_level_at),
    conductivity = CASE WHEN n.conductivity_at > coalesce(s.conductivity_at, '-infinity') THEN n.conductivity ELSE s.conductivity END,
    conductivity_at = greatest(s.conductivity_at, n.conductivity_at),
    battery = CASE WHEN n.battery_at > coalesce(s.battery_at, '-infinity') THEN n.battery ELSE s.battery END,
    battery_at = greatest(s.battery_at, n.battery_at),
    rssi = CASE WHEN n.rssi_at > coalesce(s.rssi_at, '-infinity') THEN n.rssi ELSE s.rssi END,
    rssi_at = greatest(s.rssi_at, n.rssi_at),
    last_reading_at = n.last_reading_at, expected_interval_s = n.interval_s, health = n.health, trust = n.trust,
    open_incidents = n.open_incidents, faulty = n.faulty, updated_at = %(now)s
FROM unnest(%(plant_id)b::text[], %(soil_moisture)b::real[], %(soil_moisture_at)b::timestamptz[],
            %(temperature)b::real[], %(temperature_at)b::timestamptz[],
            %(humidity)b::real[], %(humidity_at)b::timestamptz[],
            %(light_level)b::real[], %(light_level_at)b::timestamptz[],
            %(conductivity)b::real[], %(conductivity_at)b::timestamptz[],
            %(battery)b::real[], %(battery_at)b::timestamptz[],
            %(rssi)b::real[], %(rssi_at)b::timestamptz[],
            %(last_reading_at)b::timestamptz[], %(interval_s)b::real[], %(health)b::text[], %(trust)b::text[],
            %(open_incidents)b::int[], %(faulty)b::bool[])
     AS n(plant_id, soil_moisture, soil_moisture_at,
          temperature, temperature_at,
          humidity, humidity_at,
          light_level, light_level_at,
          conductivity, conductivity_at,
          battery, battery_at,
          rssi, rssi_at,
          last_reading_at, interval_s, health, trust, open_incidents, faulty)
WHERE s.plant_id = n.plant_id
