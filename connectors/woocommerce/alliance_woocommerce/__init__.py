"""Connects WooCommerce shops to the hub: reading their calls, orders and products."""
