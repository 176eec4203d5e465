"""What members owe each other: commissions, cycles, payments and statements."""
