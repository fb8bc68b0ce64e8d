-- After the sale: what goes back, what a person is to look into, and what other systems are to be told.

ALTER TABLE customers ADD COLUMN email TEXT;

CREATE TABLE returns (
    id           TEXT PRIMARY KEY,
    order_number TEXT NOT NULL REFERENCES orders (number) ON DELETE CASCADE,
    sku          TEXT NOT NULL,
    spoken_name  TEXT NOT NULL,
    quantity     INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    refund       INTEGER NOT NULL,              -- minor units of the order's currency
    reason       TEXT NOT NULL,
    pickup       TEXT,                          -- the day a driver comes; none with a label
    state        TEXT NOT NULL CHECK (state IN ('awaited', 'received', 'paid')),
    due          TEXT NOT NULL,                 -- the day by which the money is back
    opened_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX returns_by_order ON returns (order_number);

-- What a person of the shop's is to look into.
CREATE TABLE cases (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (kind IN ('handover', 'complaint')),
    customer_id  TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    order_number TEXT,
    words        TEXT NOT NULL,                 -- the complaint, word for word; empty for a hand-over
    conversation TEXT NOT NULL,                 -- JSON array of {shopper, shop}
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'taken', 'closed')),
    note         TEXT,
    opened_at    INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX cases_by_state ON cases (state, opened_at);

-- Written in the transaction of what it tells of, and sent later, until it is taken.
CREATE TABLE outbox (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,                  -- invoice, return_opened, handover, complaint
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    body        TEXT NOT NULL,                  -- JSON
    created_at  INTEGER NOT NULL,
    tries       INTEGER NOT NULL DEFAULT 0,
    next_at     INTEGER NOT NULL,
    sent_at     INTEGER
) STRICT;
CREATE INDEX outbox_waiting ON outbox (next_at) WHERE sent_at IS NULL;
