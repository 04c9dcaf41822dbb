-- name: insert
INSERT INTO care_plans (plant_id, plan_data, facts, generated_at, source, source_reason, model, prompt_version,
                        inputs_hash, tokens_in, tokens_out, cost_usd)
VALUES (%(plant_id)s, %(plan_data)s, %(facts)s, %(generated_at)s, %(source)s, %(source_reason)s, %(model)s,
        %(prompt_version)s, %(inputs_hash)s, %(tokens_in)s, %(tokens_out)s, %(cost_usd)s)
RETURNING *, cost_usd::float8 AS cost_usd

-- name: current
-- The newest plan of a plant; care_plans_plant.
SELECT *, cost_usd::float8 AS cost_usd
  FROM care_plans
 WHERE plant_id = %(plant_id)s
 ORDER BY generated_at DESC, id DESC
 LIMIT 1

-- name: history
-- Plans of a plant, the newest first, older than the plan `before`; care_plans_plant.
SELECT *, cost_usd::float8 AS cost_usd
  FROM care_plans
 WHERE plant_id = %(plant_id)s
   AND (%(before)s::bigint IS NULL
        OR (generated_at, id) < (SELECT generated_at, id FROM care_plans WHERE id = %(before)s))
   AND (%(q)s::text IS NULL OR position(lower(%(q)s) IN lower(plan_data::text)) > 0)
 ORDER BY generated_at DESC, id DESC
 LIMIT %(limit)s

-- name: by_id
SELECT *, cost_usd::float8 AS cost_usd FROM care_plans WHERE id = %(id)s

-- name: lock
-- One decision after the other.
SELECT *, cost_usd::float8 AS cost_usd FROM care_plans WHERE id = %(id)s FOR UPDATE

-- name: set_feedback
UPDATE care_plans SET feedback = %(feedback)s WHERE id = %(id)s RETURNING *, cost_usd::float8 AS cost_usd

-- name: set_plan_data
UPDATE care_plans SET plan_data = %(plan_data)s WHERE id = %(id)s RETURNING *, cost_usd::float8 AS cost_usd
