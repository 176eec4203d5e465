"""What is kept of launch tasks: what sellers offer to every host, and who took it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from alliance.db import walls
from alliance.db.base import Base


class Task(Base):
    """A seller's open offer to every host of an alliance: this rate for this product until then.

    `material` says what the seller gives to work with: pictures, texts, a sample.
    """

    __tablename__ = "tasks"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"), index=True)
    seller_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"))
    title: Mapped[str]
    text: Mapped[str]
    material: Mapped[str]
    rate_bp: Mapped[int]
    created_at: Mapped[datetime]
    until: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("rate_bp BETWEEN 1 AND 10000", name="rate"),
        CheckConstraint("until > created_at", name="half_open"),
    )


class TaskTaken(Base):
    """A host that took a task: the version it signed carries the seller's rate once both did."""

    __tablename__ = "tasks_taken"

    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    host_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), primary_key=True)
    terms_id: Mapped[str] = mapped_column(ForeignKey("terms.id"))
    at: Mapped[datetime]


def _tasks(who: str) -> Select[Any]:
    return select(_TASKS.c.id).where(
        _TASKS.c.alliance_id.in_(walls.alliances(who))).correlate(None)


_TASKS = walls.rows("tasks", "id", "alliance_id")

walls.wall(Task, seen=lambda who: Task.alliance_id.in_(walls.alliances(who)),
           changed=lambda who: Task.seller_member_id.in_(walls.seats(who)))
walls.wall(TaskTaken, seen=lambda who: TaskTaken.task_id.in_(_tasks(who)),
           changed=lambda who: TaskTaken.host_member_id.in_(walls.seats(who)))
