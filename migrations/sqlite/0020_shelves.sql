-- What a customer wants but has not put into the basket: the shopping list, and what was saved for later.

CREATE TABLE shelf_items (
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    shelf       TEXT NOT NULL CHECK (shelf IN ('list', 'saved')),
    name        TEXT NOT NULL,                  -- the shopper's words, or the product's spoken name
    amount      TEXT NOT NULL,                  -- JSON: {"Count": 2} or {"Pieces": 12}
    sku         TEXT,
    added_at    INTEGER NOT NULL,
    PRIMARY KEY (customer_id, shelf, name)
) STRICT, WITHOUT ROWID;
