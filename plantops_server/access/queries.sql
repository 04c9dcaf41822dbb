-- name: caller_of_token
-- Who holds this API token; unique index on token_hash, primary key of users.
SELECT t.id AS token_id, t.name AS token_name, t.role AS token_role, t.last_used_at,
       u.id AS user_id, u.username, u.role AS user_role
FROM api_tokens t JOIN users u ON u.id = t.user_id
WHERE t.token_hash = %(hash)s AND (t.expires_at IS NULL OR t.expires_at > %(now)s)

-- name: touch_token
UPDATE api_tokens SET last_used_at = %(now)s WHERE id = %(id)s

-- name: caller_of_session
-- Who this session belongs to; primary keys on both sides.
SELECT u.id AS user_id, u.username, u.role AS user_role, s.last_used_at
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.token_hash = %(hash)s AND s.expires_at > %(now)s AND s.last_used_at > %(idle_since)s

-- name: touch_session
UPDATE sessions SET last_used_at = %(now)s WHERE token_hash = %(hash)s

-- name: insert_session
INSERT INTO sessions (token_hash, user_id, created_at, last_used_at, expires_at)
VALUES (%(hash)s, %(user_id)s, %(now)s, %(now)s, %(expires_at)s)

-- name: delete_session
DELETE FROM sessions WHERE token_hash = %(hash)s

-- name: delete_sessions_of_user
DELETE FROM sessions WHERE user_id = %(user_id)s

-- name: delete_expired_sessions
-- Run at each login: the table stays as small as the number of people.
DELETE FROM sessions WHERE expires_at <= %(now)s OR last_used_at <= %(idle_since)s

-- name: insert_login_link
INSERT INTO login_links (token_hash, user_id, expires_at) VALUES (%(hash)s, %(user_id)s, %(expires_at)s)

-- name: login_link_owner
-- Who a link would log in; primary keys on both sides.
SELECT u.username FROM login_links l JOIN users u ON u.id = l.user_id
WHERE l.token_hash = %(hash)s AND l.expires_at > %(now)s

-- name: use_login_link
-- The row goes with its first use, whatever comes at the same moment.
DELETE FROM login_links WHERE token_hash = %(hash)s RETURNING user_id, expires_at

-- name: delete_expired_login_links
DELETE FROM login_links WHERE expires_at <= %(now)s

-- name: user_by_name
SELECT * FROM users WHERE username = %(username)s

-- name: user_by_id
SELECT * FROM users WHERE id = %(id)s

-- name: list_users
-- One page by name; unique index on username.
SELECT * FROM users
WHERE (%(after)s::text IS NULL OR username > %(after)s)
  AND (%(q)s::text IS NULL OR strpos(lower(username), lower(%(q)s)) > 0)
ORDER BY username LIMIT %(limit)s

-- name: insert_user
INSERT INTO users (id, username, password_hash, role, created_at)
VALUES (%(id)s, %(username)s, %(password_hash)s, %(role)s, %(now)s)
ON CONFLICT (username) DO NOTHING RETURNING *

-- name: lock_admins
-- Serialises whatever could remove the last admin.
SELECT id, username FROM users WHERE role = 'admin' ORDER BY id FOR UPDATE

-- name: update_user
UPDATE users SET role = coalesce(%(role)s, role), password_hash = coalesce(%(password_hash)s, password_hash)
WHERE id = %(id)s RETURNING *

-- name: rehash_password
UPDATE users SET password_hash = %(password_hash)s WHERE id = %(id)s

-- name: logged_in
UPDATE users SET last_login_at = %(now)s WHERE id = %(id)s

-- name: delete_user
DELETE FROM users WHERE id = %(id)s RETURNING id

-- name: list_tokens
-- One page by id, of one user or of all.
SELECT t.id, t.name, u.username, t.role AS token_role, u.role AS user_role, t.created_at, t.expires_at, t.last_used_at
FROM api_tokens t JOIN users u ON u.id = t.user_id
WHERE (%(user_id)s::text IS NULL OR t.user_id = %(user_id)s)
  AND (%(after)s::text IS NULL OR t.id > %(after)s)
  AND (%(q)s::text IS NULL OR strpos(lower(t.name), lower(%(q)s)) > 0)
ORDER BY t.id LIMIT %(limit)s

-- name: get_token
-- Of one user or of anybody.
SELECT t.id, t.name, u.username, t.role AS token_role, u.role AS user_role, t.created_at, t.expires_at, t.last_used_at
FROM api_tokens t JOIN users u ON u.id = t.user_id
WHERE t.id = %(id)s AND (%(user_id)s::text IS NULL OR t.user_id = %(user_id)s)

-- name: insert_token
INSERT INTO api_tokens (id, user_id, name, token_hash, role, created_at, expires_at)
VALUES (%(id)s, %(user_id)s, %(name)s, %(hash)s, %(role)s, %(now)s, %(expires_at)s) RETURNING *

-- name: delete_token
-- Of one user or of anybody, and never one that is mightier than the caller.
DELETE FROM api_tokens
WHERE id = %(id)s AND (%(user_id)s::text IS NULL OR user_id = %(user_id)s) AND role = ANY(%(roles)s) RETURNING id

-- name: delete_tokens_named
DELETE FROM api_tokens WHERE user_id = %(user_id)s AND name = %(name)s

-- name: count_users
SELECT count(*) AS n FROM users
