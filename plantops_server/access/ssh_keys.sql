-- name: insert_ssh_key
-- A key belongs to one user only: unique index on fingerprint.
INSERT INTO ssh_keys (id, user_id, key_type, key_data, fingerprint, comment, created_at)
VALUES (%(id)s, %(user_id)s, %(key_type)s, %(key_data)s, %(fingerprint)s, %(comment)s, %(now)s)
ON CONFLICT (fingerprint) DO NOTHING RETURNING *

-- name: ssh_key_by_fingerprint
-- Unique index on fingerprint, primary key of users.
SELECT k.*, u.username FROM ssh_keys k JOIN users u ON u.id = k.user_id WHERE k.fingerprint = %(fingerprint)s

-- name: list_ssh_keys
-- One page by id, of one user or of all.
SELECT k.*, u.username FROM ssh_keys k JOIN users u ON u.id = k.user_id
WHERE (%(user_id)s::text IS NULL OR k.user_id = %(user_id)s)
  AND (%(fingerprint)s::text IS NULL OR k.fingerprint = %(fingerprint)s)
  AND (%(after)s::text IS NULL OR k.id > %(after)s)
  AND (%(q)s::text IS NULL OR strpos(lower(k.comment || ' ' || u.username), lower(%(q)s)) > 0)
ORDER BY k.id LIMIT %(limit)s

-- name: delete_ssh_key
-- The tokens of its open sessions go with it (foreign key).
DELETE FROM ssh_keys WHERE id = %(id)s AND user_id = %(user_id)s RETURNING id

-- name: used_ssh_key
UPDATE ssh_keys SET last_used_at = %(now)s WHERE id = %(id)s

-- name: bind_token
-- Ties the token of a session to the key that opened it.
UPDATE api_tokens SET ssh_key_id = %(key_id)s WHERE id = %(token_id)s

-- name: delete_expired_ssh_tokens
-- Left over where a door was killed before it could revoke them; run when a session opens.
DELETE FROM api_tokens WHERE expires_at <= %(now)s AND name LIKE 'ssh session%%'
