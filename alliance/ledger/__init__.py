"""The ledger: balanced facts that are only ever added, and the log that proves them."""
