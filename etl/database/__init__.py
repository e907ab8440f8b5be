"""PostgreSQL, without a word about readings."""
