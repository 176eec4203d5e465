"""Keeping: column types, transactions, sealed secrets and the queue."""
