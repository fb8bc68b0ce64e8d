-- What all shoppers' orders teach: what is bought together, and what most buy. Derived, and made anew now and then.

-- One row: the generation that is read, and who is making the next one since when.
CREATE TABLE taste (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL,
    baskets    INTEGER NOT NULL,
    popular    TEXT NOT NULL,                   -- JSON array of [sku, in how many baskets]
    begun_at   INTEGER NOT NULL
) STRICT;
INSERT INTO taste (id, generation, baskets, popular, begun_at) VALUES (1, 0, 0, '[]', 0);

-- A new generation is written beside the old one in small steps, so that nobody waits for it.
CREATE TABLE companions (
    generation INTEGER NOT NULL,
    sku        TEXT NOT NULL,
    times      INTEGER NOT NULL,                -- baskets that hold it
    others     TEXT NOT NULL,                   -- JSON array of [sku, confidence, baskets that hold it], surest first
    PRIMARY KEY (generation, sku)
) STRICT, WITHOUT ROWID;
