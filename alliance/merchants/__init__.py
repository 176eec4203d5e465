"""A business, the people who sign in for it, and its stores with their sealed keys."""
