-- Who saw or changed what of a customer's data: no values, only kinds.

CREATE TABLE audit (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          BIGINT NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    door        TEXT NOT NULL,
    who         TEXT,
    what        TEXT NOT NULL
);
CREATE INDEX audit_by_customer ON audit (customer_id, at);
CREATE INDEX audit_by_age ON audit (at);
