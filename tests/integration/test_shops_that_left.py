"""A shop that is no longer connected is not led to any more: its name may be another's by now."""

from __future__ import annotations

import pytest

from alliance.merchants import connecting, stores
from alliance.referrals import links
from alliance.referrals.tokens import LinkToken
from tests.hubs import HOME, Bench, bench
from tests.walled import EVERY_DATABASE

__all__ = ["bench"]


@pytest.fixture
def ways(bench: Bench) -> dict[str, str]:
    """Each way into the bakery's shop."""
    with bench.hub.database.transaction() as session:
        cafe, alliance = bench.world.actor(session, "cafe"), bench.world.alliance.id
        product = links.make(session, cafe, alliance, bench.world.product_id, channel="blog",
                             now=bench.now)
        page = links.make_to_page(session, cafe, alliance, f"{HOME}/shops/bakery/bread",
                                  channel="blog", now=bench.now)
        token = LinkToken(bench.world.members["cafe"].id, bench.world.product_id, None, bench.now)
        return {"product": f"/l/{product.code}", "page": f"/l/{page.code}",
                "widget": f"/go/{bench.hub.signer.link(token)}"}


def found(bench: Bench, ways: dict[str, str]) -> dict[str, int]:
    """What is answered on each of them, by a process that remembers nothing of before."""
    bench.front.embed.memory.look()
    return {name: bench.client.get(path, headers={"User-Agent": "Firefox/140.0"}).status_code
            for name, path in ways.items()}


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_links_into_a_shop_lead_there_only_while_it_is_connected(
        bench: Bench, ways: dict[str, str]) -> None:
    assert set(found(bench, ways).values()) == {302}
    with bench.hub.database.transaction() as session:
        bakery = bench.world.actor(session, "bakery")
        stores.disconnect(session, bakery, bench.world.store.id, now=bench.now)
    assert found(bench, ways) == {"product": 404, "page": 404, "widget": 404}
    with bench.hub.database.transaction() as session:
        bakery = bench.world.actor(session, "bakery")
        connecting.connect(session, bakery, connector="demo", address=bench.world.store.address,
                           name="Bakery", currency=bench.world.store.currency, allow_http=True,
                           secrets={"webhook_secret": "x" * 40}, seal=bench.hub.seal, now=bench.now)
    assert set(found(bench, ways).values()) == {302}
