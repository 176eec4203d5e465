"""The doors of gift packs: what a page reads of one, and what a proof opens."""

from __future__ import annotations

import base64
import json
import random
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import TestResponse

from alliance.connect import purchase_proofs
from alliance.core.money import Money
from alliance.merchants import stores
from alliance.merchants.model import Store
from alliance.promotions import pools
from alliance.promotions.campaign_model import Campaign, Component
from alliance.rules import gifts as law
from alliance.rules.gifts import Trigger, TriggerKind
from alliance.web import claims as door
from alliance.worker import clicks, loop
from tests import gifts, make
from tests.claiming import Pack, pack, purchase
from tests.hubs import HOME, Bench, bench
from tests.world import EUR

__all__ = ["bench", "pack"]

STRANGER = {"REMOTE_ADDR": "93.184.216.77"}


def test_a_page_reads_the_pack_of_its_placement(bench: Bench, pack: Pack) -> None:
    pack.tend()
    answer = bundle(bench, pack)

    assert answer.json == {
        "bundle": pack.campaign_id, "title": "Newborn pack", "alliance": "Fine Parenting",
        "label": "Together with our partners · Ad", "until": None,
        "trigger": {"kind": "amount", "minor": 6000, "currency": "EUR", "scale": 2,
                    "text": "€60.00"},
        "components": [{
            "component": pack.component_id, "kind": "amount", "what": "€5.00 off",
            "title": "Five off", "image": None, "seller": "bakery",
            "until": "2026-05-01T09:00:00Z"}],
        "away": []}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    again = bench.client.get("/embed/v1/bundle", query_string={"placement": pack.placement_id},
                             headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_words_of_a_pack_are_the_readers(bench: Bench, pack: Pack) -> None:
    with pack.hub.database.transaction() as session:
        part = session.get_one(Component, pack.component_id)
        part.kind, part.rate_bp, part.amount_minor, part.minimum_minor = "percent", 1250, None, 3000
        campaign = session.get_one(Campaign, pack.campaign_id)
        campaign.trigger = law.trigger_to_json(
            Trigger(TriggerKind.CATEGORY, Money(0, EUR), ("Babies", "toys")))
        gifts.agree(session, campaign)
    pack.tend()

    for locale, what, names in (
            ("en", "12.5 % off, from €30.00 on", "Babies, Toys"),
            ("lv", "12,5 % atlaide, sākot no 30,00 €", "Babies, Rotaļlietas"),
            ("zh-Hans", "立减 12.5%（满 €30.00 可用）", "Babies, 玩具"),
            ("zh-TW", "立減 12.5%（滿 €30.00 可用）", "Babies, 玩具")):
        told = bundle(bench, pack, locale=locale).json
        assert told is not None
        assert told["components"][0]["what"].replace("\xa0", " ") == what
        assert told["trigger"]["name"] == names


def test_a_pack_for_a_product_names_it_as_the_shop_does(bench: Bench, pack: Pack) -> None:
    with pack.hub.database.transaction() as session:
        wanted = make.product(session, session.get_one(Store, pack.home_id), "r7", "Romper")
        campaign = session.get_one(Campaign, pack.campaign_id)
        campaign.trigger = law.trigger_to_json(
            Trigger(TriggerKind.PRODUCT, Money(0, EUR), (wanted.ref, "gone")))
        gifts.agree(session, campaign)
    pack.tend()

    told = bundle(bench, pack).json
    assert told is not None
    assert (told["trigger"]["kind"], told["trigger"]["name"]) == ("product", "Romper, gone")


def test_a_placement_without_a_pack_says_so_and_an_unknown_one_is_not_found(
        bench: Bench, pack: Pack) -> None:
    with pack.changing() as campaign:
        campaign.state = "paused"

    assert bundle(bench, pack).json == {"bundle": None}
    for query, status in (("plc_" + "0" * 26, 404), ("plc_x", 422), ("", 422)):
        answer = bench.client.get("/embed/v1/bundle", query_string={"placement": query})
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (status, "*")


def test_what_can_be_had_no_more_is_gone_from_the_page_at_once(bench: Bench, pack: Pack) -> None:
    pack.tend()
    with pack.hub.database.transaction() as session:
        campaign = session.get_one(Campaign, pack.campaign_id)
        other = gifts.component(session, pack.world, campaign, number=2, stock=1, title="Last one")
        gifts.coupon(session, other, "the-last-one")
    assert bundle(bench, pack).json["components"][1]["title"] == "Last one"  # type: ignore[index]
    post(bench, pack, proof(pack, "order-1"))
    bench.front.embed.memory.look()

    told = bundle(bench, pack).json
    assert told is not None
    assert [each["title"] for each in told["components"]] == ["Five off"]
    assert told["away"] == [{"seller": "bakery"}]


def test_a_proof_opens_the_pack_once_and_for_the_same_codes(bench: Bench, pack: Pack) -> None:
    pack.tend()
    first = post(bench, pack, proof(pack, "order-1"))

    (given,) = first.json["claims"]  # type: ignore[index]
    assert pack.state_of(given["code"].lower()) == "claimed"
    assert {**given, "code": ""} == {
        "component": pack.component_id, "code": "", "what": "€5.00 off", "title": "Five off",
        "seller": "bakery", "where": "bakery's shop", "href": f"{HOME}/shops/bakery",
        "until": "2026-05-01T09:00:00Z"}
    assert (first.headers["Access-Control-Allow-Origin"], first.headers["Cache-Control"]) == (
        "*", "no-store")
    assert post(bench, pack, proof(pack, "order-1")).json == first.json
    assert pack.campaign().claimed == 1


def test_a_sample_leads_to_its_product_by_a_link_that_counts_the_click(
        bench: Bench, pack: Pack) -> None:
    with pack.hub.database.transaction() as session:
        part = session.get_one(Component, pack.component_id)
        part.kind, part.product_id = "sample", pack.world.product_id
        gifts.agree(session, session.get_one(Campaign, pack.campaign_id))
    pack.tend()
    (given,) = post(bench, pack, proof(pack, "order-1"), locale="lv").json[  # type: ignore[index]
        "claims"]
    followed = bench.client.get(urlsplit(given["href"]).path,
                                headers={"User-Agent": "Mozilla/5.0 Firefox/140.0"})
    clicks.drain(bench.hub, bench.now)
    loop.until_idle(bench.hub, now=bench.now + timedelta(minutes=1))

    assert given["what"] == "Bezmaksas paraugs"
    assert followed.headers["Location"].startswith(f"{HOME}/shops/bakery/products/loaf?")
    assert bench.shop.price({"loaf": 1}, given["code"], bench.now).total == Money(0, EUR)


def test_each_refusal_has_its_status_and_its_word(bench: Bench, pack: Pack) -> None:
    pack.tend()
    below = post(bench, pack, proof(pack, "order-1", "59.99"))
    with pack.changing() as campaign:
        campaign.state = "ended"
    over = post(bench, pack, proof(pack, "order-1"))

    assert [(each.status_code, each.json["code"]) for each in (below, over)] == [  # type: ignore[index]
        (409, "below_threshold"), (409, "campaign_over")]


def test_no_guessed_edited_old_or_foreign_proof_is_taken(bench: Bench, pack: Pack) -> None:
    pack.tend()
    good = proof(pack, "order-1")
    said, _, signature = good.partition(".")
    richer = json.loads(base64.urlsafe_b64decode(said + "=="))
    richer["l"][0][1] = 99_999
    edited = base64.urlsafe_b64encode(json.dumps(richer).encode()).rstrip(b"=").decode()
    with pack.hub.database.reading() as session:
        bakery = stores.grant_of(session, pack.store_id, pack.hub.seal)
    bought = purchase("order-1", pack.now, "70.00")
    bad = [f"{said}.{secrets.token_urlsafe(32)}", f"{edited}.{signature}", said, "", "." * 50,
           purchase_proofs.prove(purchase_proofs.secret_of(bakery), bought),
           proof(pack, "order-1", at=pack.now - timedelta(hours=24)),
           proof(pack, "order-1", at=pack.now + timedelta(seconds=301))]

    answers = [post(bench, pack, each) for each in bad]

    assert {(each.status_code, each.json["code"]) for each in answers} == {  # type: ignore[index]
        (403, "proof_refused")}
    assert pack.states() == {"ready": 6}


def test_a_body_that_is_no_claim_is_said_to_be_none(bench: Bench, pack: Pack) -> None:
    for body in (
            b"", b"null", b"[]", b"{", b"\xff", b"[" * 4000, b'{"a":' * 1500, b'{"placement": 1}',
            b'{"placement": "plc_x", "proof": "x"}', b'{"proof": "x"}', b'{"placement": "PLACE"}',
            b'{"placement": "PLACE", "proof": 7}',
            b'{"placement": "PLACE", "proof": "x", "components": 7}',
            b'{"placement": "PLACE", "proof": "x", "components": ["cpt_x"]}',
            b'{"placement": "PLACE", "proof": "x", "locale": {}}',
            b'{"placement": "PLACE", "proof": "x", "components": [[[["x"]]]]}'):
        answer = bench.client.post("/embed/v1/claims",
                                   data=body.replace(b"PLACE", pack.placement_id.encode()))
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (422, "*")
        assert json.loads(answer.data)["code"] == "malformed_claim", body[:40]


def test_a_claim_is_posted_and_short(bench: Bench, pack: Pack) -> None:
    assert bench.client.get("/embed/v1/claims").status_code == 405
    assert bench.client.post("/embed/v1/claims", data=b"x" * (door.LARGEST + 1)).status_code == 413
    assert post(bench, replace(pack, placement_id="plc_" + "0" * 26), "x").status_code == 404


def test_who_tries_proofs_is_held_back_and_the_others_are_not(bench: Bench, pack: Pack) -> None:
    pack.tend()
    statuses = [post(bench, pack, "guess", environ_base=STRANGER).status_code for _ in range(25)]

    assert statuses == [403] * 20 + [429] * 5
    assert post(bench, pack, proof(pack, "order-1"), environ_base=STRANGER).status_code == 429
    other = post(bench, pack, proof(pack, "order-1"),
                 environ_base={"REMOTE_ADDR": "93.184.217.77"})
    assert other.status_code == 200


def test_one_network_cannot_claim_without_end(bench: Bench, pack: Pack) -> None:
    pack.tend()
    good = proof(pack, "order-1")
    statuses = [post(bench, pack, good, environ_base=STRANGER).status_code for _ in range(65)]

    assert statuses == [200] * 60 + [429] * 5


def test_a_million_guesses_hit_none_of_ten_thousand_codes() -> None:
    pool = {spelled_out(pools.fresh_code()) for _ in range(10_000)}
    drawn = random.Random(7).randbytes(10 * 1_000_000)
    guesses = {drawn[at:at + 10] for at in range(0, len(drawn), 10)}

    assert (len(pool), len(guesses)) == (10_000, 1_000_000)
    assert pool & guesses == set()
    assert len(pool & (guesses | set(sorted(pool)[:7]))) == 7, "a hit would be seen"


def spelled_out(code: str) -> bytes:
    """The eighty bits of a code."""
    number = 0
    for letter in code.replace("-", ""):
        number = number << 5 | "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    return number.to_bytes(10, "big")


def bundle(bench: Bench, pack: Pack, **query: str) -> TestResponse:
    """What a page reads."""
    answer = bench.client.get("/embed/v1/bundle",
                              query_string={"placement": pack.placement_id, **query})
    assert answer.status_code == 200
    return answer


def post(bench: Bench, pack: Pack, text: str, *, environ_base: dict[str, str] | None = None,
         **more: Any) -> TestResponse:
    """What a page posts: text, so that no browser asks beforehand."""
    body = json.dumps({"placement": pack.placement_id, "proof": text, **more})
    return bench.client.post("/embed/v1/claims", data=body, content_type="text/plain",
                             environ_base=environ_base)


def proof(pack: Pack, ref: str, paid: str = "70.00", **changes: Any) -> str:
    """What the cafe's store writes into its thank-you page."""
    with pack.hub.database.reading() as session:
        grant = stores.grant_of(session, pack.home_id, pack.hub.seal)
    bought = replace(purchase(ref, pack.now, paid), **changes)
    return purchase_proofs.prove(purchase_proofs.secret_of(grant), bought)
