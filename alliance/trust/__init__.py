"""Trust: what the hub can prove about itself, by checking all it ever wrote."""
