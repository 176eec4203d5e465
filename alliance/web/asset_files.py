"""`GET /assets/<id>/<file>`: the picture of an asset, for any shop's page, and for nothing else.

Its address carries the beginning of its SHA-256, so what is once there is there for good, and
whoever does not know it does not guess it. It is never a page: its type is exact and may not be
guessed at, and a browser that opens it runs nothing.
"""

from __future__ import annotations

import re

from werkzeug.wrappers import Request, Response

from alliance.content.model import Asset
from alliance.content.pictures import ENDINGS
from alliance.hub import Hub
from alliance.web import stores

_ID = re.compile(r"ast_[0-9a-z]{26}")
_LASTING = "public, max-age=31536000, immutable"
SIGNS = 16
"""Signs of a SHA-256 that an address carries: 64 bits."""


def path(asset: Asset, *, small: bool = False) -> str:
    """Where the picture of an asset is served, or its small copy."""
    name = asset.small_sha256 if small else asset.sha256
    assert name is not None
    assert asset.media_type is not None
    return f"/assets/{asset.id}/{name[:SIGNS]}.{ENDINGS[asset.media_type]}"


def answer(hub: Hub, request: Request, asset_id: str, file: str) -> Response:
    """200 with the picture; 410 once it was withdrawn; 404 for anything else."""
    if request.method not in ("GET", "HEAD"):
        return stores.problem(405, "method_not_allowed", "Pictures are read with GET.",
                              {"Allow": "GET, HEAD"})
    found = _find(hub, asset_id, file)
    if found is None:
        return stores.problem(404, "not_found", "There is no such picture.")
    asset, name = found
    if asset.withdrawn_at is not None:
        return stores.problem(410, "asset_withdrawn", "This picture was withdrawn.")
    body = hub.files.read(name)
    if body is None:
        return stores.problem(404, "not_found", "There is no such picture.")
    how = "attachment" if request.args.get("download") == "1" else "inline"
    reply = Response(body, content_type=asset.media_type, headers={
        "Content-Disposition": f'{how}; filename="{asset.id}.{file.rpartition(".")[2]}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff", "Cache-Control": _LASTING,
        "Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"})
    reply.set_etag(name[:SIGNS])
    return reply.make_conditional(request)


def _find(hub: Hub, asset_id: str, file: str) -> tuple[Asset, str] | None:
    if not _ID.fullmatch(asset_id):
        return None
    with hub.database.reading() as session:
        asset = session.get(Asset, asset_id)
    if asset is None or asset.sha256 is None or asset.published_at is None:
        return None
    for small, name in ((False, asset.sha256), (True, asset.small_sha256)):
        if name is not None and path(asset, small=small) == f"/assets/{asset_id}/{file}":
            return asset, name
    return None
