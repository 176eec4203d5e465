"""Nobody makes a click token but the hub, and nobody uses one elsewhere, later or changed (T5)."""

from __future__ import annotations

import base64
import hmac
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from alliance.core.errors import Invalid
from alliance.core.ids import new_id
from alliance.referrals import tokens
from alliance.referrals.tokens import (
    LEEWAY,
    ClickToken,
    LinkToken,
    Signer,
    click_id,
    fresh,
    in_store_time,
)

NOW = datetime(2026, 3, 2, 9, 0, 0, 250_000, tzinfo=UTC)
KEY, OTHER_KEY = b"\x01" * 32, b"\x02" * 32
STORE, OTHER_STORE = new_id("sto", NOW), new_id("sto", NOW)
MUTATIONS = 100_000
URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def click(**changes: object) -> ClickToken:
    """A click on a product in a placement."""
    settled: dict[str, object] = {
        "click_id": new_id("clk", NOW), "host": new_id("mem", NOW),
        "product_id": new_id("prd", NOW), "placement_id": new_id("plc", NOW),
        "terms": "0123456789abcdef", "nonce": b"0123456789abcdef"} | changes
    nonce = settled["nonce"]
    if isinstance(nonce, bytes) and nonce:
        settled["click_id"] = click_id(int(NOW.timestamp() * 1000), nonce)
    return ClickToken(**settled)  # type: ignore[arg-type]


def is_valid(signer: Signer, text: str, store: str = STORE) -> bool:
    """Whether the hub would take this text for a click of its own."""
    with suppress(Invalid):
        signer.read_click(text, store)
        return True
    return False


@pytest.mark.parametrize("changes", [
    {}, {"placement_id": None, "link_id": new_id("lnk", NOW)}, {"product_id": None},
    {"placement_id": None}, {"terms": ""}])
def test_a_click_token_says_what_was_put_in_and_fits_an_address(
        changes: dict[str, object]) -> None:
    told = click(**changes)
    text = Signer([KEY]).click(told, STORE)

    assert Signer([KEY]).read_click(text, STORE) == told
    assert told.issued_at == NOW
    assert len(text) == 128
    assert set(text) <= set(URL_SAFE)


def test_the_nonce_has_128_bits_of_chance_and_the_clicks_id_shows_80_of_them() -> None:
    told = click(nonce=b"")
    first, second = (Signer([KEY]).read_click(Signer([KEY]).click(told, STORE), STORE)
                     for _ in range(2))

    assert len(first.nonce) == 16
    assert first.click_id == second.click_id == told.click_id
    assert first.nonce != second.nonce
    assert bytes(a & 31 for a in first.nonce) == bytes(b & 31 for b in second.nonce)


def test_the_mac_is_that_of_the_standard() -> None:
    text = Signer([KEY]).click(click(), STORE)
    raw = base64.urlsafe_b64decode(text)
    purpose = b"click" + STORE.encode()
    message = len(purpose).to_bytes(2, "big") + purpose + raw[:-16]

    assert raw[-16:] == hmac.digest(KEY, message, "sha256")[:16]


def test_a_hundred_thousand_changed_tokens_are_all_refused() -> None:
    chance = random.Random(5)
    signer = Signer([KEY])
    made = [signer.click(click(nonce=b""), STORE) for _ in range(50)]
    changed = _mutations(chance, made)
    genuine = set(made)
    tried = [text for text in (next(changed) for _ in range(MUTATIONS)) if text not in genuine]

    assert len(tried) == MUTATIONS
    assert [text for text in tried if is_valid(signer, text)] == []
    assert [text for text in made if not is_valid(signer, text)] == []
    assert [text for text in made if is_valid(signer, text, OTHER_STORE)] == []


