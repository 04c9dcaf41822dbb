-- name: lock
-- One call after the other sets money aside, so that no two of them see the same remainder.
SELECT pg_advisory_xact_lock(hashtext('plantops.llm_calls'))

-- name: spent
-- What was spent, or is set aside for calls under way, since the first of the day and of the month; llm_calls_at.
SELECT coalesce(sum(coalesce(cost_usd, reserved_usd)) FILTER (WHERE at >= %(day)s), 0)::float8 AS today,
       coalesce(sum(coalesce(cost_usd, reserved_usd)), 0)::float8 AS month
  FROM llm_calls
 WHERE at >= %(month)s

-- name: reserve
INSERT INTO llm_calls (at, plant_id, provider, model, reserved_usd)
VALUES (%(now)s, %(plant_id)s, %(provider)s, %(model)s, %(usd)s)
RETURNING id

-- name: settle
-- By primary key.
UPDATE llm_calls
   SET cost_usd = coalesce(%(usd)s, reserved_usd), tokens_in = %(tokens_in)s, tokens_out = %(tokens_out)s,
       outcome = %(outcome)s
 WHERE id = %(id)s
