"""The demo store: a real little shop in a box, which comes to the hub by the door of any platform.

`Shop` is the store itself (catalogue, cart, checkout, refunds, coupons, calls); the connector
made by `make` reads it as it would read a foreign platform: by the grant, and nothing else.
"""

from alliance.connect.demo.connector import DemoConnector, make
from alliance.connect.demo.shop import Shop

__all__ = ["DemoConnector", "Shop", "make"]
