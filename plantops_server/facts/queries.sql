-- name: stored_trust
-- What ingest and worker last made of it (primary key).
SELECT trust FROM plant_state WHERE plant_id = %s

-- name: hours_of_plant
-- A month of trusted readings by hour (primary key of telemetry_hourly).
SELECT bucket,
       soil_moisture_min::float8, soil_moisture_mean::float8, soil_moisture_max::float8,
       temperature_min::float8, temperature_mean::float8, temperature_max::float8,
       humidity_min::float8, humidity_mean::float8, humidity_max::float8,
       light_level_min::float8, light_level_mean::float8, light_level_max::float8,
       conductivity_min::float8, conductivity_mean::float8, conductivity_max::float8
FROM telemetry_hourly
WHERE plant_id = %(plant_id)s AND bucket > %(since)s AND bucket <= %(hour)s ORDER BY bucket

-- name: waterings_of_plant
-- Newest first (index waterings_plant_at). Never the note: it is nobody else's business.
SELECT at, source, amount_ml::float8, moisture_before::float8, moisture_after::float8
FROM waterings WHERE plant_id = %(plant_id)s AND at > %(since)s AND at <= %(until)s ORDER BY at DESC, id DESC LIMIT 60

-- name: sensors_of_plant
-- A week of each device in this plant: how many readings came, how many of them are not believed, and the means of the
-- last day (index telemetry_plant_time).
SELECT t.device_id, count(*) AS readings, count(*) FILTER (WHERE t.flags & %(untrusted)s <> 0) AS flagged,
       avg(soil_moisture) FILTER (WHERE t.flags & %(untrusted)s = 0 AND t.time >= %(day)s) AS soil_moisture,
       avg(temperature) FILTER (WHERE t.flags & %(untrusted)s = 0 AND t.time >= %(day)s) AS temperature,
       avg(humidity) FILTER (WHERE t.flags & %(untrusted)s = 0 AND t.time >= %(day)s) AS humidity,
       avg(light_level) FILTER (WHERE t.flags & %(untrusted)s = 0 AND t.time >= %(day)s) AS light_level
FROM telemetry t
WHERE t.plant_id = %(plant_id)s AND t.time >= %(week)s AND t.time < %(until)s
GROUP BY t.device_id ORDER BY t.device_id
