-- After the sale: what goes back, what a person is to look into, what other systems are to be told, and who is to be
-- told when something is in stock again.

ALTER TABLE customers ADD COLUMN email TEXT;

CREATE TABLE returns (
    id           TEXT COLLATE "C" PRIMARY KEY,
    order_number TEXT COLLATE "C" NOT NULL REFERENCES orders (number) ON DELETE CASCADE,
    sku          TEXT COLLATE "C" NOT NULL,
    spoken_name  TEXT NOT NULL,
    quantity     BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    refund       BIGINT NOT NULL,
    reason       TEXT NOT NULL,
    pickup       TEXT,
    state        TEXT NOT NULL CHECK (state IN ('awaited', 'received', 'paid')),
    due          TEXT NOT NULL,
    opened_at    BIGINT NOT NULL
);
CREATE INDEX returns_by_order ON returns (order_number);

CREATE TABLE cases (
    id           TEXT COLLATE "C" PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (kind IN ('handover', 'complaint')),
    customer_id  TEXT COLLATE "C" NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    order_number TEXT,
    words        TEXT NOT NULL,
    conversation TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'taken', 'closed')),
    note         TEXT,
    opened_at    BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL
);
CREATE INDEX cases_by_state ON cases (state, opened_at);
CREATE INDEX cases_by_customer ON cases (customer_id);

CREATE TABLE outbox (
    id          TEXT COLLATE "C" PRIMARY KEY,
    kind        TEXT NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    body        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    tries       BIGINT NOT NULL DEFAULT 0,
    next_at     BIGINT NOT NULL,
    sent_at     BIGINT
);
CREATE INDEX outbox_waiting ON outbox (next_at) WHERE sent_at IS NULL;
CREATE INDEX outbox_by_customer ON outbox (customer_id);

CREATE TABLE waits (
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    sku         TEXT COLLATE "C" NOT NULL,
    asked_at    BIGINT NOT NULL,
    noticed_at  BIGINT,
    PRIMARY KEY (customer_id, sku)
);
CREATE INDEX waits_by_sku ON waits (sku) WHERE noticed_at IS NULL;
