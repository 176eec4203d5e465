"""Material: given once, taken along by all, under its licence; files come in as pictures only."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import Client

from alliance.alliances import members
from alliance.catalogue.model import Product
from alliance.content import assets, pictures, suggestions
from alliance.content.assets import Told, Wanted
from alliance.content.files import Files
from alliance.content.model import Asset, AssetUse
from alliance.core.errors import AllianceError, NotFound
from alliance.db import schema
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.web.front import Front
from tests import hostile_pictures as hostile
from tests import make
from tests.hubs import nothing_behind
from tests.pages import Visitor, built, hub_on
from tests.world import World, world

TEXT = Told("text", "ogc", "Bread in words", "en", words="Fresh.", tags=("Bread", "面包"))


@pytest.fixture
def made(database: Database) -> World:
    """The cafe recommends the bakery."""
    with database.transaction() as session:
        return world(session)


@pytest.fixture
def hub(database: Database, tmp_path: Path, now: datetime) -> Hub:
    """A hub whose folder of assets is the test's own."""
    return hub_on(database, tmp_path, now)


@pytest.fixture
def cafe(hub: Hub, made: World) -> Visitor:
    """The cafe's owner, signed in."""
    visitor = Visitor(built(hub))
    visitor.sign_in(made.merchants["cafe"])
    return visitor


def give(session: Session, made: World, told: Told, *, who: str = "cafe",
         now: datetime = make.NOW) -> Asset:
    return assets.give(session, made.actor(session, who), made.alliance.id, told, None,
                       Files(Path("nowhere")), now=now)


def upload(cafe: Visitor, made: World, raw: bytes, name: str = "bread.png",
           **fields: str) -> tuple[int, str]:
    """The status, and where it leads."""
    told = {"kind": "picture", "origin": "ogc", "title": "A loaf", "licence": "own",
            "alliance": made.alliance.id, "csrf_token": cafe.token(), **fields}
    part = "--cut\r\nContent-Disposition: form-data; name="
    body = "".join(f'{part}"{key}"\r\n\r\n{value}\r\n' for key, value in told.items())
    head = f'{body}{part}"file"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
    # Put together here: the client's own way would leave the largest ones open.
    reply = cafe.client.post("/assets", base_url="http://127.0.0.1:8000",
                             content_type="multipart/form-data; boundary=cut",
                             data=head.encode() + raw + b"\r\n--cut--\r\n")
    return reply.status_code, reply.location or reply.text


def kept(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "assets").rglob("*") if path.is_file())


def file_of(hub: Hub, *, small: bool = False) -> str:
    with hub.database.reading() as session:
        asset = session.scalars(select(Asset)).one()
    name = asset.small_sha256 if small else asset.sha256
    assert name is not None
    return f"/assets/{asset.id}/{name[:16]}.{str(asset.media_type).partition('/')[2]}"


def test_a_picture_is_uploaded_and_served_to_any_page_but_as_nothing_else(
        hub: Hub, cafe: Visitor, made: World, tmp_path: Path) -> None:
    assert upload(cafe, made, hostile.with_place("PNG"))[0] == 303
    client = Client(Front(hub, nothing_behind))

    answer = client.get(file_of(hub))

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert {name: answer.headers[name] for name in (
        "X-Content-Type-Options", "Content-Security-Policy", "Cross-Origin-Resource-Policy",
        "Cache-Control")} == {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "public, max-age=31536000, immutable"}
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    assert "Set-Cookie" not in answer.headers
    assert client.get(file_of(hub) + "?download=1").headers["Content-Disposition"].startswith(
        "attachment; filename=")
    assert Image.open(io.BytesIO(client.get(file_of(hub, small=True)).data)).format == "PNG"
    # Neither the bytes kept nor the database know where it was taken, or by whom.
    whole = b"".join(path.read_bytes() for path in (tmp_path / "assets").rglob("*")
                     if path.is_file()) + answer.data
    with hub.database.reading() as session:
        whole += repr([list(row) for table in schema.metadata().sorted_tables
                       for row in session.execute(select(table))]).encode()
    assert b"A loaf" in whole
    assert hostile.AUTHOR.encode() not in whole
    assert hostile.PLACE.encode() not in whole


