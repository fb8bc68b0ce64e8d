-- Who is to be told when something is in stock again.

CREATE TABLE waits (
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    sku         TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    noticed_at  INTEGER,                        -- written to the outbox
    PRIMARY KEY (customer_id, sku)
) STRICT, WITHOUT ROWID;
CREATE INDEX waits_by_sku ON waits (sku) WHERE noticed_at IS NULL;
