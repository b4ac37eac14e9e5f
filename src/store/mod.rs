//! The durable facts and their history, in SQLite: what is acknowledged is here, and survives.
