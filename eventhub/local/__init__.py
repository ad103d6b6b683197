"""Everything EventHub needs on one machine: PostgreSQL, Valkey, a mail sink, and the supervisor that runs them."""
