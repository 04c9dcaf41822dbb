-- name: waterings_around
-- What is known already of waterings of a plant since a time (index waterings_plant_at).
SELECT id, at, source, moisture_before FROM waterings
WHERE plant_id = %(plant_id)s AND at >= %(since)s ORDER BY at, id

-- name: add_detected
INSERT INTO waterings (plant_id, at, source, moisture_before, moisture_after)
VALUES (%(plant_id)s, %(at)s, 'detected', %(before)s, %(after)s) RETURNING id

-- name: complete_watering
-- What the probe showed of a watering that is known; its time and source stay.
UPDATE waterings SET moisture_before = %(before)s, moisture_after = %(after)s WHERE id = %(id)s

-- name: move_detected
-- A detected watering that more readings date better.
UPDATE waterings SET at = %(at)s, moisture_before = %(before)s, moisture_after = %(after)s WHERE id = %(id)s

-- name: forget_detected
DELETE FROM waterings WHERE id = ANY(%s) AND source = 'detected'

-- name: take_watering_back
-- One watering goes (primary key).
DELETE FROM waterings WHERE id = %(id)s AND plant_id = %(plant_id)s RETURNING at, moisture_before

-- name: remember_taken_back
INSERT INTO waterings_taken_back (plant_id, at, taken_back_at, taken_back_by)
VALUES (%(plant_id)s, %(at)s, %(now)s, %(who)s) ON CONFLICT DO NOTHING

-- name: forget_taken_back
-- Somebody logs a watering there after all.
DELETE FROM waterings_taken_back WHERE plant_id = %(plant_id)s AND at BETWEEN %(since)s AND %(until)s

-- name: taken_back
-- What was said to be no watering since a time (primary key).
SELECT at FROM waterings_taken_back WHERE plant_id = %(plant_id)s AND at >= %(since)s ORDER BY at

-- name: watering_times
-- For the forecast (index waterings_plant_at).
SELECT at FROM waterings WHERE plant_id = %(plant_id)s AND at >= %(since)s AND at <= %(now)s ORDER BY at

-- name: lock_plant_waterings
-- A person who logs a watering and the worker that finds it see each other's.
SELECT FROM plants WHERE id = %s FOR NO KEY UPDATE

-- name: ask_forecasts
-- A forecast is due no earlier than half an hour after the last one; the first at once, and one that found no fresh
-- reading, now that one came (primary key).
INSERT INTO forecasts (plant_id, due_at)
SELECT id, %(now)s FROM plants WHERE id = ANY(%(ids)s) AND archived_at IS NULL ORDER BY id
ON CONFLICT (plant_id) DO UPDATE
SET due_at = least(forecasts.due_at, CASE WHEN %(at_once)s OR forecasts.reason ~ '^(The newest soil reading|Nothing was measured)'
                                          THEN %(now)s
                                          ELSE forecasts.made_at + interval '30 minutes' END)

-- name: next_due_forecast
-- The plant whose forecast is due longest (index forecasts_due).
SELECT plant_id FROM forecasts WHERE due_at <= %s ORDER BY due_at LIMIT 1

-- name: keep_forecast
UPDATE forecasts SET at = %(at)s, plus_minus_h = %(plus_minus_h)s, reason = %(reason)s, made_at = %(now)s, due_at = %(due_at)s
WHERE plant_id = %(plant_id)s
  AND (at, plus_minus_h, reason) IS DISTINCT FROM (%(at)s::timestamptz, %(plus_minus_h)s::real, %(reason)s::text)
RETURNING plant_id

-- name: forecast_made
UPDATE forecasts SET made_at = %(now)s, due_at = %(due_at)s WHERE plant_id = %(plant_id)s

-- name: forecasts_of
-- For cards (primary key).
SELECT plant_id, at, plus_minus_h, reason FROM forecasts WHERE plant_id = ANY(%s) AND made_at IS NOT NULL
