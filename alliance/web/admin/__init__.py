"""The pages of members, a file for each group of them."""

from __future__ import annotations

from flask import Flask

from alliance.web.admin import overview


def install(app: Flask) -> None:
    """Add every page."""
    for group in (overview,):
        app.register_blueprint(group.pages)
