"""Two walls between members: each alone shows a merchant exactly what is its own to see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Table, delete, exists, func, insert, inspect, select, text, tuple_, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, aliased

from alliance.db import schema, walls
from alliance.db.session import Database
from alliance.merchants.model import Merchant, Person, SignedIn, Store
from alliance.referrals.order_model import Decision, Order
from tests.postgres import Postgres
from tests.walled import ACTORS, CHANGES, OPEN, SEES, Kept, as_ordinary_role, keep

pytestmark = pytest.mark.on_both

MODELS = sorted(SEES, key=lambda model: model.__tablename__)
BY_TABLE = [pytest.param(model, id=model.__tablename__) for model in MODELS]
FORBIDDEN = "42501"


class Hub(NamedTuple):
    """A database, and what was kept in it for each actor."""

    database: Database
    kept: Kept


@pytest.fixture(scope="module", params=["sqlite", "ordinary_role"])
def hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A traded alliance on SQLite, and on PostgreSQL in a role that its policies bind."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("walls") / "hub.db"
        path.write_bytes(Path(request.getfixturevalue("sqlite_template")).read_bytes())
        database = Database(f"sqlite:///{path}")
        yield Hub(database, keep(database))
        database.close()
    else:
        yield request.getfixturevalue("policed")


@pytest.fixture(scope="module")
def policed(postgres: Postgres, walled_template: str) -> Iterator[Hub]:
    """The traded alliance on PostgreSQL, in the ordinary role."""
    name = postgres.create(walled_template)
    database = Database(as_ordinary_role(postgres.url(name)))
    yield Hub(database, keep(database))
    database.close()
    postgres.drop(name)


def test_every_table_stands_behind_both_walls_or_is_open_on_purpose(policed: Hub) -> None:
    tables = set(schema.metadata().tables)
    with policed.database.engine.connect() as connection:
        forced = set(connection.scalars(text(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")))
        policies = connection.execute(text(
            "SELECT tablename, count(*) FROM pg_policies GROUP BY tablename")).all()

    assert {model.__tablename__ for model in walls.walled()} == tables - OPEN
    assert forced == tables - OPEN
    assert {name: count for name, count in policies} == dict.fromkeys(tables - OPEN, 4)
    assert set(SEES) == set(walls.walled())


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("model", BY_TABLE)
def test_a_merchant_finds_its_own_rows_and_no_others(hub: Hub, model: Any, actor: str) -> None:
    rows = hub.kept.rows[model]
    whole = tuple_(*_key(model)).in_(rows)
    other = aliased(model)
    same = tuple_(*(getattr(other, column.key) for column in _key(model))).in_(rows)
    expected = len(rows) if actor in SEES[model] else 0

    with hub.database.reading(merchant_id=hub.kept.merchants[actor]) as session:
        found = {
            "entities": len(session.scalars(select(model).where(whole)).all()),
            "columns": len(session.execute(select(*_key(model)).where(whole)).all()),
            "count": session.scalar(select(func.count()).select_from(model).where(whole)),
            "alias": len(session.scalars(select(other).where(same)).all()),
            "subquery": len(session.execute(
                select(Order.id).where(exists(select(_key(model)[0]).where(whole)))
                .limit(1)).all()) if actor in {"seller", "host"} else min(expected, 1),
        }
    with hub.database.reading(merchant_id=hub.kept.merchants[actor]) as session:
        found["by key"] = sum(session.get(model, row) is not None for row in rows)

    assert found == dict.fromkeys(found, expected) | {"subquery": min(expected, 1)}


@pytest.mark.parametrize("model", BY_TABLE)
def test_the_hubs_own_work_finds_every_row(hub: Hub, model: Any) -> None:
    rows = hub.kept.rows[model]

    with hub.database.reading() as session:
        found = session.scalars(select(model).where(tuple_(*_key(model)).in_(rows))).all()

    assert len(found) == len(rows) > 0


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("model", BY_TABLE)
def test_what_a_merchant_may_not_change_stays_as_it_was(hub: Hub, model: Any, actor: str) -> None:
    rows = hub.kept.rows[model]
    whole = tuple_(*_key(model)).in_(rows)
    before = _content(hub.database, model)
    column = _key(model)[0]

    if actor in CHANGES[model]:
        changed = _changed(hub, actor, update(model).where(whole).values({column.key: column}))
        # Rows of the books are refused to everyone, by their triggers and their grants.
        assert changed in (len(rows), "refused")
    else:
        for statement in (update(model).values({column.key: column}), delete(model)):
            assert _changed(hub, actor, statement.where(whole)) in (0, "refused")
    assert _content(hub.database, model) == before


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("model", BY_TABLE)
def test_policies_alone_show_what_the_sessions_show(policed: Hub, model: Any, actor: str) -> None:
    rows = policed.kept.rows[model]
    table: Table = model.__table__
    whole = tuple_(*table.primary_key).in_(rows)

    with policed.database.reading(merchant_id=policed.kept.merchants[actor]) as session:
        found = session.execute(select(func.count()).select_from(table).where(whole)).scalar()

    assert found == (len(rows) if actor in SEES[model] else 0)


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("model", BY_TABLE)
def test_a_row_for_another_merchant_is_refused(policed: Hub, model: Any, actor: str) -> None:
    table: Table = model.__table__
    before = _content(policed.database, model)
    merchant_id = policed.kept.merchants[actor]
    key = policed.kept.rows[model][0]
    (row,) = (row for row in before
              if tuple(row[column.name] for column in table.primary_key) == key)
    statement = insert(table).values(dict(row))

    # Who may write such a row is told that it is there already; the others, nothing of it.
    with pytest.raises(DBAPIError) as refusal, policed.database.transaction(
            merchant_id=merchant_id) as session:
        session.execute(statement)

    is_forbidden = getattr(refusal.value.orig, "sqlstate", None) == FORBIDDEN
    assert is_forbidden is (actor not in CHANGES[model])
    assert _content(policed.database, model) == before


@pytest.mark.parametrize("model", BY_TABLE)
def test_who_says_no_name_sees_nothing(policed: Hub, model: Any) -> None:
    with policed.database.engine.connect() as connection:
        found = connection.execute(select(func.count()).select_from(model.__table__)).scalar()

    assert found == 0


def test_a_connection_that_comes_back_from_a_failure_has_forgotten_for_whom(
        policed: Hub) -> None:
    backend = text("SELECT pg_backend_pid(), current_setting('app.merchant', true)")
    seller = policed.kept.merchants["seller"]
    before: list[Any] = []

    def work(session: Session) -> None:
        before.append(session.execute(backend).one())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        policed.database.run(work, merchant_id=seller)

    with policed.database.engine.connect() as connection:
        after = connection.execute(backend).one()
        seen = connection.execute(select(func.count()).select_from(Order.__table__)).scalar()

    (during,) = before
    assert during[1] == seller
    assert tuple(after) == (during[0], "")
    assert seen == 0


def test_a_bare_statement_passes_the_first_wall_and_is_stopped_by_the_second(hub: Hub) -> None:
    stranger = hub.kept.merchants["stranger"]
    theirs = select(func.count()).select_from(Order.__table__).where(
        Order.__table__.c.merchant_id == hub.kept.merchants["seller"])

    with hub.database.reading(merchant_id=stranger) as session:
        found = session.execute(theirs).scalar()

    assert found == (1 if hub.database.dialect == "sqlite" else 0)


@pytest.mark.parametrize("shape", ["join", "outer join", "union", "cte", "in", "derived"])
def test_a_table_is_narrowed_wherever_a_statement_names_it(hub: Hub, shape: str) -> None:
    common = select(Order.id).cte()
    statement: Any = {
        "join": select(Merchant.id).join(Order, Order.merchant_id == Merchant.id),
        "outer join": select(Order.id).select_from(Merchant).outerjoin(
            Order, Order.merchant_id == Merchant.id).where(Order.id.is_not(None)),
        "union": select(Order.id).union_all(select(Decision.id)),
        "cte": select(common.c.id),
        "in": select(Merchant.id).where(Merchant.id.in_(select(Order.merchant_id))),
        "derived": select(select(Order.id).subquery()),
    }[shape]
    kept = {"union": 2}.get(shape, 1)

    # Twice: what a statement names is remembered, and whose it was must not be.
    for actor, seen in [("stranger", 0), ("seller", kept), ("stranger", 0), ("host", kept)]:
        with hub.database.reading(merchant_id=hub.kept.merchants[actor]) as session:
            assert len(session.execute(statement).all()) == seen


def test_policies_do_not_hold_back_a_superuser(postgresql_database: Database) -> None:
    kept = keep(postgresql_database)

    with postgresql_database.reading(merchant_id=kept.merchants["stranger"]) as session:
        bare = session.execute(select(func.count()).select_from(Order.__table__)).scalar()
        narrowed = session.scalar(select(func.count()).select_from(Order))

    assert (bare, narrowed) == (1, 0)


def test_another_merchants_session_cannot_be_ended(hub: Hub) -> None:
    stranger = hub.kept.merchants["stranger"]
    before = _content(hub.database, SignedIn)

    ended = hub.database.run(lambda session: _run(session, delete(SignedIn)),
                             merchant_id=stranger)

    assert (ended, _content(hub.database, SignedIn)) == (0, before)


def test_a_host_sees_a_sellers_store_and_cannot_change_it(policed: Hub) -> None:
    store_id = policed.kept.rows[Store][0][0]
    before = _content(policed.database, Store)

    # The object is seen, so only the database can refuse what is written back from it.
    with pytest.raises(Exception, match="expected to update 1 row"), policed.database.transaction(
            merchant_id=policed.kept.merchants["host"]) as session:
        session.get_one(Store, store_id).name = "Mine now"

    assert _content(policed.database, Store) == before


@pytest.mark.parametrize("name", ["", "*"])
def test_no_merchant_is_called_everybody(sqlite_database: Database, name: str) -> None:
    with pytest.raises(ValueError, match="acts for one merchant"), sqlite_database.reading(
            merchant_id=name):
        raise AssertionError("it opened")


def test_who_signs_in_is_found_whatever_their_merchant(hub: Hub) -> None:
    with hub.database.reading() as session:
        everyone = session.scalar(select(func.count()).select_from(Person))
    with hub.database.reading(merchant_id=hub.kept.merchants["seller"]) as session:
        colleagues = session.scalar(select(func.count()).select_from(Person))

    assert (everyone, colleagues) == (len(ACTORS), 1)


def _key(model: Any) -> tuple[Any, ...]:
    return tuple(getattr(model, column.key) for column in inspect(model).primary_key)


def _changed(hub: Hub, actor: str, statement: Any) -> int | str:
    """How many rows a statement changed before it was taken back, or that it was refused."""
    changed: int | str = "refused"
    try:
        with hub.database.transaction(merchant_id=hub.kept.merchants[actor]) as session:
            changed = _run(session, statement)
            session.rollback()
    except DBAPIError:
        changed = "refused"
    return changed


def _run(session: Session, statement: Any) -> int:
    result: Any = session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)


def _content(database: Database, model: Any) -> list[Any]:
    table: Table = model.__table__
    with database.reading() as session:
        return list(session.execute(select(table).order_by(*table.primary_key)).mappings())
