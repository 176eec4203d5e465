"""The seam to stores: what a connector promises, and the only way out of the machine."""
