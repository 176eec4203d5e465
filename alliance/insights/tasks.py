"""Launch tasks as their alliance reads them: what is paid for which product, who took it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.alliances.model import Alliance, TermsVersion
from alliance.catalogue.model import Product
from alliance.core.actor import Actor
from alliance.insights import seats
from alliance.promotions.task_model import Task, TaskTaken


@dataclass(frozen=True, slots=True)
class TaskSeen:
    """A task with its product and the hosts that took it."""

    task: Task
    alliance: Alliance
    product: Product | None
    takers: tuple[str, ...]
    mine: str
    """The reader's own member id in that alliance."""
    contract_id: str | None
    """The contract by which the reader took it."""

    @property
    def is_own(self) -> bool:
        """Whether the reader posted it."""
        return self.task.seller_member_id == self.mine

    def is_open(self, now: datetime) -> bool:
        """Whether a host can still take it."""
        return self.task.closed_at is None and now < self.task.until


def tasks_of(session: Session, by: Actor, *, now: datetime) -> list[TaskSeen]:
    """All tasks of the reader's alliances, the open ones first, then the newest."""
    alliances = {each.id: each for each in members.alliances_of(session, by)}
    own = seats.own(session, by)
    takers: dict[str, list[str]] = defaultdict(list)
    contracts: dict[str, str] = {}
    for row, contract_id in session.execute(
            select(TaskTaken, TermsVersion.contract_id)
            .outerjoin(TermsVersion, TermsVersion.id == TaskTaken.terms_id)
            .order_by(TaskTaken.at, TaskTaken.host_member_id)):
        takers[row.task_id].append(row.host_member_id)
        if row.host_member_id in own.values():
            contracts[row.task_id] = contract_id
    rows = session.execute(
        select(Task, Product).outerjoin(Product, Product.id == Task.product_id)
        .where(Task.alliance_id.in_(alliances))
        .order_by(Task.created_at.desc(), Task.id))
    found = [TaskSeen(task, alliances[task.alliance_id], product, tuple(takers[task.id]),
                      own[task.alliance_id], contracts.get(task.id)) for task, product in rows]
    return sorted(found, key=lambda each: not each.is_open(now))
