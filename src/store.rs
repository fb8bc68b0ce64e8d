//! The database: connection pools, migrations, idempotency records. Refuses to know what is stored.
