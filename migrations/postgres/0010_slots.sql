-- Times at which orders are delivered: what the merchant offers every week, how much of each day's is taken, and the
-- one that a customer's next order is to come at.

CREATE TABLE delivery_windows (
    weekday  BIGINT NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    starts   TEXT COLLATE "C" NOT NULL,
    ends     TEXT COLLATE "C" NOT NULL,
    capacity BIGINT NOT NULL CHECK (capacity >= 0),
    cut_off  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (weekday, starts)
);

CREATE TABLE delivery_slots (
    day    TEXT COLLATE "C" NOT NULL,
    starts TEXT COLLATE "C" NOT NULL,
    taken  BIGINT NOT NULL CHECK (taken >= 0),
    PRIMARY KEY (day, starts)
);

CREATE TABLE held_slots (
    customer_id TEXT COLLATE "C" PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    slot        TEXT NOT NULL
);
