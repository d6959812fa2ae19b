"""The durable queue on disk: one SQLite file a writing process, and the shipper's ledger of what is delivered."""
