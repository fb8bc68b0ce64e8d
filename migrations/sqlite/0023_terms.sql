-- What an order costs beside its goods, and where it goes.

CREATE TABLE addresses (
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    label       TEXT NOT NULL,                  -- as the shopper says it: home, office
    line        TEXT NOT NULL,                  -- as it is read out
    chosen      INTEGER NOT NULL DEFAULT 0 CHECK (chosen IN (0, 1)),
    PRIMARY KEY (customer_id, label)
) STRICT, WITHOUT ROWID;

CREATE TABLE coupons (
    code    TEXT PRIMARY KEY,                   -- capital letters and digits
    percent INTEGER NOT NULL CHECK (percent BETWEEN 1 AND 100),
    least   INTEGER NOT NULL DEFAULT 0,         -- goods for so much at least, in minor units
    until   TEXT                                -- the last day
) STRICT, WITHOUT ROWID;

-- The coupon that a customer's next order is to use.
CREATE TABLE held_coupons (
    customer_id TEXT PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    code        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- JSON: delivery, tax, discount with its coupon, address; none of them in what was imported.
ALTER TABLE quotes ADD COLUMN extras TEXT NOT NULL DEFAULT '{}';
ALTER TABLE orders ADD COLUMN extras TEXT NOT NULL DEFAULT '{}';
