"""The story that the demo plays: four baby shops, their shelves and pictures, and their trade.

Everything here is seeded: the same seed gives the same shops, prices, pictures and orders.
"""
