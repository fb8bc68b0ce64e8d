-- What all shoppers' orders teach: what is bought together, and what most buy. Derived, and made anew now and then.

-- One row: the generation that is read, and who is making the next one since when.
CREATE TABLE taste (
    id         BIGINT PRIMARY KEY CHECK (id = 1),
    generation BIGINT NOT NULL,
    baskets    BIGINT NOT NULL,
    popular    TEXT NOT NULL,
    begun_at   BIGINT NOT NULL
);
INSERT INTO taste (id, generation, baskets, popular, begun_at) VALUES (1, 0, 0, '[]', 0);

-- A new generation is written beside the old one in small steps, so that nobody waits for it.
CREATE TABLE companions (
    generation BIGINT NOT NULL,
    sku        TEXT COLLATE "C" NOT NULL,
    times      BIGINT NOT NULL,
    others     TEXT NOT NULL,
    PRIMARY KEY (generation, sku)
);
