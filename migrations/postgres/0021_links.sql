-- One profile over all doors: codes that are asked for at one door and said at another.

-- One row, made with the first code: codes are looked up by their hash, so all have one salt.
CREATE TABLE link_salt (
    id   BIGINT PRIMARY KEY CHECK (id = 1),
    salt TEXT NOT NULL
);

CREATE TABLE link_codes (
    customer_id TEXT COLLATE "C" PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    hash        TEXT COLLATE "C" NOT NULL UNIQUE,
    expires_at  BIGINT NOT NULL,
    said_by     TEXT COLLATE "C" UNIQUE REFERENCES customers (id) ON DELETE SET NULL
);

CREATE TABLE link_tries (
    customer_id TEXT COLLATE "C" PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    tries       BIGINT NOT NULL,
    until       BIGINT NOT NULL
);
CREATE INDEX link_tries_by_time ON link_tries (until);

CREATE TABLE joined_customers (
    joined      TEXT COLLATE "C" PRIMARY KEY,
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    joined_at   BIGINT NOT NULL
);
CREATE INDEX joined_by_customer ON joined_customers (customer_id);
