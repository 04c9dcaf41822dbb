-- name: levels
-- The median of a day (or of the newest five readings of a week, when a device reports rarely) and the least of the
-- newest three. Index telemetry_device_time, for the few devices that are asked about.
SELECT d.id AS device_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY r.battery) AS median,
       min(r.battery) FILTER (WHERE r.n <= 3) AS newest, count(*) AS readings
FROM unnest(%(devices)s::text[]) AS d (id) CROSS JOIN LATERAL (
    SELECT time, battery, row_number() OVER (ORDER BY time DESC) AS n
    FROM telemetry
    WHERE device_id = d.id AND time > %(now)s::timestamptz - interval '7 days' AND time <= %(now)s
      AND battery IS NOT NULL AND flags & %(untrusted)s = 0
    ORDER BY time DESC LIMIT 1500) AS r
WHERE r.n <= 5 OR r.time > %(now)s::timestamptz - interval '1 day'
GROUP BY d.id