def test_a_withdrawn_picture_is_gone_and_another_name_was_never_there(
        hub: Hub, cafe: Visitor, made: World) -> None:
    upload(cafe, made, hostile.plain("JPEG"))
    client, path = Client(Front(hub, nothing_behind)), file_of(hub).replace("jpeg", "jpg")
    asset_id = path.split("/")[2]
    statuses = {name: client.get(f"/assets/{asset_id}/{name}").status_code for name in (
        "0123456789abcdef.jpg", path.rpartition("/")[2].replace("jpg", "png"),
        path.rpartition("/")[2].replace("jpg", "html"), "..%2f..%2fhub.db", "x.y/z.jpg")}

    assert client.get(path).status_code == 200
    assert statuses == dict.fromkeys(statuses, 404)
    assert client.post(path).status_code == 405
    assert cafe.send(f"/assets/{asset_id}/withdrawal").status_code == 303
    assert client.get(path).status_code == 410
    assert client.get(f"/assets/ast_{'0' * 26}/{path.rpartition('/')[2]}").status_code == 404


@pytest.mark.parametrize(("raw", "said"), [
    (hostile.SVG, "no JPEG, PNG or WebP"), (b"GIF89a" + bytes(99), "no JPEG, PNG or WebP"),
    (hostile.SCRIPT, "no JPEG, PNG or WebP"), (b"", "Choose a file"),
    (hostile.png_bomb(50_000, 50_000), "40 million pixels"),
    (hostile.plain("PNG")[:-30], "cannot be read to its end"),
    (hostile.plain("JPEG")[:300], "cannot be read to its end"),
    (hostile.plain("PNG") + bytes(6_000_000), "at most 5 MB")])
def test_what_is_no_picture_is_refused_and_nothing_is_kept(
        cafe: Visitor, made: World, tmp_path: Path, database: Database, raw: bytes,
        said: str) -> None:
    status, text = upload(cafe, made, raw)

    assert status == 422
    assert said in text
    # What was typed stands in the form again.
    assert 'value="A loaf"' in text
    assert kept(tmp_path) == []
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Asset)) == 0


def test_a_form_that_is_far_too_large_is_not_read(cafe: Visitor, tmp_path: Path) -> None:
    reply = cafe.client.post("/assets", data=bytes(9_000_000), base_url="http://127.0.0.1:8000",
                             content_type="multipart/form-data; boundary=x")
    assert reply.status_code == 413
    assert kept(tmp_path) == []


@pytest.mark.parametrize("name", [
    "bread.svg", "bread.html", "../../hub.db", "..\\..\\x.png", "/etc/passwd", "a\0b.png",
    "bread.png.php", "", "x" * 3000 + ".png", "\u202egnp.exe"])
def test_the_name_of_a_file_means_nothing(
        cafe: Visitor, made: World, hub: Hub, tmp_path: Path, name: str) -> None:
    status, _ = upload(cafe, made, hostile.png_with_html(), name)

    if status == 303:
        assert {len(each) for each in kept(tmp_path)} == {64}
        assert b"<script" not in b"".join(
            path.read_bytes() for path in (tmp_path / "assets").rglob("*") if path.is_file())
        assert Client(Front(hub, nothing_behind)).get(file_of(hub)).headers[
            "Content-Type"] == "image/png"
    else:
        # A file without a name is no file to a browser or a server.
        assert (status, name, kept(tmp_path)) == (422, "", [])
    assert {path.name for path in tmp_path.iterdir()} <= {
        "assets", "spool", "hub.db", "hub.db-shm", "hub.db-wal"}


