-- name: insert_plant
INSERT INTO plants (id, name, species, location, notes, thresholds, species_limits, created_at)
VALUES (%(id)s, %(name)s, %(species)s, %(location)s, %(notes)s, %(thresholds)s, %(species_limits)s, %(now)s) RETURNING *

-- name: insert_plant_state
-- The row that ingest locks and updates; it exists as long as the plant does.
INSERT INTO plant_state (plant_id, updated_at) VALUES (%(id)s, %(now)s)

-- name: plant_by_id
SELECT * FROM plants WHERE id = %(id)s

-- name: replace_plant
UPDATE plants SET name = %(name)s, species = %(species)s, location = %(location)s, notes = %(notes)s,
                  thresholds = %(thresholds)s, species_limits = %(species_limits)s
WHERE id = %(id)s AND archived_at IS NULL RETURNING *

-- name: lock_plant
-- Ingest takes the same row's state lock; limits and judgement change together.
SELECT * FROM plants WHERE id = %(id)s AND archived_at IS NULL FOR UPDATE

-- name: archive_plant
UPDATE plants SET archived_at = coalesce(archived_at, %(now)s) WHERE id = %(id)s RETURNING *

-- name: restore_plant
UPDATE plants SET archived_at = NULL WHERE id = %(id)s RETURNING *

-- name: plant_contexts
-- What judging needs to know of plants; primary key.
SELECT id, name, species, location, thresholds, species_limits FROM plants WHERE id = ANY(%(ids)s) AND archived_at IS NULL

-- name: insert_watering
INSERT INTO waterings (plant_id, at, source, amount_ml, note)
VALUES (%(plant_id)s, %(at)s, 'logged', %(amount_ml)s, %(note)s) RETURNING *

-- name: adopt_watering
-- A watering that was found in the readings and is now logged by hand: the person's word, the probe's numbers.
UPDATE waterings SET source = 'logged', at = %(at)s, amount_ml = %(amount_ml)s, note = %(note)s WHERE id = %(id)s RETURNING *

-- name: list_waterings
-- Newest first; index waterings_plant_at.
SELECT * FROM waterings
WHERE plant_id = %(plant_id)s AND (%(before)s::bigint IS NULL OR (at, id) <
      (SELECT at, id FROM waterings WHERE id = %(before)s))
  AND (%(q)s::text IS NULL OR strpos(lower(coalesce(note, '')), lower(%(q)s)) > 0)
ORDER BY at DESC, id DESC LIMIT %(limit)s
