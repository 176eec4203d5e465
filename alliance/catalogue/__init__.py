"""What the stores sell, as they last told it."""
