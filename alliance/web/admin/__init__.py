"""The pages of members, a file for each group of them."""

from __future__ import annotations

from flask import Flask

from alliance.web.admin import (
    account,
    alliances,
    contracts,
    cycles,
    drafting,
    ledger,
    links,
    orders,
    overview,
    paths,
    placements,
    products,
    statements,
    stores,
)

GROUPS = (overview, alliances, contracts, drafting, products, placements, links, orders,
          paths, statements, cycles, ledger, stores, account)


def install(app: Flask) -> None:
    """Add every page."""
    for group in GROUPS:
        app.register_blueprint(group.pages)
