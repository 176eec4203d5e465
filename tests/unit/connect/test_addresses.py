"""Forty ways to make the hub call its own house, and none works (T12)."""

from __future__ import annotations

import re

import pytest

from alliance.connect.addresses import goal, networks
from alliance.connect.protocol import StoreError
from alliance.core.errors import Invalid

PUBLIC = "93.184.216.34"

URL_VECTORS = [
    "http://shop.example/",
    "ftp://shop.example/",
    "file:///etc/passwd",
    "gopher://shop.example:70/_",
    "//shop.example/",
    "https:///nohost",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.1./",
    "https://0/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://shöp.example/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fd00::1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/",
    "https://user:pass@shop.example/",
    "https://shop.example@169.254.169.254/",
    "https://169.254.169.254#@shop.example/",
    "https://shop.example\\@169.254.169.254/",
    "https://shop.example/\r\nHost: metadata",
    "https://shop.example /",
    " https://shop.example/",
    "https://shop.example\t/",
    "https://shop.example:22/",
    "https://shop.example:80/",
    "https://shop.example:6379/",
    "https://shop.example:99999/",
    "https://shop..example/",
    "https://-shop.example/",
    "https://shop.example:443:80/",
    "https://" + "a" * 64 + ".example/",
    "https://shop.example/" + "a" * 2000,
]

ADDRESS_VECTORS = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "168.63.129.16",
    "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1",
]


def public(host: str, port: int) -> list[str]:
    return [PUBLIC]


@pytest.mark.parametrize("url", URL_VECTORS)
def test_a_url_that_means_two_things_or_leads_inside_is_refused(url: str) -> None:
    with pytest.raises(StoreError) as refusal:
        goal(url, (), public)
    assert (refusal.value.code, refusal.value.again) == ("unsafe_address", False)


@pytest.mark.parametrize("address", ADDRESS_VECTORS)
def test_a_name_that_resolves_to_an_address_inside_is_refused(address: str) -> None:
    with pytest.raises(StoreError) as refusal:
        goal("https://shop.example/", (), lambda host, port: [address])
    assert (refusal.value.code, refusal.value.again) == ("unsafe_address", False)


@pytest.mark.parametrize("address", ADDRESS_VECTORS)
def test_one_address_inside_among_public_ones_is_enough_to_refuse(address: str) -> None:
    with pytest.raises(StoreError, match="not public"):
        goal("https://shop.example/", (), lambda host, port: [PUBLIC, address])


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "2a00:1450::5"])
def test_a_public_address_may_be_dialled(address: str) -> None:
    place = goal("https://shop.example/wp-json/", (), lambda host, port: [address])
    assert (place.scheme, place.host, place.port) == ("https", "shop.example", 443)
    assert place.addresses == (address,)


def test_the_name_is_resolved_once_so_that_it_cannot_change_its_mind() -> None:
    asked = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["169.254.169.254"]

    assert goal("https://shop.example:8443/", (), rebinding).addresses == (PUBLIC,)
    assert asked == ["shop.example"]


def test_an_allowed_network_opens_plain_http_and_any_port_for_itself_only() -> None:
    allowed = networks(["127.0.0.0/8"])
    place = goal("http://test-shop:8081/", allowed, lambda host, port: ["127.0.0.1"])
    assert (place.scheme, place.port, place.addresses) == ("http", 8081, ("127.0.0.1",))
    for addresses in (["127.0.0.1", PUBLIC], ["10.0.0.1"], [PUBLIC]):
        with pytest.raises(StoreError) as refusal:
            goal("http://test-shop:8081/", allowed, lambda host, port, a=addresses: a)
        assert refusal.value.code == "unsafe_address"


def test_an_allowed_v4_network_does_not_open_its_mapped_v6_forms() -> None:
    with pytest.raises(StoreError, match="not public"):
        goal("http://[::ffff:127.0.0.1]:8081/", networks(["127.0.0.0/8"]))


def test_a_name_without_an_address_may_have_one_later() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(StoreError) as refusal:
        goal("https://shop.example/", (), nowhere)
    assert (refusal.value.code, refusal.value.again) == ("store_unreachable", True)


def test_a_setting_that_is_no_network_is_named() -> None:
    with pytest.raises(Invalid, match=re.escape("ALLIANCE_ALLOW_PRIVATE_STORES")):
        networks(["127.0.0.1/8/9"])
