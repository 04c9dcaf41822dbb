-- name: recent_trusted
-- Trusted readings of one plant since a time, oldest first, the newest ones when there are many. Index telemetry_plant_time.
SELECT * FROM (
    SELECT time, soil_moisture, temperature, humidity, light_level, conductivity, flags
    FROM telemetry
    WHERE plant_id = %(plant_id)s AND time >= %(since)s AND flags & %(untrusted)s = 0
    ORDER BY time DESC LIMIT %(limit)s) AS newest
ORDER BY time
