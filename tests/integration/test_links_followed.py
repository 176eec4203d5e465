"""Links through the front: to a page with its labels, and on until an order is credited."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select
from werkzeug.test import Client

from alliance.referrals import links
from alliance.referrals.click_model import Click
from alliance.referrals.links import Details
from alliance.referrals.order_model import Decision
from alliance.web import site
from alliance.web.front import Front
from alliance.worker import clicks, loop
from tests.hubs import HOME, Bench, bench

__all__ = ["bench"]

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
PAGE = f"{HOME}/shops/bakery/gifts?size=small&utm_medium=print"


def made(bench: Bench, **more: object) -> str:
    """The code of a link of the cafe's to a page of the bakery's."""
    with bench.hub.database.transaction() as session:
        code = links.make_to_page(
            session, bench.world.actor(session, "cafe"), bench.world.alliance.id, PAGE,
            channel="letter", asset="Spring card", now=bench.now,
            **more).code  # type: ignore[arg-type]
    bench.front.embed.forget()
    return code


def followed(bench: Bench, code: str) -> str:
    """Where the shopper is led."""
    answer = bench.client.get(f"/l/{code}", headers=PERSON)
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_a_page_link_leads_to_the_page_with_its_labels_and_earns_the_order(bench: Bench) -> None:
    code = made(bench, details=Details({"campaign": "mothers"}))
    where = urlsplit(followed(bench, code))
    query = parse_qs(where.query)

    assert where._replace(query="").geturl() == f"{HOME}/shops/bakery/gifts"
    (token,) = query.pop("alc")
    assert query == {"size": ["small"], "utm_source": ["alliance"], "utm_medium": ["print"],
                     "utm_campaign": ["mothers"], "utm_content": ["Spring card"]}
    clicks.drain(bench.hub, bench.now)
    loop.until_idle(bench.hub, now=bench.now + timedelta(minutes=1))
    bench.buy(token=token)
    bench.deliver()
    with bench.hub.database.reading() as session:
        (click,) = session.scalars(select(Click))
        assert (click.product_id, click.verdict, click.link_id is None) == (None, "valid", False)
        assert session.scalars(select(Decision.touch_id)).all() == [click.id]
        assert bench.world.owed(session) == "bakery owes cafe 4.20 EUR"


def test_an_order_without_the_link_is_credited_to_nobody(bench: Bench) -> None:
    followed(bench, made(bench))
    bench.buy()
    bench.deliver()

    with bench.hub.database.reading() as session:
        assert session.scalars(select(Decision)).all() == []


def test_a_link_leads_nowhere_from_the_minute_it_runs_out(bench: Bench) -> None:
    until = bench.now + timedelta(hours=1)
    code = made(bench, details=Details(expires_at=until))
    assert followed(bench, code).startswith(f"{HOME}/shops/bakery/gifts")

    bench.hub.clock = lambda: until

    assert bench.client.get(f"/l/{code}", headers=PERSON).status_code == 404


@pytest.mark.parametrize("way", ["ended", "mistyped"])
def test_who_follows_a_broken_link_comes_to_the_repair_page(bench: Bench, way: str) -> None:
    code = made(bench)
    if way == "ended":
        with bench.hub.database.transaction() as session:
            cafe = bench.world.actor(session, "cafe")
            link = links.by_code(session, code)
            links.end(session, cafe, link.id, now=bench.now)
        bench.front.embed.forget()
    typed = code if way == "ended" else code[:-1] + ("2" if code[-1] != "2" else "3")
    front = Front(bench.hub, site.build(bench.hub))

    page = Client(front).get(f"/l/{typed}", base_url=HOME,
                             headers=PERSON | {"Accept-Language": "lv"})

    front.embed.close()

    assert page.status_code == {"ended": 410, "mistyped": 404}[way]
    assert '<html lang="lv">' in page.text
    assert "bakery&#39;s shop" in page.text
    assert (f'href="{HOME}/l/{code}"' in page.text) is (way == "mistyped")
