"""The edge that people, shops and platforms reach."""
