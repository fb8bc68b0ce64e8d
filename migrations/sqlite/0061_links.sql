-- One profile over all doors: codes that are asked for at one door and said at another.

-- One row, made with the first code: codes are looked up by their hash, so all have one salt.
CREATE TABLE link_salt (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    salt TEXT NOT NULL
) STRICT;

CREATE TABLE link_codes (
    customer_id TEXT PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    hash        TEXT NOT NULL UNIQUE,
    expires_at  INTEGER NOT NULL,
    -- Who said it, and has not yet said yes.
    said_by     TEXT UNIQUE REFERENCES customers (id) ON DELETE SET NULL
) STRICT;

CREATE TABLE link_tries (
    customer_id TEXT PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    tries       INTEGER NOT NULL,
    until       INTEGER NOT NULL
) STRICT;
CREATE INDEX link_tries_by_time ON link_tries (until);

-- Who somebody was before, and since when that is one: for whoever asks how an order came to be theirs.
CREATE TABLE joined_customers (
    joined      TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    joined_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX joined_by_customer ON joined_customers (customer_id);
