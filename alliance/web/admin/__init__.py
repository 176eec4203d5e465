"""The pages of members, a file for each group of them."""

from __future__ import annotations

from flask import Flask

from alliance.web.admin import (
    account,
    alliances,
    articles,
    assets,
    campaigns,
    clicks,
    codes,
    contracts,
    cycles,
    drafting,
    granting,
    joining,
    ledger,
    links,
    orders,
    overview,
    pairing,
    paths,
    placements,
    planning,
    products,
    reporting,
    statements,
    stores,
    swapping,
    tasks,
)

GROUPS = (overview, alliances, contracts, drafting, products, placements, links, articles, assets,
          clicks, orders, paths, statements, cycles, ledger, stores, pairing, granting, joining,
          codes, planning, campaigns, swapping, tasks, reporting, account)


def install(app: Flask) -> None:
    """Add every page."""
    for group in GROUPS:
        app.register_blueprint(group.pages)
