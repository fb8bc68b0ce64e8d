-- Who lent the address called 'alexa' to a customer: the device's account, which can take it back.
CREATE TABLE lent_addresses (
    lender      TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    PRIMARY KEY (lender, customer_id)
);
