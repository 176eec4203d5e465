"""From a link followed to an order credited: links, clicks, orders and their decisions."""