def _mutations(chance: random.Random, made: list[str]) -> Iterator[str]:
    """Bits turned, ends cut, parts of two tokens joined, other spellings, other keys and times."""
    forger = Signer([OTHER_KEY])
    future = [forger.click(click(nonce=b"", click_id=new_id("clk", NOW + timedelta(days=n))), STORE)
              for n in range(20)]
    while True:
        text, other = chance.sample(made, 2)
        raw = bytearray(base64.urlsafe_b64decode(text))
        place = chance.randrange(len(raw) * 8)
        raw[place // 8] ^= 1 << place % 8
        yield base64.urlsafe_b64encode(raw).decode()
        cut = chance.randrange(1, len(text))
        yield text[:cut]
        yield text + chance.choice(URL_SAFE) * chance.randrange(1, 60)
        whole, theirs = base64.urlsafe_b64decode(text), base64.urlsafe_b64decode(other)
        start, end = chance.choice(((1, 7), (7, 23), (23, 39), (39, 55), (55, 72), (72, 80),
                                    (80, 96)))
        mixed = whole[:start] + theirs[start:end] + whole[end:]
        if mixed not in (whole, theirs):
            yield base64.urlsafe_b64encode(mixed).decode()
        yield chance.choice((
            text + "=", text + "\n", " " + text, text[:cut] + "+" + text[cut:],
            text[:cut] + "\u0130" + text[cut:], text.swapcase(), text[::-1], text + "==",
            text[:cut] + "%" + text[cut + 1:], text + text, whole.hex(), chance.choice(future),
            text[:cut] + "\0" + text[cut:]))
        yield "".join(chance.choices(URL_SAFE, k=chance.randrange(200)))


def test_a_longer_spelling_of_the_same_bytes_is_another_text_and_refused() -> None:
    signer = Signer([KEY])
    link = LinkToken(new_id("mem", NOW), new_id("prd", NOW), None, NOW.replace(microsecond=0))
    text = signer.link(link)

    assert signer.read_link(text) == link
    for again in (text + "=", text.replace("-", "+").replace("_", "/") + "\r\n", text + "A" * 80):
        with pytest.raises(Invalid) as refusal:
            signer.read_link(again)
        assert refusal.value.code == "forged_token"


def test_a_link_token_is_no_click_token_and_a_click_token_no_link() -> None:
    signer = Signer([KEY])
    link = signer.link(LinkToken(new_id("mem", NOW), new_id("prd", NOW), None, NOW))

    assert not is_valid(signer, link)
    with pytest.raises(Invalid):
        signer.read_link(signer.click(click(), STORE))


def test_keys_are_changed_in_use_and_a_key_that_was_dropped_signs_nothing_more() -> None:
    before = Signer([KEY]).click(click(), STORE)
    changing = Signer([OTHER_KEY, KEY])

    assert is_valid(changing, before)
    assert is_valid(Signer([OTHER_KEY]), changing.click(click(), STORE))
    assert not is_valid(Signer([KEY]), changing.click(click(), STORE))
    assert not is_valid(Signer([OTHER_KEY]), before)


def test_tokens_of_the_first_version_that_shoppers_still_carry_are_read() -> None:
    told = click(terms="", nonce=b"")
    body = b"\x01" + int(NOW.timestamp()).to_bytes(4, "big") + b"".join(
        tokens.packed(ref) for ref in (told.click_id, told.host, told.product_id,
                                       told.placement_id))
    purpose = b"click" + STORE.encode()
    mac = hmac.digest(KEY, len(purpose).to_bytes(2, "big") + purpose + body, "sha256")[:16]
    text = base64.urlsafe_b64encode(body + mac).rstrip(b"=").decode()

    assert len(text) == 114
    assert Signer([KEY]).read_click(text, STORE) == told
    assert not is_valid(Signer([KEY]), text, OTHER_STORE)


def test_what_a_forged_token_pretends_is_read_but_never_believed() -> None:
    told = click()
    forged = Signer([OTHER_KEY]).click(told, STORE)

    assert not is_valid(Signer([KEY]), forged)
    assert Signer([KEY]).claimed_click(forged) == told
    assert Signer([KEY]).claimed_click("nonsense") is None


@pytest.mark.parametrize(("seconds", "is_good"), [(299, True), (300, True), (301, False)])
def test_clocks_may_stand_five_minutes_apart_and_no_more(seconds: int, is_good: bool) -> None:
    apart, life = timedelta(seconds=seconds), timedelta(days=30)

    assert fresh(NOW + apart, NOW, life) is is_good
    assert fresh(NOW - life - apart, NOW, life) is is_good
    # A store whose clock is behind ours sees the order before the click that led to it.
    assert (in_store_time(NOW + apart, NOW) == NOW) is is_good
    assert in_store_time(NOW - apart, NOW) == NOW - apart
    assert timedelta(seconds=300) == LEEWAY
