-- The first schema: every table of the design, each owned by the one room named in its comment.
-- Runs inside one transaction under the migration lock.

-- plants/ ------------------------------------------------------------------------------------------
CREATE TABLE plants (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    species     text,
    location    text,
    notes       text,
    thresholds  jsonb NOT NULL DEFAULT '{}',   -- limits that a person set: {metric: {min, max, source, set_at, set_by}}
    species_limits jsonb,                      -- of a species that does not ship: {limits, origin, fetched_at}
    created_at  timestamptz NOT NULL DEFAULT now(),
    archived_at timestamptz
);

-- One row per plant, kept by the ingest transaction and by the worker, so that the dashboard is one
-- indexed read whatever the history holds. value and at per metric: the newest trusted reading.
CREATE TABLE plant_state (
    plant_id            text PRIMARY KEY REFERENCES plants ON DELETE CASCADE,
    soil_moisture       real, soil_moisture_at timestamptz,
    temperature         real, temperature_at   timestamptz,
    humidity            real, humidity_at      timestamptz,
    light_level         real, light_level_at   timestamptz,
    conductivity        real, conductivity_at  timestamptz,
    battery             real, battery_at       timestamptz,
    rssi                real, rssi_at          timestamptz,
    last_reading_at     timestamptz,           -- newest trusted reading
    expected_interval_s real,                  -- widest interval that its devices keep, s
    health              text NOT NULL DEFAULT 'unknown' CHECK (health IN ('ok','attention','critical','unknown')),
    trust               text NOT NULL DEFAULT 'none' CHECK (trust IN ('fresh','late','asleep','offline','faulty','none')),
    open_incidents      integer NOT NULL DEFAULT 0,
    faulty              boolean NOT NULL DEFAULT false,  -- the newest soil reading shows a sensor fault
    updated_at          timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);                      -- every batch updates these rows in place

CREATE TABLE waterings (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plant_id        text NOT NULL REFERENCES plants ON DELETE CASCADE,
    at              timestamptz NOT NULL,
    source          text NOT NULL CHECK (source IN ('detected','logged')),
    amount_ml       real,
    moisture_before real,
    moisture_after  real,
    note            text
);
CREATE INDEX waterings_plant_at ON waterings (plant_id, at DESC);

-- When each plant will be dry, kept by the worker for the cards; without at and plus_minus_h it abstains, and says why.
CREATE TABLE forecasts (
    plant_id     text PRIMARY KEY REFERENCES plants ON DELETE CASCADE,
    due_at       timestamptz NOT NULL,         -- when it is to be made anew
    made_at      timestamptz,
    at           timestamptz,
    plus_minus_h real,
    reason       text
);
CREATE INDEX forecasts_due ON forecasts (due_at);

-- Species that do not ship with the product, as they were fetched; ids begin with their origin.
CREATE TABLE species_fetched (
    id         text PRIMARY KEY,
    names      text[] NOT NULL,                -- every name as names are compared
    data       jsonb NOT NULL,
    fetched_at timestamptz NOT NULL
);

-- devices/ -----------------------------------------------------------------------------------------
CREATE TABLE devices (
    id                  text PRIMARY KEY,
    mac_address         text UNIQUE,           -- null once decommissioned, so that the hardware may enrol anew
    mqtt_username       text NOT NULL UNIQUE,
    mqtt_client_id      text NOT NULL UNIQUE,  -- the broker binds the account to it; new at each enrolment
    mqtt_password_hash  text NOT NULL,         -- $7$iterations$salt$hash: Mosquitto's own PBKDF2-SHA512 form
    plant_id            text REFERENCES plants ON DELETE SET NULL,
    status              text NOT NULL DEFAULT 'provisioning'
                        CHECK (status IN ('provisioning','online','offline','sleeping')),
    firmware_version    text NOT NULL DEFAULT '',
    sensor_types        jsonb NOT NULL DEFAULT '[]',
    last_seen_at        timestamptz,
    last_reading_at     timestamptz,           -- newest stored reading time
    last_live_at        timestamptz,           -- the same, if that one came live; null after back-fill
    created_at          timestamptz NOT NULL DEFAULT now(),
    name                text,
    report_interval_s   integer NOT NULL DEFAULT 600,
    observed_interval_s real,                  -- running estimate of the interval it keeps, s
    observed_intervals  integer NOT NULL DEFAULT 0,  -- how many intervals that estimate has seen
    -- What lateness is judged by: what it declared until it has shown what it keeps; never under a minute unless
    -- it declared less, so that a device that is tried out by hand is not called silent after a few seconds.
    expected_interval_s real NOT NULL GENERATED ALWAYS AS (
        CASE WHEN observed_intervals >= 8 THEN greatest(observed_interval_s, least(report_interval_s, 60)::real)
             ELSE greatest(observed_interval_s, report_interval_s::real) END) STORED,
    next_wake_at        timestamptz,           -- announced by next_in_s
    calibration         jsonb,                 -- {dry, wet} raw counts; null = the probe sends %
    config_pending      boolean NOT NULL DEFAULT false,  -- changed, and the broker does not have it yet
    battery             real,
    rssi                real,
    reenrolment_allowed_until timestamptz,
    enrolment_nonce_hash text,                 -- token + nonce of the newest registration, for a lost answer
    enrolled_at         timestamptz NOT NULL DEFAULT now(),
    decommissioned_at   timestamptz
);
CREATE INDEX devices_plant ON devices (plant_id) WHERE decommissioned_at IS NULL;

