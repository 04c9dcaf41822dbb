-- name: insert_readings
-- A batch of readings; what is stored already stays (unique index telemetry_device_time). received_at is stamped here, by
-- one clock for all workers and anew at each attempt: the roll-ups follow it.
INSERT INTO telemetry (time, device_id, plant_id, soil_moisture, temperature, humidity, light_level, conductivity,
                       battery, rssi, soil_raw, boot, seq, flags, received_at)
SELECT n.*, clock_timestamp()
FROM unnest(%b::timestamptz[], %b::text[], %b::text[], %b::real[], %b::real[], %b::real[], %b::real[], %b::real[],
            %b::real[], %b::real[], %b::real[], %b::bigint[], %b::bigint[], %b::int[]) AS n
ON CONFLICT (device_id, time) DO NOTHING
RETURNING device_id, time

-- name: stored_readings
-- What is stored of readings that came again (unique index telemetry_device_time); the span leaves partitions out.
SELECT t.time, t.device_id, t.plant_id, soil_moisture::float8, temperature::float8, humidity::float8, light_level::float8,
       conductivity::float8, battery::float8, rssi::float8, soil_raw::float8, boot, seq, flags
FROM unnest(%(times)b::timestamptz[], %(device_ids)b::text[]) AS n(time, device_id)
JOIN telemetry t ON t.device_id = n.device_id AND t.time = n.time
WHERE t.time BETWEEN %(first)b AND %(last)b

-- name: complete_readings
-- What these rows lack and another message of the same time brought; received anew, for the roll-ups (the same index).
UPDATE telemetry t
SET soil_moisture = coalesce(t.soil_moisture, n.soil_moisture), temperature = coalesce(t.temperature, n.temperature),
    humidity = coalesce(t.humidity, n.humidity), light_level = coalesce(t.light_level, n.light_level),
    conductivity = coalesce(t.conductivity, n.conductivity), battery = coalesce(t.battery, n.battery),
    rssi = coalesce(t.rssi, n.rssi), soil_raw = coalesce(t.soil_raw, n.soil_raw),
    boot = coalesce(t.boot, n.boot), seq = coalesce(t.seq, n.seq), flags = n.flags, received_at = clock_timestamp()
FROM unnest(%b::timestamptz[], %b::text[], %b::text[], %b::real[], %b::real[], %b::real[], %b::real[], %b::real[],
            %b::real[], %b::real[], %b::real[], %b::bigint[], %b::bigint[], %b::int[])
     AS n(time, device_id, plant_id, soil_moisture, temperature, humidity, light_level, conductivity, battery, rssi,
          soil_raw, boot, seq, flags)
WHERE t.device_id = n.device_id AND t.time = n.time AND t.time BETWEEN %b AND %b

-- name: remember_new_sequences
-- Identities of readings without a time of their own; answers those that were not known (primary key).
INSERT INTO telemetry_sequences (device_id, boot, seq)
SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bigint[])
ON CONFLICT DO NOTHING
RETURNING device_id, boot, seq

-- name: remember_sequences
-- The same, for messages that are no redelivery: a known identity is one that was used again (primary key).
INSERT INTO telemetry_sequences (device_id, boot, seq)
SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bigint[])
ON CONFLICT (device_id, boot, seq) DO UPDATE SET seen_at = now()

-- name: forget_sequences
-- Identities that no redelivery can name any more (BRIN telemetry_sequences_seen).
DELETE FROM telemetry_sequences WHERE seen_at < %s

-- name: count_rejects
-- One row a device and reason (primary key); no new rows beyond the limit.
INSERT INTO rejected_packets AS r (device_id, reason, count, sample, last_at)
SELECT n.device_id, n.reason, n.count, n.sample, %(now)s
FROM unnest(%(device_ids)s::text[], %(reasons)s::text[], %(counts)s::bigint[], %(samples)s::text[])
     AS n(device_id, reason, count, sample)
WHERE EXISTS (SELECT FROM rejected_packets k WHERE k.device_id = n.device_id AND k.reason = n.reason)
   OR (SELECT count(*) FROM rejected_packets) < %(most)s
ON CONFLICT (device_id, reason)
DO UPDATE SET count = r.count + excluded.count, sample = excluded.sample, last_at = excluded.last_at

