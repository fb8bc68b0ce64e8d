-- What a customer told the shop about themselves; one JSON document a customer.

CREATE TABLE preferences (
    customer_id TEXT PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    body        TEXT NOT NULL
) STRICT;
