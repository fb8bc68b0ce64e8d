-- What was answered to a request that changed something, so that the same request again changes nothing.

CREATE TABLE idempotency (
    scope       TEXT NOT NULL,
    key         TEXT NOT NULL,
    outcome     TEXT NOT NULL,                  -- JSON, read only by whoever wrote it
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (recorded_at);