-- name: rejects_of_device
-- For the page of a device (primary key).
SELECT reason, count, sample, last_at FROM rejected_packets WHERE device_id = %s ORDER BY last_at DESC, reason

-- name: rederive_moisture
-- All history of one device by new endpoints (unique index telemetry_device_time).
UPDATE telemetry t
SET soil_raw = raw, soil_moisture = least(greatest(100 * (raw - %(dry)s) / nullif(%(wet)s - %(dry)s, 0), 0), 100)
FROM (SELECT device_id, time,
             CASE WHEN %(in_percent)s THEN coalesce(soil_raw, soil_moisture) ELSE soil_raw END AS raw
      FROM telemetry WHERE device_id = %(device_id)s) AS came
WHERE t.device_id = %(device_id)s AND t.device_id = came.device_id AND t.time = came.time AND raw IS NOT NULL
RETURNING t.plant_id, t.time

-- name: newest_moisture
-- Index telemetry_plant_time, from the newest on.
SELECT soil_moisture, time FROM telemetry
WHERE plant_id = %(plant_id)s AND soil_moisture IS NOT NULL AND flags & %(untrusted)s = 0
ORDER BY time DESC LIMIT 1

-- name: raw_plateaus
-- What a probe counted, in medians of three hours (unique index telemetry_device_time).
SELECT date_bin('3 hours', time, 'epoch') AS start,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(soil_raw, soil_moisture)) AS raw
FROM telemetry
WHERE device_id = %(device_id)s AND time >= %(since)s AND flags & %(untrusted)s = 0
  AND coalesce(soil_raw, soil_moisture) IS NOT NULL
GROUP BY start ORDER BY start

-- name: claim_rollup
-- One worker at a time. A clock that was set back moves the start back with it.
SELECT greatest(least(received_at, clock_timestamp()), 'epoch'), clock_timestamp()
FROM rollup_progress
FOR UPDATE SKIP LOCKED

-- name: hold_rollup
-- Two that write the same buckets in another order would wait for each other.
SELECT FROM rollup_progress FOR UPDATE

-- name: clear_half_hours
-- Before these are rolled anew (primary key).
DELETE FROM telemetry_half_hourly h USING unnest(%s::text[], %s::timestamptz[]) AS b(plant_id, bucket)
WHERE h.plant_id = b.plant_id AND h.bucket = b.bucket

-- name: clear_hours
-- The same for their hours (primary key).
DELETE FROM telemetry_hourly h USING unnest(%s::text[], %s::timestamptz[]) AS b(plant_id, bucket)
WHERE h.plant_id = b.plant_id AND h.bucket = date_trunc('hour', b.bucket)

-- name: advance_rollup
-- Everything received before is rolled up.
UPDATE rollup_progress SET received_at = %s

-- name: rolled
-- Whoever rolls holds the row, so no two changes share a revision.
UPDATE rollup_progress SET revision = revision + 1

-- name: rollup_revision
-- One row, one page.
SELECT revision FROM rollup_progress

-- name: touched_half_hours
-- Buckets in which something arrived since the last run (BRIN telemetry_received).
SELECT DISTINCT plant_id, date_bin('30 minutes', time, 'epoch') AS bucket
FROM telemetry
WHERE received_at >= %(since)s - %(overlap)s AND plant_id IS NOT NULL AND flags & %(untrusted)s = 0
ORDER BY plant_id, bucket

-- name: touched_half_hours_of_plant
-- The same for one plant (telemetry_plant_time or BRIN telemetry_received, whichever the planner finds shorter).
SELECT DISTINCT plant_id, date_bin('30 minutes', time, 'epoch') AS bucket
FROM telemetry
WHERE plant_id = %(plant_id)s AND received_at >= %(since)s - %(overlap)s AND flags & %(untrusted)s = 0
ORDER BY plant_id, bucket

