-- Devices that lose their connection again and again, and the incident that tells of it.

-- devices/: the last wills that came of each device lately; only devices that ever lost a connection have a row.
CREATE TABLE connection_losses (
    device_id   text PRIMARY KEY REFERENCES devices ON DELETE CASCADE,
    since       timestamptz NOT NULL,          -- when the window of a minute that is counted now began
    losses      integer NOT NULL,              -- in that window
    last_at     timestamptz NOT NULL,
    flapping_at timestamptz                    -- when it last lost its connection too often; null: never
) WITH (fillfactor = 50);

-- incidents/: one open incident a device, as for what else ails a device.
ALTER TABLE alerts DROP CONSTRAINT alerts_kind_check;
ALTER TABLE alerts ADD CONSTRAINT alerts_kind_check
    CHECK (kind IN ('low','high','offline','sensor_fault','battery_low','light_low','flapping'));
DROP INDEX alerts_one_open;
CREATE UNIQUE INDEX alerts_one_open ON alerts (
    coalesce(plant_id, device_id, ''), kind,
    (CASE WHEN kind IN ('sensor_fault', 'battery_low', 'flapping') THEN coalesce(device_id, '')
          ELSE coalesce(metric, '') END))
    WHERE resolved_at IS NULL;
