-- The shop. Money is in minor units, times in milliseconds since 1970 (UTC), days as YYYY-MM-DD. What it means is told
-- in the migrations of SQLite, which has the same tables. Keys are compared byte by byte, as SQLite does it.

CREATE TABLE products (
    sku          TEXT COLLATE "C" PRIMARY KEY,
    title        TEXT NOT NULL,
    spoken_name  TEXT NOT NULL,
    description  TEXT NOT NULL,
    brand        TEXT,
    category     TEXT NOT NULL,
    price        BIGINT NOT NULL CHECK (price >= 0),
    currency     TEXT NOT NULL,
    stock        BIGINT NOT NULL CHECK (stock >= 0),
    rating       BIGINT CHECK (rating BETWEEN 0 AND 50),
    rating_count BIGINT NOT NULL DEFAULT 0,
    released     TEXT,
    popularity   BIGINT NOT NULL DEFAULT 0,
    attributes   TEXT NOT NULL,
    image        TEXT
);

CREATE TABLE catalogue (
    id      BIGINT PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);
INSERT INTO catalogue (id, version) VALUES (1, 0);

CREATE TABLE customers (
    id         TEXT COLLATE "C" PRIMARY KEY,
    name       TEXT,
    created_at BIGINT NOT NULL
);

CREATE TABLE identities (
    identity    TEXT COLLATE "C" PRIMARY KEY,
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id) ON DELETE CASCADE
);
CREATE INDEX identities_by_customer ON identities (customer_id);

CREATE TABLE basket_lines (
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    sku         TEXT COLLATE "C" NOT NULL,
    quantity    BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    added_at    BIGINT NOT NULL,
    PRIMARY KEY (customer_id, sku)
);

CREATE TABLE quotes (
    id           TEXT COLLATE "C" PRIMARY KEY,
    customer_id  TEXT COLLATE "C" NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    origin       TEXT NOT NULL,
    lines        TEXT NOT NULL,
    total        BIGINT NOT NULL,
    currency     TEXT NOT NULL,
    expires_at   BIGINT NOT NULL,
    order_number TEXT,
    extras       TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX quotes_by_expiry ON quotes (expires_at);
CREATE INDEX quotes_by_customer ON quotes (customer_id);

CREATE TABLE orders (
    number      TEXT COLLATE "C" PRIMARY KEY,
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    placed_at   BIGINT NOT NULL,
    status      TEXT NOT NULL,
    total       BIGINT NOT NULL,
    currency    TEXT NOT NULL,
    promised    TEXT,
    quote_id    TEXT COLLATE "C" UNIQUE,
    request_id  TEXT COLLATE "C",
    extras      TEXT NOT NULL DEFAULT '{}',
    UNIQUE (customer_id, request_id)
);
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at DESC);

CREATE TABLE order_lines (
    order_number TEXT COLLATE "C" NOT NULL REFERENCES orders (number) ON DELETE CASCADE,
    position     BIGINT NOT NULL,
    sku          TEXT COLLATE "C" NOT NULL,
    spoken_name  TEXT NOT NULL,
    quantity     BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    unit_price   BIGINT NOT NULL,
    PRIMARY KEY (order_number, position)
);

CREATE TABLE parcels (
    order_number    TEXT COLLATE "C" NOT NULL REFERENCES orders (number) ON DELETE CASCADE,
    position        BIGINT NOT NULL,
    status          TEXT NOT NULL,
    carrier         TEXT NOT NULL,
    tracking_number TEXT NOT NULL,
    contents        TEXT NOT NULL,
    expected        TEXT,
    promised        TEXT,
    delivered_at    BIGINT,
    PRIMARY KEY (order_number, position)
);

CREATE TABLE idempotency (
    scope       TEXT COLLATE "C" NOT NULL,
    key         TEXT COLLATE "C" NOT NULL,
    outcome     TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_by_age ON idempotency (recorded_at);

CREATE TABLE api_keys (
    id         TEXT COLLATE "C" PRIMARY KEY,
    name       TEXT NOT NULL,
    hash       BYTEA NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at BIGINT NOT NULL,
    used_at    BIGINT,
    revoked_at BIGINT
);

CREATE TABLE shelf_items (
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    shelf       TEXT NOT NULL CHECK (shelf IN ('list', 'saved')),
    name        TEXT COLLATE "C" NOT NULL,
    amount      TEXT NOT NULL,
    sku         TEXT COLLATE "C",
    added_at    BIGINT NOT NULL,
    PRIMARY KEY (customer_id, shelf, name)
);

CREATE TABLE purchases (
    quote_id    TEXT COLLATE "C" PRIMARY KEY,
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id),
    request_id  TEXT COLLATE "C" NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('reserved', 'bought', 'released', 'refunding', 'refunded')),
    amount      BIGINT NOT NULL,
    currency    TEXT NOT NULL,
    reference   TEXT,
    begun_at    BIGINT NOT NULL,
    UNIQUE (customer_id, request_id)
);
CREATE INDEX purchases_unfinished ON purchases (begun_at) WHERE state IN ('reserved', 'refunding');

CREATE TABLE pins (
    customer_id  TEXT COLLATE "C" PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    hash         TEXT NOT NULL,
    tries        BIGINT NOT NULL DEFAULT 0,
    locked_until BIGINT
);

CREATE TABLE addresses (
    customer_id TEXT COLLATE "C" NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    label       TEXT COLLATE "C" NOT NULL,
    line        TEXT NOT NULL,
    chosen      BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (customer_id, label)
);

CREATE TABLE coupons (
    code    TEXT COLLATE "C" PRIMARY KEY,
    percent BIGINT NOT NULL CHECK (percent BETWEEN 1 AND 100),
    least   BIGINT NOT NULL DEFAULT 0,
    until   TEXT
);

CREATE TABLE held_coupons (
    customer_id TEXT COLLATE "C" PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    code        TEXT NOT NULL
);
