"""What the hub refuses to start with."""

from __future__ import annotations

import pytest

from alliance.core.errors import Invalid
from alliance.settings import Settings


def beside_test_shops(host: str) -> Settings:
    return Settings(public_url=f"https://{host}:8445", secret_keys=(b"\x01" * 32,),
                    seal_keys=(b"\x02" * 32,), allow_private_stores=("127.0.0.0/8",))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "hub.test", "hub.localhost"])
def test_test_shops_stand_beside_a_hub_that_no_public_name_leads_to(host: str) -> None:
    settings = beside_test_shops(host)

    settings.check()

    assert settings.secure
    assert settings.allow_private_stores == ("127.0.0.0/8",)


@pytest.mark.parametrize("host", ["hub.example", "test.example", "hubtest", "192.168.1.7", ""])
def test_no_test_shop_stands_beside_a_hub_with_a_public_name(host: str) -> None:
    with pytest.raises(Invalid) as refusal:
        beside_test_shops(host).check()
    assert refusal.value.code == "private_stores_in_public"
