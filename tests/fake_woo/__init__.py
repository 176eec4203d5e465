"""A WooCommerce shop in Python that behaves as two real ones were recorded to.

    with served(FakeWoo(now)) as shop:
        ref = shop.checkout(product=13)
        shop.webhooks.run(carry)

Its REST interface is served on a loopback port, its webhooks are carried by a function that the
test gives, its time stands still until the test moves it, and `mischief` makes it misbehave. That
it behaves as recorded is what `tests/contract/test_fake_shop_as_recorded.py` shows.
"""

from tests.fake_woo.serving import served
from tests.fake_woo.shop import FakeWoo

__all__ = ["FakeWoo", "served"]
