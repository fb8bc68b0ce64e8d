-- Voice PINs. A try is counted before it is compared, so that no crash and no second caller tries for nothing.

CREATE TABLE pins (
    customer_id  TEXT PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    hash         TEXT NOT NULL,                 -- argon2id
    tries        INTEGER NOT NULL DEFAULT 0,    -- wrong ones in a row
    locked_until INTEGER
) STRICT;
