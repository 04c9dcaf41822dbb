-- name: remember_species
-- One row a species (primary key), replaced when it is fetched anew.
INSERT INTO species_fetched (id, names, data, fetched_at) VALUES (%(id)s, %(names)s, %(data)s, %(now)s)
ON CONFLICT (id) DO UPDATE SET names = excluded.names, data = excluded.data, fetched_at = excluded.fetched_at

-- name: fetched_by_id
-- Primary key.
SELECT data, fetched_at FROM species_fetched WHERE id = %(id)s

-- name: fetched_by_name
-- When a plant is saved whose species does not ship; a scan of a small table.
SELECT data, fetched_at FROM species_fetched WHERE %(name)s = ANY(names) ORDER BY id LIMIT 1

-- name: search_fetched
-- A scan of a small table.
SELECT data, fetched_at FROM species_fetched
WHERE EXISTS (SELECT FROM unnest(names) AS n (name) WHERE strpos(n.name, %(q)s) > 0)
ORDER BY id LIMIT %(limit)s

-- name: count_fetched
-- A scan of a small table.
SELECT count(*) AS n FROM species_fetched