@pytest.mark.parametrize(("change", "code"), [
    ({"kind": "article"}, "unknown_kind"), ({"kind": "program"}, "unknown_kind"),
    ({"origin": ""}, "unknown_origin"), ({"language": "xx"}, "unknown_language"),
    ({"licence": "mine"}, "unknown_licence"), ({"licence": "granted"}, "text_missing"),
    ({"title": " "}, "text_missing"), ({"title": "x" * 201}, "text_too_long"),
    ({"words": ""}, "text_missing"), ({"words": "x" * 5001}, "text_too_long"),
    ({"tags": [str(n) for n in range(13)]}, "too_many_tags"), ({"tags": ["x" * 41]},
                                                               "too_many_tags"),
    ({"source": "x" * 501}, "text_too_long"), ({"product_ids": ["prd_unknown"]}, "not_found"),
    ({"kind": "picture"}, "picture_missing"),
    *(({"kind": "video", "url": url}, "malformed_video") for url in (
        "", "http://a.example/x", "javascript:alert(1)", "https://who@a.example/", "https://x",
        "https://a.example:8443/", "https://a.example/\"><script>", "https://a.example/ x",
        "https://a.example\\@b.example/", "https://[", "https://a.example/" + "x" * 1000))])
def test_what_is_told_badly_is_refused_and_nothing_is_kept(
        database: Database, made: World, change: dict[str, object], code: str) -> None:
    with database.transaction() as session:
        with pytest.raises(AllianceError) as refused:
            give(session, made, replace(TEXT, **change))  # type: ignore[arg-type]

        assert refused.value.code == code
        assert session.scalars(select(Asset)).all() == []


def test_the_library_is_searched_by_everything_that_is_told(
        database: Database, made: World, now: datetime) -> None:
    with database.transaction() as session:
        cheap = make.product(session, made.store, "102", "Hat", price="5.00", in_stock=False)
        about_hat = give(session, made, replace(TEXT, title="Hat", product_ids=[cheap.id]))
        bread = give(session, made, replace(TEXT, product_ids=[made.product_id]),
                     now=now + timedelta(minutes=1))
        video = give(session, made, Told("video", "ugc", "Kneading", "lv", "granted", "the baker",
                                         url="https://videos.example/1"), who="bakery",
                     now=now + timedelta(minutes=2))
        cafe, seat = made.actor(session, "cafe"), made.members["cafe"].id
        names = {about_hat.id: "hat", bread.id: "bread", video.id: "video"}

        def found(**wanted: object) -> str:
            rows, total = assets.find(session, cafe, Wanted(**wanted))  # type: ignore[arg-type]
            assert total == len(rows)
            return " ".join(names[each.id] for each in rows)

        assert found() == "video bread hat"
        assert found(kind="video") == found(origin="ugc") == found(language="lv") == "video"
        assert found(tag="bread") == found(tag="面包") == found(member_id=seat) == "bread hat"
        assert found(tag="brea") == found(tag="%") == found(text="no such") == ""
        assert found(product_id=cheap.id) == found(minor_most=600) == found(text="hat") == "hat"
        assert found(in_stock=True) == found(minor_least=1000) == "bread"
        assert found(in_stock=True, minor_most=600) == ""
        assert found(shelf="food") == "bread hat"
        # The page of the library asks the same.
        rows, total = assets.find(session, cafe, Wanted(), place=2, size=2)
        assert ([names[each.id] for each in rows], total) == (["hat"], 3)


def test_a_new_version_takes_the_old_ones_place_and_the_old_one_stays(
        database: Database, made: World, now: datetime) -> None:
    files = Files(Path("nowhere"))
    with database.transaction() as session:
        cafe, bakery = made.actor(session, "cafe"), made.actor(session, "bakery")
        first = give(session, made, TEXT)
        second = assets.renew(session, cafe, first.id, replace(TEXT, words="Fresher."), None,
                              files, now=now)
        codes = []
        for by, asset in ((cafe, first), (bakery, second)):
            with pytest.raises(AllianceError) as refused:
                assets.renew(session, by, asset.id, TEXT, None, files, now=now)
            codes.append(refused.value.code)

        assert codes == ["not_newest", "not_found"]
        assert [each.version for each in assets.versions(session, first)] == [2, 1]
        assert [each.id for each in assets.find(session, bakery, Wanted())[0]] == [second.id]
        assert assets.seen(session, bakery, first.id).words == "Fresh."


