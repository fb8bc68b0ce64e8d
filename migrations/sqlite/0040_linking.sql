-- How shoppers sign in on the web, and what they let others do in their name. Codes and tokens are kept as SHA-256 only.

CREATE TABLE logins (
    customer_id  TEXT PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    name         TEXT NOT NULL UNIQUE,          -- lower case
    hash         TEXT NOT NULL,                 -- argon2id
    tries        INTEGER NOT NULL DEFAULT 0,    -- wrong ones in a row
    locked_until INTEGER
) STRICT;

-- One sign-in for one client: all tokens that came of it live and die together.
CREATE TABLE grants (
    id          TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    client      TEXT NOT NULL,
    identity    TEXT,                           -- who carries it, once seen: alexa:user:...
    created_at  INTEGER NOT NULL,
    revoked_at  INTEGER
) STRICT;
CREATE INDEX grants_by_customer ON grants (customer_id);
CREATE INDEX grants_by_identity ON grants (identity);

CREATE TABLE grant_codes (
    hash       TEXT PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    redirect   TEXT NOT NULL,
    challenge  TEXT,                            -- PKCE, S256
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;
CREATE INDEX grant_codes_by_grant ON grant_codes (grant_id);

CREATE TABLE grant_tokens (
    hash       TEXT PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL CHECK (kind IN ('access', 'refresh')),
    parent     TEXT,                            -- the refresh token that it was given for
    expires_at INTEGER NOT NULL,
    used_at    INTEGER                          -- refresh tokens: when another was given for it
) STRICT;
CREATE INDEX grant_tokens_by_grant ON grant_tokens (grant_id);
