"""Which assets suit a placement: those about goods that it may show."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from alliance.catalogue.model import Product
from alliance.content.assets import DOWNLOAD
from alliance.content.model import Asset, AssetProduct, AssetUse

MOST = 8


def for_sellers(session: Session, alliance_id: str, merchant_ids: Collection[str], *,
                most: int = MOST) -> list[Asset]:
    """Material about what these merchants sell: the least used first, among equals the newest.

    Newest versions only, nothing withdrawn. `merchant_ids`: whom the placement may show.
    """
    newer = aliased(Asset)
    about = select(AssetProduct.asset_id).join(
        Product, Product.id == AssetProduct.product_id).where(
        Product.merchant_id.in_(sorted(merchant_ids)), Product.withdrawn_at.is_(None))
    taken = (select(func.coalesce(func.sum(AssetUse.number), 0))
             .where(AssetUse.asset_id == Asset.id, AssetUse.use == DOWNLOAD).scalar_subquery())
    return list(session.scalars(
        select(Asset).where(
            Asset.alliance_id == alliance_id, Asset.id.in_(about), Asset.kind != "article",
            Asset.published_at.is_not(None), Asset.withdrawn_at.is_(None),
            ~exists().where(newer.supersedes == Asset.id))
        .order_by(taken, Asset.created_at.desc(), Asset.id.desc()).limit(most)))