def test_use_is_counted_by_the_day_of_the_alliance(
        database: Database, made: World, now: datetime) -> None:
    late = datetime(2026, 3, 2, 22, 30, tzinfo=now.tzinfo)
    with database.transaction() as session:
        text = give(session, made, TEXT)
        for at in (now, now, late):
            assets.take(session, made.actor(session, "bakery"), text.id, now=at)

        rows = session.execute(select(AssetUse.day, AssetUse.use, AssetUse.number)
                               .order_by(AssetUse.day)).all()
    assert rows == [("2026-03-02", "download", 2), ("2026-03-03", "download", 1)]


def test_what_was_withdrawn_is_neither_listed_nor_taken(
        database: Database, made: World, now: datetime) -> None:
    with database.transaction() as session:
        text = give(session, made, TEXT)
        with pytest.raises(NotFound):
            assets.withdraw(session, made.actor(session, "bakery"), text.id, now=now)
        assets.withdraw(session, made.actor(session, "cafe"), text.id, now=now)

        assert assets.find(session, made.actor(session, "cafe"), Wanted()) == ([], 0)
        with pytest.raises(AllianceError, match="withdrawn"):
            assets.take(session, made.actor(session, "bakery"), text.id, now=now)
        assert session.scalars(select(AssetUse)).all() == []


def test_suggestions_are_about_goods_of_the_sellers_least_used_first(
        database: Database, made: World, now: datetime) -> None:
    with database.transaction() as session:
        about = replace(TEXT, product_ids=[made.product_id])
        used, old, new = (give(session, made, replace(about, title=title),
                               now=now + timedelta(minutes=n))
                          for n, title in enumerate(("used", "old", "new")))
        give(session, made, replace(TEXT, title="about nothing"))
        assets.take(session, made.actor(session, "bakery"), used.id, now=now)
        bakery = made.merchants["bakery"].id

        found = suggestions.for_sellers(session, made.alliance.id, [bakery])
        assert [each.title for each in found] == ["new", "old", "used"]
        assert suggestions.for_sellers(session, made.alliance.id, []) == []
        assert [old.id, new.id] == [found[1].id, found[0].id]
        session.execute(update(Product).values(withdrawn_at=now))
        assert suggestions.for_sellers(session, made.alliance.id, [bakery]) == []


def test_a_suspended_member_gives_nothing_and_a_stranger_sees_nothing(
        database: Database, made: World, now: datetime) -> None:
    with database.transaction() as session:
        text = give(session, made, TEXT)
        stranger = make.merchant(session, "stranger")
        members.suspend(session, made.actor(session, "bakery"), made.members["cafe"].id, now=now)
        with pytest.raises(AllianceError) as refused:
            give(session, made, TEXT)
        assert refused.value.code == "member_state"
        with pytest.raises(NotFound):
            assets.seen(session, make.actor(session, stranger), text.id)
        assert assets.find(session, make.actor(session, stranger), Wanted()) == ([], 0)


def test_equal_bytes_lie_once_and_changed_ones_are_not_given_out(tmp_path: Path) -> None:
    files, picture = Files(tmp_path), pictures.read(hostile.plain())

    assert files.keep(picture.body) == files.keep(picture.body) == picture.sha256
    assert files.read(picture.sha256) == picture.body
    (path,) = [each for each in tmp_path.rglob("*") if each.is_file()]
    path.write_bytes(picture.body + b"<script>")
    assert files.read(picture.sha256) is None
    assert files.read("0" * 64) is None
    for name in ("../x", "", "A" * 64, picture.sha256[:-1]):
        with pytest.raises(ValueError, match="SHA-256"):
            files.read(name)
