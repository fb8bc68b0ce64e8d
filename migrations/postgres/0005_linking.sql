-- How shoppers sign in on the web, what they let others do in their name, and what they told about themselves.

CREATE TABLE logins (
    customer_id  TEXT COLLATE "C" PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    name         TEXT COLLATE "C" NOT NULL UNIQUE,
    hash         TEXT NOT NULL,
    tries        BIGINT NOT NULL DEFAULT 0,
    locked_until BIGINT
);

CREATE TABLE grants (
    id          TEXT COLLATE "C" PRIMARY KEY,
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    client      TEXT NOT NULL,
    identity    TEXT,
    created_at  BIGINT NOT NULL,
    revoked_at  BIGINT
);
CREATE INDEX grants_by_customer ON grants (customer_id);
CREATE INDEX grants_by_identity ON grants (identity);

CREATE TABLE grant_codes (
    hash       TEXT COLLATE "C" PRIMARY KEY,
    grant_id   TEXT COLLATE "C" NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    redirect   TEXT NOT NULL,
    challenge  TEXT,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX grant_codes_by_grant ON grant_codes (grant_id);

CREATE TABLE grant_tokens (
    hash       TEXT COLLATE "C" PRIMARY KEY,
    grant_id   TEXT COLLATE "C" NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL CHECK (kind IN ('access', 'refresh')),
    parent     TEXT,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX grant_tokens_by_grant ON grant_tokens (grant_id);

CREATE TABLE preferences (
    customer_id TEXT COLLATE "C" PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    body        TEXT NOT NULL
);
