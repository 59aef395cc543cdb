"""The store: a Redis or Valkey server, its key layout, and one file for each port."""
