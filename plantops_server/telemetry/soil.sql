-- name: claim_soil_watch
-- One worker at a time; what was received before ``received_at`` has been looked at.
SELECT received_at FROM soil_progress FOR UPDATE SKIP LOCKED

-- name: advance_soil_watch
UPDATE soil_progress SET received_at = %s

-- name: rolled_up_to
-- What the half-hourly table holds: everything received before.
SELECT greatest(received_at, 'epoch') AS received_at FROM rollup_progress

-- name: touched_soil
-- Plants whose soil was measured, received since the last look and rolled up by now, and from when on (BRIN telemetry_received).
SELECT plant_id, min(time) AS since
FROM telemetry
WHERE received_at >= %(since)s AND received_at < %(until)s AND plant_id IS NOT NULL AND soil_moisture IS NOT NULL
  AND flags & %(untrusted)s = 0
GROUP BY plant_id ORDER BY plant_id

-- name: restless
-- Of these plants those whose soil moved by more than it dries, a few hours before the touched time or later, compared
-- also with the last half-hours before a gap (primary key of telemetry_half_hourly).
SELECT t.plant_id, t.since
FROM unnest(%(plant_ids)s::text[], %(since)s::timestamptz[]) AS t(plant_id, since),
     LATERAL (
         SELECT max(soil_moisture_max) - min(soil_moisture_min) AS moved FROM (
             (SELECT soil_moisture_max, soil_moisture_min FROM telemetry_half_hourly
              WHERE plant_id = t.plant_id AND bucket >= t.since - %(held)s AND soil_moisture_count > 0)
             UNION ALL
             (SELECT soil_moisture_max, soil_moisture_min FROM telemetry_half_hourly
              WHERE plant_id = t.plant_id AND bucket < t.since - %(held)s AND soil_moisture_count > 0
              ORDER BY bucket DESC LIMIT 4)) AS near
     ) AS span
WHERE moved >= %(least)s

-- name: soil_samples
-- One plant's soil readings since a time, but for those that are no evidence, device by device (index telemetry_plant_time).
SELECT device_id, time, soil_moisture::float8 FROM telemetry
WHERE plant_id = %(plant_id)s AND time >= %(since)s AND soil_moisture IS NOT NULL AND flags & %(untrusted)s = 0
ORDER BY device_id, time

-- name: soil_levels
-- Half-hourly soil moisture of one plant since a time (primary key of telemetry_half_hourly).
SELECT bucket + interval '15 minutes' AS time, soil_moisture_mean::float8 AS level FROM telemetry_half_hourly
WHERE plant_id = %(plant_id)s AND bucket >= %(since)s AND soil_moisture_count > 0
ORDER BY bucket
