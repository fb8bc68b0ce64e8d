-- The shop. Money is in minor units, times in milliseconds since 1970 (UTC), days as YYYY-MM-DD.

CREATE TABLE products (
    sku          TEXT PRIMARY KEY,
    title        TEXT NOT NULL,
    spoken_name  TEXT NOT NULL,
    description  TEXT NOT NULL,
    brand        TEXT,
    category     TEXT NOT NULL,                 -- JSON array, department first
    price        INTEGER NOT NULL CHECK (price >= 0),
    currency     TEXT NOT NULL,
    -- The check is the last line of defence: whatever the code does, nothing is sold twice.
    stock        INTEGER NOT NULL CHECK (stock >= 0),
    rating       INTEGER CHECK (rating BETWEEN 0 AND 50),
    rating_count INTEGER NOT NULL DEFAULT 0,
    released     TEXT,
    popularity   INTEGER NOT NULL DEFAULT 0,
    attributes   TEXT NOT NULL,                 -- JSON array of [name, value], in catalogue order
    image        TEXT
) STRICT;

-- One row: another random number with every change that the search index must follow.
CREATE TABLE catalogue (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO catalogue (id, version) VALUES (1, 0);

CREATE TABLE customers (
    id         TEXT PRIMARY KEY,
    name       TEXT,
    created_at INTEGER NOT NULL
) STRICT;

-- Who somebody is elsewhere (alexa:person:..., api:...) and who that is here.
CREATE TABLE identities (
    identity    TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX identities_by_customer ON identities (customer_id);

CREATE TABLE basket_lines (
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    sku         TEXT NOT NULL,
    quantity    INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    added_at    INTEGER NOT NULL,
    PRIMARY KEY (customer_id, sku)
) STRICT, WITHOUT ROWID;

CREATE TABLE quotes (
    id           TEXT PRIMARY KEY,
    customer_id  TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    origin       TEXT NOT NULL,
    lines        TEXT NOT NULL,                 -- JSON array of {sku, quantity, unit_price}
    total        INTEGER NOT NULL,
    currency     TEXT NOT NULL,
    expires_at   INTEGER NOT NULL,
    order_number TEXT                           -- set in the transaction that buys it
) STRICT;
CREATE INDEX quotes_by_expiry ON quotes (expires_at);

CREATE TABLE orders (
    number      TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    placed_at   INTEGER NOT NULL,
    status      TEXT NOT NULL,
    total       INTEGER NOT NULL,
    currency    TEXT NOT NULL,
    promised    TEXT,
    -- Imported orders have neither; an order bought here has both, and each can buy only once.
    quote_id    TEXT UNIQUE,
    request_id  TEXT,
    UNIQUE (customer_id, request_id)
) STRICT;
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at DESC);

-- An order remembers what it was about even when the product is gone, so there is no reference to products.
CREATE TABLE order_lines (
    order_number TEXT NOT NULL REFERENCES orders (number) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    sku          TEXT NOT NULL,
    spoken_name  TEXT NOT NULL,
    quantity     INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    unit_price   INTEGER NOT NULL,
    PRIMARY KEY (order_number, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE parcels (
    order_number    TEXT NOT NULL REFERENCES orders (number) ON DELETE CASCADE,
    position        INTEGER NOT NULL,
    status          TEXT NOT NULL,
    carrier         TEXT NOT NULL,
    tracking_number TEXT NOT NULL,
    contents        TEXT NOT NULL,              -- JSON array of [sku, spoken name, quantity]
    expected        TEXT,
    promised        TEXT,
    delivered_at    INTEGER,
    PRIMARY KEY (order_number, position)
) STRICT, WITHOUT ROWID;