CREATE TABLE enrolment_tokens (
    id           text PRIMARY KEY,
    name         text NOT NULL,
    token_hash   bytea NOT NULL UNIQUE,        -- SHA-256; the token is 256 random bits
    uses_left    integer NOT NULL,
    created_by   text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    last_used_at timestamptz
);

CREATE TABLE pairing_windows (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    opened_at timestamptz NOT NULL DEFAULT now(),
    until     timestamptz NOT NULL,
    opened_by text NOT NULL
);

-- telemetry/ ---------------------------------------------------------------------------------------
-- Where the extension is present a hypertable of 7-day chunks, elsewhere native range partitions of a week.
DO $$
DECLARE
    columns text := '
        time          timestamptz NOT NULL,
        device_id     text NOT NULL,
        plant_id      text,                    -- what the device was tied to when the reading arrived
        soil_moisture real,
        temperature   real,
        humidity      real,
        light_level   real,
        conductivity  real,
        battery       real,
        rssi          real,
        soil_raw      real,                    -- as it came, before calibration
        boot          bigint,
        seq           bigint,
        received_at   timestamptz NOT NULL,
        flags         integer NOT NULL DEFAULT 0';
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        EXECUTE format('CREATE TABLE telemetry (%s)', columns);
        PERFORM create_hypertable('telemetry', 'time', chunk_time_interval => interval '7 days',
                                  create_default_indexes => false);
    ELSE
        EXECUTE format('CREATE TABLE telemetry (%s) PARTITION BY RANGE (time)', columns);
    END IF;
END $$;
CREATE UNIQUE INDEX telemetry_device_time ON telemetry (device_id, time);
CREATE INDEX telemetry_plant_time ON telemetry (plant_id, time DESC);
-- Rows arrive in received_at order: BRIN finds "what came since the last roll-up" for a few pages.
CREATE INDEX telemetry_received ON telemetry USING brin (received_at) WITH (pages_per_range = 16);

-- What the fault detectors remember of a device's sensors between two readings: a few dozen numbers (telemetry/faults.py).
CREATE TABLE sensor_state (
    device_id text PRIMARY KEY,
    state     bytea NOT NULL
) WITH (fillfactor = 50);

-- Identity of readings of devices without a clock: a redelivery of the same pair adds nothing.
CREATE TABLE telemetry_sequences (
    device_id text NOT NULL,
    boot      bigint NOT NULL,
    seq       bigint NOT NULL,
    seen_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (device_id, boot, seq)
);
CREATE INDEX telemetry_sequences_seen ON telemetry_sequences USING brin (seen_at);

CREATE TABLE rejected_packets (
    device_id text NOT NULL,                   -- from the topic; may name a device that does not exist
    reason    text NOT NULL,
    count     bigint NOT NULL,
    sample    text NOT NULL,
    last_at   timestamptz NOT NULL,
    PRIMARY KEY (device_id, reason)
);

