-- Keys to the HTTP API. Only SHA-256 hashes: a copy of the database opens nothing.

CREATE TABLE api_keys (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at INTEGER NOT NULL,                -- milliseconds since 1970 (UTC)
    used_at    INTEGER,
    revoked_at INTEGER
) STRICT;
