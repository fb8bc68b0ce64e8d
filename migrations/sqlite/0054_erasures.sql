-- A shopper who wants to be forgotten is a case too. SQLite cannot widen a check, so the table is made anew.

CREATE TABLE cases_of_three_kinds (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (kind IN ('handover', 'complaint', 'erasure')),
    customer_id  TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    order_number TEXT,
    words        TEXT NOT NULL,                 -- the complaint, word for word; empty for the others
    conversation TEXT NOT NULL,                 -- JSON array of {shopper, shop}
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'taken', 'closed')),
    note         TEXT,
    opened_at    INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL
) STRICT;
INSERT INTO cases_of_three_kinds SELECT * FROM cases;
DROP TABLE cases;
ALTER TABLE cases_of_three_kinds RENAME TO cases;
CREATE INDEX cases_by_state ON cases (state, opened_at);
CREATE INDEX cases_by_customer ON cases (customer_id);