-- Roll-ups: n is the number of trusted readings, and per metric min, mean, max, count. The half-hourly one
-- feeds the 24-h sparkline of a card, the hourly one charts longer than a week.
CREATE TABLE telemetry_half_hourly (
    plant_id text NOT NULL,
    bucket   timestamptz NOT NULL,
    soil_moisture_min real, soil_moisture_mean real, soil_moisture_max real, soil_moisture_count integer NOT NULL,
    temperature_min   real, temperature_mean   real, temperature_max   real, temperature_count   integer NOT NULL,
    humidity_min      real, humidity_mean      real, humidity_max      real, humidity_count      integer NOT NULL,
    light_level_min   real, light_level_mean   real, light_level_max   real, light_level_count   integer NOT NULL,
    conductivity_min  real, conductivity_mean  real, conductivity_max  real, conductivity_count  integer NOT NULL,
    PRIMARY KEY (plant_id, bucket)
);
CREATE TABLE telemetry_hourly (LIKE telemetry_half_hourly INCLUDING ALL);

CREATE TABLE rollup_progress (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    received_at timestamptz NOT NULL,          -- everything received before this is rolled up
    revision    bigint NOT NULL DEFAULT 0      -- counts the changes of both roll-ups: readers may keep what they read
);
INSERT INTO rollup_progress (received_at) VALUES ('-infinity');

CREATE TABLE soil_progress (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    received_at timestamptz NOT NULL           -- soil readings received before this were looked at for waterings
);
INSERT INTO soil_progress (received_at) VALUES ('epoch');

-- incidents/ ---------------------------------------------------------------------------------------
CREATE TABLE alerts (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plant_id      text REFERENCES plants ON DELETE CASCADE,
    device_id     text,
    metric        text,
    kind          text NOT NULL CHECK (kind IN ('low','high','offline','sensor_fault','battery_low','light_low')),
    severity      text NOT NULL CHECK (severity IN ('warning','critical')),
    value         real,
    threshold     real,
    opened_at     timestamptz NOT NULL,        -- since when the breach holds, by the readings' own time
    created_at    timestamptz NOT NULL DEFAULT now(),
    sent_at       timestamptz,
    acked_at      timestamptz,
    acked_by      text,
    snoozed_until timestamptz,
    resolved_at   timestamptz,
    resolution    text,
    detail        text,                        -- what exactly is wrong, in words, where metric and kind do not say it
    faults        text[] NOT NULL DEFAULT '{}', -- sensor_fault: the faults that go on, each "metric:fault"
    in_maintenance boolean NOT NULL DEFAULT false  -- opened while nothing was to be told
);
-- One open incident per plant (or per device without one), kind, and metric or, for what ails a device, device;
-- whatever happens concurrently.
CREATE UNIQUE INDEX alerts_one_open ON alerts (
    coalesce(plant_id, device_id, ''), kind,
    (CASE WHEN kind IN ('sensor_fault', 'battery_low') THEN coalesce(device_id, '') ELSE coalesce(metric, '') END))
    WHERE resolved_at IS NULL;
