-- Waterings that the readings seem to show, and of which a person said that they were none.

-- plants/: a rise of the soil's moisture at this time is no watering, however often it is looked at.
CREATE TABLE waterings_taken_back (
    plant_id      text NOT NULL REFERENCES plants ON DELETE CASCADE,
    at            timestamptz NOT NULL,        -- of the watering that was taken back
    taken_back_at timestamptz NOT NULL,
    taken_back_by text NOT NULL,               -- username
    PRIMARY KEY (plant_id, at)
);
