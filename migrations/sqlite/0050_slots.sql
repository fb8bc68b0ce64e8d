-- Times at which orders are delivered: what the merchant offers every week, how much of each day's is taken, and the
-- one that a customer's next order is to come at.

CREATE TABLE delivery_windows (
    weekday  INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),   -- Monday is 1
    starts   TEXT NOT NULL,                     -- HH:MM on the shop's clock
    ends     TEXT NOT NULL,
    capacity INTEGER NOT NULL CHECK (capacity >= 0),
    cut_off  INTEGER NOT NULL DEFAULT 0,        -- minutes before its start from which on it is closed
    PRIMARY KEY (weekday, starts)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery_slots (
    day    TEXT NOT NULL,
    starts TEXT NOT NULL,
    taken  INTEGER NOT NULL CHECK (taken >= 0),
    PRIMARY KEY (day, starts)
) STRICT, WITHOUT ROWID;

CREATE TABLE held_slots (
    customer_id TEXT PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    slot        TEXT NOT NULL                   -- JSON: {day, from, to}
) STRICT, WITHOUT ROWID;