-- name: roll_half_hours
-- These buckets anew from their readings (index telemetry_plant_time, one range a bucket: LATERAL, because a join would
-- be hashed by plant alone and compare every bucket with the plant's whole history).
INSERT INTO telemetry_half_hourly (plant_id, bucket, soil_moisture_min, soil_moisture_mean, soil_moisture_max, soil_moisture_count,
                                   temperature_min, temperature_mean, temperature_max, temperature_count,
                                   humidity_min, humidity_mean, humidity_max, humidity_count,
                                   light_level_min, light_level_mean, light_level_max, light_level_count,
                                   conductivity_min, conductivity_mean, conductivity_max, conductivity_count)
SELECT b.plant_id, b.bucket, a.*
FROM unnest(%(plant_ids)s::text[], %(buckets)s::timestamptz[]) AS b(plant_id, bucket),
     LATERAL (
         SELECT min(soil_moisture), avg(soil_moisture), max(soil_moisture), count(soil_moisture),
                min(temperature), avg(temperature), max(temperature), count(temperature),
                min(humidity), avg(humidity), max(humidity), count(humidity),
                min(light_level), avg(light_level), max(light_level), count(light_level),
                min(conductivity), avg(conductivity), max(conductivity), count(conductivity)
         FROM telemetry t
         WHERE t.plant_id = b.plant_id AND t.time >= b.bucket AND t.time < b.bucket + interval '30 minutes'
           AND t.flags & %(untrusted)s = 0
         HAVING count(*) > 0
     ) AS a
ON CONFLICT (plant_id, bucket) DO UPDATE SET soil_moisture_min = excluded.soil_moisture_min, soil_moisture_mean = excluded.soil_moisture_mean,
    soil_moisture_max = excluded.soil_moisture_max, soil_moisture_count = excluded.soil_moisture_count,
    temperature_min = excluded.temperature_min, temperature_mean = excluded.temperature_mean,
    temperature_max = excluded.temperature_max, temperature_count = excluded.temperature_count,
    humidity_min = excluded.humidity_min, humidity_mean = excluded.humidity_mean,
    humidity_max = excluded.humidity_max, humidity_count = excluded.humidity_count,
    light_level_min = excluded.light_level_min, light_level_mean = excluded.light_level_mean,
    light_level_max = excluded.light_level_max, light_level_count = excluded.light_level_count,
    conductivity_min = excluded.conductivity_min, conductivity_mean = excluded.conductivity_mean,
    conductivity_max = excluded.conductivity_max, conductivity_count = excluded.conductivity_count
RETURNING plant_id, xmax = 0 AS is_new

-- name: roll_hours
-- These hours anew from their two halves (primary key of telemetry_half_hourly).
INSERT INTO telemetry_hourly (plant_id, bucket, soil_moisture_min, soil_moisture_mean, soil_moisture_max, soil_moisture_count,
                              temperature_min, temperature_mean, temperature_max, temperature_count,
                              humidity_min, humidity_mean, humidity_max, humidity_count,
                              light_level_min, light_level_mean, light_level_max, light_level_count,
                              conductivity_min, conductivity_mean, conductivity_max, conductivity_count)
SELECT b.plant_id, b.bucket, a.*
FROM unnest(%(plant_ids)s::text[], %(buckets)s::timestamptz[]) AS b(plant_id, bucket),
     LATERAL (
         SELECT min(soil_moisture_min), sum(soil_moisture_mean::float8 * soil_moisture_count) / nullif(sum(soil_moisture_count), 0),
                max(soil_moisture_max), sum(soil_moisture_count),
                min(temperature_min), sum(temperature_mean::float8 * temperature_count) / nullif(sum(temperature_count), 0),
                max(temperature_max), sum(temperature_count),
                min(humidity_min), sum(humidity_mean::float8 * humidity_count) / nullif(sum(humidity_count), 0),
                max(humidity_max), sum(humidity_count),
                min(light_level_min), sum(light_level_mean::float8 * light_level_count) / nullif(sum(light_level_count), 0),
                max(light_level_max), sum(light_level_count),
                min(conductivity_min), sum(conductivity_mean::float8 * conductivity_count) / nullif(sum(conductivity_count), 0),
                max(conductivity_max), sum(conductivity_count)
         FROM telemetry_half_hourly h
         WHERE h.plant_id = b.plant_id AND h.bucket >= b.bucket AND h.bucket < b.bucket + interval '1 hour'
         HAVING count(*) > 0
     ) AS a
ON CONFLICT (plant_id, bucket) DO UPDATE SET soil_moisture_min = excluded.soil_moisture_min, soil_moisture_mean = excluded.soil_moisture_mean,
    soil_moisture_max = excluded.soil_moisture_max, soil_moisture_count = excluded.soil_moisture_count,
    temperature_min = excluded.temperature_min, temperature_mean = excluded.temperature_mean,
    temperature_max = excluded.temperature_max, temperature_count = excluded.temperature_count,
    humidity_min = excluded.humidity_min, humidity_mean = excluded.humidity_mean,
    humidity_max = excluded.humidity_max, humidity_count = excluded.humidity_count,
    light_level_min = excluded.light_level_min, light_level_mean = excluded.light_level_mean,
    light_level_max = excluded.light_level_max, light_level_count = excluded.light_level_count,
    conductivity_min = excluded.conductivity_min, conductivity_mean = excluded.conductivity_mean,
    conductivity_max = excluded.conductivity_max, conductivity_count = excluded.conductivity_count

-- name: forget_half_hours
-- A scan of a small table, once a day.
DELETE FROM telemetry_half_hourly WHERE bucket < %s

-- name: sparklines
-- 24 h of many plants, one row a plant (primary key of telemetry_half_hourly, one range a plant). Two decimals are more
-- than a card shows; as float8 they are short in JSON too.
SELECT plant_id, array_agg((extract(epoch FROM bucket - %(start)s) / 1800)::int),
       array_agg(round(soil_moisture_mean::float8 * 100) / 100), round(min(soil_moisture_min)::float8 * 100) / 100, round(max(soil_moisture_max)::float8 * 100) / 100,
       array_agg(round(temperature_mean::float8 * 100) / 100), round(min(temperature_min)::float8 * 100) / 100, round(max(temperature_max)::float8 * 100) / 100,
       array_agg(round(humidity_mean::float8 * 100) / 100), round(min(humidity_min)::float8 * 100) / 100, round(max(humidity_max)::float8 * 100) / 100,
       array_agg(round(light_level_mean::float8 * 100) / 100), round(min(light_level_min)::float8 * 100) / 100, round(max(light_level_max)::float8 * 100) / 100,
       array_agg(round(conductivity_mean::float8 * 100) / 100), round(min(conductivity_min)::float8 * 100) / 100, round(max(conductivity_max)::float8 * 100) / 100
FROM telemetry_half_hourly
WHERE plant_id = ANY(%(plant_ids)s) AND bucket >= %(start)s AND bucket < %(end)s
GROUP BY plant_id

-- name: count_up_to
-- Whether a range holds more readings than are wanted; stops counting there (index telemetry_plant_time).
SELECT count(*) AS n FROM (
    SELECT FROM telemetry WHERE plant_id = %(plant_id)s AND time >= %(start)s AND time < %(end)s LIMIT %(limit)s
) AS found

-- name: raw_points
-- Every reading of a plant in a range (index telemetry_plant_time).
SELECT time, flags, {columns}
FROM telemetry
WHERE plant_id = %(plant_id)s AND time >= %(start)s AND time < %(end)s
ORDER BY time

-- name: raw_buckets
-- Equal buckets of less than an hour from the trusted readings (index telemetry_plant_time).
SELECT date_bin(%(step)s, time, 'epoch') AS bucket_start, {columns}
FROM telemetry
WHERE plant_id = %(plant_id)s AND time >= %(start)s AND time < %(end)s AND flags & %(untrusted)s = 0
GROUP BY bucket_start

-- name: hourly_buckets
-- Equal buckets of whole hours from the hourly roll-up (its primary key).
SELECT date_bin(%(step)s, bucket, 'epoch') AS bucket_start, {columns}
FROM telemetry_hourly
WHERE plant_id = %(plant_id)s AND bucket >= %(start)s AND bucket < %(end)s
GROUP BY bucket_start

-- name: export_readings
-- All that is stored of a plant, oldest first (index telemetry_plant_time).
SELECT time, device_id, soil_moisture, temperature, humidity, light_level, conductivity, battery, rssi,
       soil_raw, boot, seq, received_at, flags
FROM telemetry
WHERE plant_id = %(plant_id)s
  AND time >= coalesce(%(start)s::timestamptz, '-infinity') AND time < coalesce(%(end)s::timestamptz, 'infinity')
ORDER BY time, device_id
