"""A Shopify in Python: several shops, one app, the real Admin schema, on a loopback port.

    with serving(FakeShopify(now)) as platform:
        shop = platform.open("brasa-coffee")
        shop.load_order(webhook)
        app = App(platform.client_id, platform.secrets, origin=platform.at)

Every document is validated in full against the schema that Shopify publishes. What the shops keep
is answered from there, everything else by its type. Time stands still until the test moves it;
`shop.say_next` and `platform.trick` make it misbehave. What a test may want to know is counted:
`platform.asked`, `shop.asked`. That it behaves as recorded is what
`tests/shopify/test_fake_shop.py` shows.
"""

from tests.fake_shopify.platform import FakeShopify
from tests.fake_shopify.serving import serving
from tests.fake_shopify.shop import FakeShop

__all__ = ["FakeShop", "FakeShopify", "serving"]