CREATE INDEX alerts_open_device ON alerts (device_id) WHERE resolved_at IS NULL AND device_id IS NOT NULL;
CREATE INDEX alerts_over ON alerts (plant_id, resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX alerts_resolved ON alerts (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX alerts_plant ON alerts (plant_id, opened_at DESC);
CREATE INDEX alerts_outages ON alerts (resolved_at) WHERE kind = 'offline' AND plant_id IS NULL AND device_id IS NULL;

-- A breach that is being watched and may become an incident: since when, over how many readings.
CREATE TABLE breaches (
    plant_id   text NOT NULL REFERENCES plants ON DELETE CASCADE,
    metric     text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('low','high')),
    since      timestamptz NOT NULL,
    readings   integer NOT NULL,
    last_at    timestamptz NOT NULL,
    last_value real NOT NULL,
    PRIMARY KEY (plant_id, metric)             -- a value is not too low and too high at once
) WITH (fillfactor = 50);

CREATE TABLE notifications (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id        bigint NOT NULL REFERENCES alerts ON DELETE CASCADE,
    channel         text NOT NULL,
    subject         text NOT NULL DEFAULT '',  -- plant, else device: order is kept per channel and subject
    event           text NOT NULL CHECK (event IN ('opened','changed','resolved','repeat')),
    payload         jsonb NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    next_attempt_at timestamptz DEFAULT now(), -- null: delivered, or given up (see last_error)
    claimed_until   timestamptz,               -- a deliverer holds it until then
    delivered_at    timestamptz,
    held            boolean NOT NULL DEFAULT false,  -- waits for its time (quiet hours, snooze), and blocks nothing
    last_error      text,
    external_id     text                       -- the channel's own id of the message, for edits
);
CREATE INDEX notifications_pending ON notifications (channel, subject, id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX notifications_alert ON notifications (alert_id);
CREATE INDEX notifications_external ON notifications (external_id) WHERE external_id IS NOT NULL;

-- Every attempt to deliver, kept for 90 days: what was sent where and what the service answered.
CREATE TABLE delivery_attempts (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id bigint NOT NULL REFERENCES alerts ON DELETE CASCADE,
    channel  text NOT NULL,
    event    text NOT NULL,
    at       timestamptz NOT NULL,
    outcome  text NOT NULL,                    -- sent, later, refused, invalid
    status   integer,                          -- HTTP status; null: no answer, or no HTTP
    error    text                              -- a sentence without secrets; null when sent
);
CREATE INDEX delivery_attempts_alert ON delivery_attempts (alert_id, id);
CREATE INDEX delivery_attempts_at ON delivery_attempts USING brin (at);

-- Until when nothing is told, about one plant or (plant_id null) about anything.
CREATE TABLE maintenance (
    plant_id text REFERENCES plants ON DELETE CASCADE,
    until    timestamptz NOT NULL,
    note     text,
    set_by   text NOT NULL,
    set_at   timestamptz NOT NULL
);
CREATE UNIQUE INDEX maintenance_scope ON maintenance (coalesce(plant_id, ''));

-- advisor/ -----------------------------------------------------------------------------------------
CREATE TABLE care_plans (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plant_id       text NOT NULL REFERENCES plants ON DELETE CASCADE,
    plan_data      jsonb NOT NULL,
    facts          jsonb NOT NULL DEFAULT '[]',   -- those that the plan cites, as they were
    generated_at   timestamptz NOT NULL DEFAULT now(),
    source         text NOT NULL,
    source_reason  text,
    model          text,
    prompt_version text,
    inputs_hash    text,
    tokens_in      integer,
    tokens_out     integer,
    cost_usd       numeric(12,6),
    feedback       text
);
CREATE INDEX care_plans_plant ON care_plans (plant_id, generated_at DESC);

CREATE TABLE llm_calls (                       -- what asking a model cost: the caps count these
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL,
    plant_id     text NOT NULL,
    provider     text NOT NULL,
    model        text NOT NULL,
    reserved_usd numeric(12,6) NOT NULL,       -- the most that it can cost
    cost_usd     numeric(12,6),                -- null: under way, or its process died; reserved_usd counts
    tokens_in    integer,
    tokens_out   integer,
    outcome      text                          -- ok, or the kind of failure
);
CREATE INDEX llm_calls_at ON llm_calls (at);

-- access/ ------------------------------------------------------------------------------------------
CREATE TABLE users (
    id            text PRIMARY KEY,
    username      text NOT NULL UNIQUE,
    password_hash text,                        -- Argon2id; null: this user has no password
    role          text NOT NULL CHECK (role IN ('viewer','operator','admin')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    last_login_at timestamptz
);

CREATE TABLE ssh_keys (
    id           text PRIMARY KEY,
    user_id      text NOT NULL REFERENCES users ON DELETE CASCADE,
    key_type     text NOT NULL,
    key_data     bytea NOT NULL,               -- as SSH sends it
    fingerprint  text NOT NULL UNIQUE,         -- SHA256:…; a key has one user only
    comment      text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz
);

CREATE TABLE api_tokens (
    id           text PRIMARY KEY,
    user_id      text NOT NULL REFERENCES users ON DELETE CASCADE,
    name         text NOT NULL,
    token_hash   bytea NOT NULL UNIQUE,        -- SHA-256; the token is 256 random bits
    role         text NOT NULL CHECK (role IN ('viewer','operator','admin')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    ssh_key_id   text REFERENCES ssh_keys ON DELETE CASCADE   -- the key that opened this session; null: a token of its own
);

CREATE TABLE sessions (
    token_hash   bytea PRIMARY KEY,
    user_id      text NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL
);

CREATE TABLE login_links (
    token_hash bytea PRIMARY KEY,              -- one-time: the row goes with its first use
    user_id    text NOT NULL REFERENCES users ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

-- store/ -------------------------------------------------------------------------------------------
CREATE TABLE settings (
    key        text PRIMARY KEY,
    value      jsonb NOT NULL,                 -- secrets inside are sealed (AEAD, key outside the database)
    updated_at timestamptz NOT NULL DEFAULT now()
);
