"""Merchants who recommend each other: charter, members, contracts and their versions."""
