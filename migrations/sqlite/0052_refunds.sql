-- A return goes on: awaited -> received -> refunding -> paid, or refused. SQLite cannot widen a check, so the table is
-- made anew.

CREATE TABLE returns_moved_on (
    id           TEXT PRIMARY KEY,
    order_number TEXT NOT NULL REFERENCES orders (number) ON DELETE CASCADE,
    sku          TEXT NOT NULL,
    spoken_name  TEXT NOT NULL,
    quantity     INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    refund       INTEGER NOT NULL,              -- minor units of the order's currency
    reason       TEXT NOT NULL,
    pickup       TEXT,                          -- the day a driver comes; none with a label
    state        TEXT NOT NULL CHECK (state IN ('awaited', 'received', 'refunding', 'paid', 'refused')),
    due          TEXT NOT NULL,                 -- the day by which the money is back
    opened_at    INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,
    restocked    INTEGER NOT NULL DEFAULT 0 CHECK (restocked IN (0, 1)),
    note         TEXT                           -- why it was refused, or what the gateway said
) STRICT;
INSERT INTO returns_moved_on (id, order_number, sku, spoken_name, quantity, refund, reason, pickup, state, due, opened_at, changed_at)
SELECT id, order_number, sku, spoken_name, quantity, refund, reason, pickup, state, due, opened_at, opened_at FROM returns;
DROP TABLE returns;
ALTER TABLE returns_moved_on RENAME TO returns;
CREATE INDEX returns_by_order ON returns (order_number);
CREATE INDEX returns_by_state ON returns (state, opened_at);
