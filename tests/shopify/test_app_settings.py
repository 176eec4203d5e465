"""What an operator sets of the own Shopify app, and what is refused before the hub starts."""

from __future__ import annotations

import pytest
from alliance_shopify.app import API_VERSION, read

from alliance.core.errors import Invalid
from tests.shopify_vectors import CLIENT_ID, OLD_SECRET, SECRET

WHOLE = {"CLIENT_ID": CLIENT_ID, "CLIENT_SECRETS": f"{SECRET}, {OLD_SECRET} ",
         "LISTING": "https://apps.shopify.com/alliance", "API_VERSION": "2026-10"}


def test_an_app_is_read_as_it_was_registered() -> None:
    app = read(WHOLE)

    assert (app.client_id, app.secrets) == (CLIENT_ID, (SECRET, OLD_SECRET))
    assert (app.listing, app.api_version) == ("https://apps.shopify.com/alliance", "2026-10")
    assert app.origin("a.myshopify.com") == "https://a.myshopify.com"
    assert SECRET not in repr(app)


def test_a_hub_without_an_app_has_none() -> None:
    app = read({})

    assert (app.client_id, app.secrets, app.listing) == ("", (), "")
    assert app.api_version == API_VERSION
    assert app.is_embedded
    assert not read({"EMBEDDED": "no"}).is_embedded


@pytest.mark.parametrize(("name", "value"), [
    ("CLIENT_ID", ""), ("CLIENT_SECRETS", ""), ("CLIENT_SECRETS", " , "),
    ("CLIENT_ID", "a b c d e"),
    ("CLIENT_SECRETS", "short"), ("CLIENT_SECRETS", f"{SECRET},short"),
    ("CLIENT_SECRETS", "geheimnís-geheimnís"), ("LISTING", "http://apps.shopify.com/alliance"),
    ("LISTING", "javascript:alert(1)"), ("LISTING", "https://a b"), ("API_VERSION", "2026-08"),
    ("API_VERSION", "unstable"), ("API_VERSION", "2026-07/../.."), ("API_VERSION", "２０２６-07"),
    ("EMBEDDED", "perhaps")])
def test_a_setting_that_cannot_be_right_is_refused(name: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        read({**WHOLE, name: value})
    assert refused.value.code == "bad_setting"
    assert SECRET not in refused.value.detail
