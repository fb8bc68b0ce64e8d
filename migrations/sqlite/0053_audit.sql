-- Who saw or changed what of a customer's data: no values, only kinds. It outlives the customer's row, so that nobody
-- can erase their traces by erasing the customer; the id alone is replaced then.

CREATE TABLE audit (
    id          INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    customer_id TEXT NOT NULL,
    door        TEXT NOT NULL,                  -- text, voice, stream, alexa, wyoming, admin, api, cli, server
    who         TEXT,                           -- the API key's name; none where the shopper spoke
    what        TEXT NOT NULL                   -- such as orders.seen
) STRICT;
CREATE INDEX audit_by_customer ON audit (customer_id, at);
CREATE INDEX audit_by_age ON audit (at);
