"""A shopper's way through all that is open to them leaves no name, mail or address behind."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client

from alliance.app import compose
from alliance.merchants.model import Merchant
from alliance.promotions import placements
from alliance.referrals import links
from alliance.worker import clicks, loop
from tests import make, pages
from tests.hubs import HOME, Bench, bench
from tests.integration.test_actions import agree, report
from tests.integration.test_door import dump

__all__ = ["bench"]

MAIL, ADDRESS, NAME = "canary@families.example", "93.184.216.77", "Dora Canary"
CANARIES = (MAIL, ADDRESS, "93.184.216.", NAME, "Canary", "families.example", "2001:4860:4860:7")
SHOPPER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Referer":
           f"https://mail.example/?to={MAIL}", "Cookie": f"name={NAME}", "From": MAIL,
           "X-Forwarded-For": ADDRESS}


@pytest.fixture
def slot(bench: Bench) -> tuple[str, str, str]:
    """A placement of the cafe's, and its links to the bakery's loaf: one that runs, one ended."""
    with bench.hub.database.transaction() as session:
        cafe = bench.world.actor(session, "cafe")
        store = make.store(session, session.get_one(Merchant, cafe.merchant))
        place = placements.make(session, cafe, bench.world.alliance.id, store.id, name="below",
                                now=bench.now)
        runs, over = (links.make(session, cafe, bench.world.alliance.id, bench.world.product_id,
                                 channel=name, now=bench.now) for name in ("blog", "post"))
        links.end(session, cafe, over.id, replaced_by=runs.id, now=bench.now)
        made = place.id, runs.code, over.code
    loop.until_idle(bench.hub, now=bench.now)
    return made


def test_no_name_mail_or_address_is_in_database_spool_or_log(
        bench: Bench, slot: tuple[str, str, str], caplog: pytest.LogCaptureFixture) -> None:
    placement, code, over = slot
    agree(bench)
    client = Client(compose(bench.hub), use_cookies=False)
    private = f"email={MAIL}&name={NAME}"

    def ask(path: str, address: str = ADDRESS, **more: object) -> int:
        reply = client.open(path, headers=SHOPPER, environ_base={"REMOTE_ADDR": address}, **more)
        landed.extend(parse_qs(urlsplit(reply.headers.get("Location", "")).query).get("alc", []))
        return reply.status_code

    landed: list[str] = []
    with caplog.at_level(logging.DEBUG):
        slate = client.get(f"/embed/v1/slate?placement={placement}&{private}", headers=SHOPPER)
        offers = json.loads(slate.data)["offers"]
        seen = json.dumps({"placement": placement, "offers": [offers[0]["offer"]],
                           "slate": NAME, "mail": MAIL})
        go = offers[0]["href"].removeprefix(HOME)
        found = [ask(f"{go}?{private}"), ask(f"/l/{code}?{private}"),
                 ask(f"/l/{code}", "2001:4860:4860:7::9"), ask(f"/l/{over}?{private}"),
                 ask(f"/l/{MAIL}"), ask(f"/go/{MAIL}"), ask(f"/test?q={MAIL}"),
                 ask("/embed/v1/seen", method="POST", data=seen),
                 ask("/embed/v1/seen", method="POST", data=json.dumps({"placement": MAIL}))]
        landing = f"{HOME}/shops/bakery/?{private}&alc={landed[0]}"
        found.append(ask("/test", query_string={"q": landing}))
        bench.buy(token=landed[0], email=MAIL)
        bench.deliver()
        assert report(bench, click=landed[1], customer=MAIL).status_code == 200
        assert report(bench, "booking", "b-1", customer=f"{NAME}, {ADDRESS}").status_code == 200
        spooled = b"".join(path.read_bytes() for path in bench.hub.spool_folder.glob("*.jsonl"))
        clicks.drain(bench.hub, bench.now)
        loop.until_idle(bench.hub, now=bench.now + timedelta(minutes=1))
    kept = dump(bench.hub.database)
    said = "\n".join(record.getMessage() for record in caplog.records
                     if record.name.startswith("alliance"))

    assert found == [302, 302, 302, 410, 404, 404, 200, 204, 204, 200]
    assert (spooled.count(b'"click"'), spooled.count(b'"seen"'), len(landed)) == (3, 1, 3)
    assert [word for word in CANARIES if word in kept] == []
    assert [word for word in CANARIES if word.encode() in spooled] == []
    assert [word for word in CANARIES if word in said] == []
    assert "bakery" in kept, "the dump must be able to find something"
    bakery = pages.Visitor(pages.built(bench.hub))
    bakery.sign_in(bench.world.merchants["bakery"])
    for path in ("/clicks?box=in", "/clicks.csv?box=in", "/orders?box=in", "/paths?box=in",
                 "/paths.csv?box=in"):
        shown = bakery.see(path)
        assert shown.status_code == 200
        assert [word for word in CANARIES if word in shown.text] == [], path
