"""Launch tasks: a seller's open offer on one product, which any host of the alliance takes (A5.4).

Taking one drafts the contract's next version, with the seller's rate for that product until the
task's last day, and signs it for the host. The seller signs it too, and it is in force.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import contracts, members
from alliance.alliances.model import Alliance, Contract, Member, TermsVersion
from alliance.catalogue.model import Product
from alliance.core.actor import Actor
from alliance.core.clock import day_of
from alliance.core.errors import Conflict, Invalid, NotAllowed, NotFound
from alliance.core.ids import new_id
from alliance.core.money import Rate
from alliance.merchants.plain import one_line, paragraph
from alliance.promotions import bonuses
from alliance.promotions.task_model import Task, TaskTaken
from alliance.rules import favours
from alliance.rules.terms import Basis, Clause, Condition, Field, Op, Terms


def post(session: Session, by: Actor, alliance_id: str, product_id: str, *, title: str, text: str,
         material: str, rate: Rate, until: datetime, now: datetime) -> Task:
    """Offer every host of the alliance this rate of each sale of a product until then.

    Raises `NotFound` for another's product, `Invalid` for a rate of nothing or an end that is over.
    """
    alliance, mine = members.place(session, by, alliance_id)
    product = session.get(Product, product_id)
    if product is None or product.merchant_id != by.merchant or product.withdrawn_at is not None:
        raise NotFound("product", product_id)
    if mine.state != "active":
        raise Conflict("member_state", "A suspended member posts no tasks.", state=mine.state,
                       to="active")
    if not rate.bp:
        raise Invalid("rate_out_of_range", "A task pays more than nothing.", field="rate")
    if until <= now:
        raise Invalid("ends_in_past", "Its last day lies ahead.", field="until")
    task = Task(
        id=new_id("tsk", now), alliance_id=alliance.id, seller_member_id=mine.id,
        product_id=product.id, title=one_line(title, "title", longest=120),
        text=paragraph(text, "text"), material=paragraph(material, "material"), rate_bp=rate.bp,
        created_at=now, until=until)
    session.add(task)
    session.flush()
    return task


def close(session: Session, by: Actor, task_id: str, *, now: datetime) -> Task:
    """The seller lets nobody else take it; contracts that were signed for it run on."""
    task, mine = seen(session, by, task_id)
    if task.seller_member_id != mine.id:
        raise NotAllowed("not_a_party", "Only the member that posted it may close it.")
    _open(task, now)
    task.closed_at = now
    session.flush()
    return task


def take(session: Session, by: Actor, task_id: str, *, now: datetime) -> TaskTaken:
    """Draft and sign, as a host, the version that carries the task's rate.

    Where a contract is in force its other clauses stay, and what only helps the host begins at
    once. Raises `Conflict` when the task is over or taken, or a newer version waits.
    """
    task, mine = seen(session, by, task_id)
    if task.seller_member_id == mine.id:
        raise Invalid("same_member", "Your own task is for the others.")
    _open(task, now)
    if session.get(TaskTaken, (task.id, mine.id)) is not None:
        raise Conflict("task_taken", "You have taken this task already.")
    alliance = session.get_one(Alliance, task.alliance_id)
    version = _version(session, by, alliance, task, mine, now)
    contracts.sign(session, by, version.id, now=now)
    taken = TaskTaken(task_id=task.id, host_member_id=mine.id, terms_id=version.id, at=now)
    session.add(taken)
    session.flush()
    return taken


def seen(session: Session, by: Actor, task_id: str) -> tuple[Task, Member]:
    """A task of the actor's alliance and the actor's own place there, or `NotFound`."""
    task = session.get(Task, task_id)
    mine = members.member_for(session, task.alliance_id, by.merchant) if task else None
    if task is None or mine is None or mine.state == "left":
        raise NotFound("task", task_id)
    return task, mine


def clause_of(task: Task, ref: str, alliance: Alliance) -> Clause:
    """What a task adds to a contract; `ref` is the seller's own name of the product."""
    last = day_of(task.until - timedelta(seconds=1), alliance.zone)
    return Clause(
        f"task-{task.id[-10:]}", Basis.PERCENT_OF_SALE, rate=Rate(task.rate_bp),
        conditions=(Condition(Field.PRODUCT, Op.IS, (ref,)),
                    favours.between(day_of(task.created_at, alliance.zone), last)))


def _version(session: Session, by: Actor, alliance: Alliance, task: Task, mine: Member,
             now: datetime) -> TermsVersion:
    clause = clause_of(task, session.get_one(Product, task.product_id).ref, alliance)
    contract = session.scalar(select(Contract).where(
        Contract.alliance_id == alliance.id, Contract.seller_member_id == task.seller_member_id,
        Contract.host_member_id == mine.id))
    if contract is None or contract.state == "ended":
        return contracts.draft(
            session, by, alliance.id, seller_member=task.seller_member_id, host_member=mine.id,
            terms=_first(alliance, task, mine, clause, now), now=now)
    _, terms = bonuses.newest(session, by, contract.id)
    wanted = replace(terms, clauses=(clause, *terms.clauses), effective_from=now)
    if not favours.favours_host(terms, wanted):
        wanted = replace(wanted, effective_from=now + timedelta(days=terms.notice_days))
    return contracts.amend(session, by, contract.id, wanted, now=now)


def _first(alliance: Alliance, task: Task, mine: Member, clause: Clause, now: datetime) -> Terms:
    return Terms(
        seller=task.seller_member_id, host=mine.id, version=1, clauses=(clause,),
        currency=alliance.currency, effective_from=now, window_days=alliance.window_days,
        hold_days=alliance.hold_days, notice_days=alliance.notice_days)


def _open(task: Task, now: datetime) -> None:
    if task.closed_at is not None or task.until <= now:
        raise Conflict("task_over", "This task is over.")
