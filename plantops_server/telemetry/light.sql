-- name: light_of_spans
-- Light of plants in one span of time (primary key of telemetry_half_hourly, one range a plant): the trapezoid over the
-- means of half-hours, in lx·s, and how many seconds of the span it covers. A longer gap than the limit counts as
-- nothing; at either end the outermost mean holds for its own quarter of an hour.
SELECT plant_id,
       coalesce(sum((light + before) / 2 * passed) FILTER (WHERE passed <= %(gap_s)s), 0)
           + 900 * (array_agg(light ORDER BY bucket))[1] + 900 * (array_agg(light ORDER BY bucket DESC))[1] AS lux_s,
       coalesce(sum(passed) FILTER (WHERE passed <= %(gap_s)s), 0) + 1800 AS covered_s
FROM (SELECT plant_id, bucket, light_level_mean::float8 AS light,
             lag(light_level_mean::float8) OVER w AS before,
             extract(epoch FROM bucket - lag(bucket) OVER w)::float8 AS passed
      FROM telemetry_half_hourly
      WHERE plant_id = ANY(%(plant_ids)s) AND bucket >= %(start)s AND bucket < %(end)s AND light_level_count > 0
      WINDOW w AS (PARTITION BY plant_id ORDER BY bucket)) AS measured
GROUP BY plant_id

-- name: hourly_light
-- Mean light by hour of one plant (primary key of telemetry_hourly).
SELECT bucket, light_level_mean::float8 AS light FROM telemetry_hourly
WHERE plant_id = %(plant_id)s AND bucket >= %(start)s AND bucket < %(end)s AND light_level_count > 0
ORDER BY bucket
