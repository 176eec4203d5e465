"""The law of the business: pure functions over frozen records (docs/explanation/law.md)."""
