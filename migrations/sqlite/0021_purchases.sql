-- A yes on its way to being an order: reserved -> bought -> refunding -> refunded, or reserved -> released.
-- The offer's id is the key under which the payment gateway takes money once.

CREATE TABLE purchases (
    quote_id    TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    request_id  TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('reserved', 'bought', 'released', 'refunding', 'refunded')),
    amount      INTEGER NOT NULL,
    currency    TEXT NOT NULL,
    reference   TEXT,                           -- the gateway's own name for the charge; none where an invoice asks for it
    begun_at    INTEGER NOT NULL,
    UNIQUE (customer_id, request_id)
) STRICT;
CREATE INDEX purchases_unfinished ON purchases (begun_at) WHERE state IN ('reserved', 'refunding');
