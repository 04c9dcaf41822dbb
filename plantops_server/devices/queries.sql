-- name: token_by_hash
-- The enrolment token that was shown; unique index on token_hash.
SELECT id, name, uses_left, expires_at FROM enrolment_tokens WHERE token_hash = %(hash)s AND expires_at > %(now)s

-- name: use_token
-- Takes one use, unless none is left; primary key. The row lock makes concurrent registrations wait for each other.
UPDATE enrolment_tokens SET uses_left = uses_left - 1, last_used_at = %(now)s WHERE id = %(id)s AND uses_left > 0
RETURNING id

-- name: insert_token
INSERT INTO enrolment_tokens (id, name, token_hash, uses_left, created_by, created_at, expires_at)
VALUES (%(id)s, %(name)s, %(hash)s, %(uses)s, %(created_by)s, %(now)s, %(expires_at)s)
RETURNING id, name, uses_left, created_at, expires_at, last_used_at

-- name: list_tokens
-- A page of tokens by id; primary key.
SELECT id, name, uses_left, created_at, expires_at, last_used_at FROM enrolment_tokens
WHERE (%(after)s::text IS NULL OR id > %(after)s)
  AND (%(q)s::text IS NULL OR strpos(lower(name), lower(%(q)s)) > 0)
ORDER BY id LIMIT %(limit)s

-- name: get_token
SELECT id, name, uses_left, created_at, expires_at, last_used_at FROM enrolment_tokens WHERE id = %(id)s

-- name: delete_token
DELETE FROM enrolment_tokens WHERE id = %(id)s RETURNING id

-- name: open_window
INSERT INTO pairing_windows (opened_at, until, opened_by) VALUES (%(now)s, %(until)s, %(opened_by)s)
RETURNING until, opened_by

-- name: close_windows
UPDATE pairing_windows SET until = %(now)s WHERE until > %(now)s

-- name: window_now
-- The window that stays open longest; a table of a few rows.
SELECT until, opened_by FROM pairing_windows WHERE until > %(now)s ORDER BY until DESC LIMIT 1

-- name: forget_windows
-- Windows closed for longer than a day are of no use to anyone.
DELETE FROM pairing_windows WHERE until < %(now)s - interval '1 day'

-- name: count_unclaimed
-- Devices that nobody has tied to a plant yet; a scan of devices, which is a small table.
SELECT count(*) AS n FROM devices WHERE status = 'provisioning' AND plant_id IS NULL AND decommissioned_at IS NULL

-- name: device_by_mac
-- Unique index on mac_address.
SELECT id, status, mqtt_username, mqtt_client_id, report_interval_s, enrolment_nonce_hash, enrolled_at,
       reenrolment_allowed_until
FROM devices WHERE mac_address = %(mac)s AND decommissioned_at IS NULL

-- name: insert_device
INSERT INTO devices (id, mac_address, mqtt_username, mqtt_client_id, mqtt_password_hash, firmware_version,
                     sensor_types, name, report_interval_s, enrolment_nonce_hash, created_at, enrolled_at)
VALUES (%(id)s, %(mac)s, %(username)s, %(client_id)s, %(password_hash)s, %(firmware_version)s, %(sensor_types)s,
        %(name)s, coalesce(%(report_interval_s)s, 600), %(nonce_hash)s, %(now)s, %(now)s)
RETURNING id, status, report_interval_s

-- name: enrol_again
-- New credentials for known hardware; what it measured, its plant and its calibration stay. The condition lets only
-- one of two concurrent attempts through.
UPDATE devices
SET mqtt_username = %(username)s, mqtt_client_id = %(client_id)s, mqtt_password_hash = %(password_hash)s,
    firmware_version = %(firmware_version)s, sensor_types = %(sensor_types)s, name = coalesce(name, %(name)s),
    report_interval_s = coalesce(%(report_interval_s)s, report_interval_s), enrolment_nonce_hash = %(nonce_hash)s,
    enrolled_at = %(now)s, reenrolment_allowed_until = NULL
WHERE id = %(id)s AND mqtt_username = %(old_username)s AND reenrolment_allowed_until > %(now)s
RETURNING id, status, report_interval_s

-- name: change_password
-- Only if nobody changed it meanwhile; primary key.
UPDATE devices SET mqtt_password_hash = %(new)s
WHERE id = %(id)s AND mqtt_password_hash = %(old)s AND decommissioned_at IS NULL
RETURNING id

-- name: get_device
SELECT id, mac_address, name, plant_id, status, mqtt_username, mqtt_client_id, mqtt_password_hash,
       report_interval_s, calibration, last_seen_at, expected_interval_s
FROM devices WHERE id = %(id)s AND decommissioned_at IS NULL

-- name: tie_device
-- Without a plant a device waits to be claimed; with one it is what it was last heard to be.
UPDATE devices
SET plant_id = %(plant_id)s,
    status = CASE WHEN %(plant_id)s::text IS NULL THEN 'provisioning'
                  WHEN status <> 'provisioning' THEN status
                  WHEN last_seen_at > %(now)s - 3 * make_interval(secs => expected_interval_s) THEN 'online'
                  ELSE 'offline' END
WHERE id = %(id)s

-- name: change_device
-- A device that is told another interval is judged by it until it has shown anew what it keeps.
UPDATE devices
SET name = %(name)s, report_interval_s = %(report_interval_s)s, calibration = %(calibration)s,
    observed_interval_s = CASE WHEN report_interval_s = %(report_interval_s)s THEN observed_interval_s END,
    observed_intervals = CASE WHEN report_interval_s = %(report_interval_s)s THEN observed_intervals ELSE 0 END,
    config_pending = config_pending OR %(config_changed)s
WHERE id = %(id)s

-- name: allow_reenrolment
UPDATE devices SET reenrolment_allowed_until = %(until)s WHERE id = %(id)s AND decommissioned_at IS NULL
RETURNING id

-- name: decommission
-- The MAC address goes, so that the same hardware may enrol anew as another device; the credentials' row stays.
UPDATE devices
SET decommissioned_at = %(now)s, mac_address = NULL, status = 'offline', reenrolment_allowed_until = NULL,
    enrolment_nonce_hash = NULL, config_pending = false
WHERE id = %(id)s AND decommissioned_at IS NULL
RETURNING plant_id

-- name: broker_accounts
-- Every account that the broker should hold.
SELECT id, mqtt_username, mqtt_client_id, mqtt_password_hash FROM devices WHERE decommissioned_at IS NULL

-- name: pending_configs
-- Devices whose change of configuration the broker does not have yet.
SELECT id, report_interval_s, calibration FROM devices WHERE config_pending AND decommissioned_at IS NULL

-- name: config_sent
-- Unless it was changed again meanwhile.
UPDATE devices SET config_pending = false
WHERE id = %(id)s AND report_interval_s = %(report_interval_s)s AND calibration IS NOT DISTINCT FROM %(calibration)s
