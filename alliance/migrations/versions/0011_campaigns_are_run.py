"""How campaigns end and by whom, components that were withdrawn, and tasks

Revision: 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

from alliance.db import base as types

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

WHO = "(SELECT current_setting('app.merchant', true))"
HUB = f"{WHO} = '*'"
SEATS = f"(SELECT m.id FROM members m WHERE m.merchant_id = {WHO})"
OF_ALLIANCE = f"alliance_id IN (SELECT m.alliance_id FROM members m WHERE m.merchant_id = {WHO})"
LED = f"alliance_id IN (SELECT a.id FROM alliances a WHERE a.leader_merchant_id = {WHO})"
ARRANGED = ("(SELECT c.id FROM campaigns c "
            f"WHERE c.host_member_id IN {SEATS} OR c.proposed_by IN {SEATS})")
OF_LED = f"(SELECT c.id FROM campaigns c WHERE c.{LED})"
TASKS = f"(SELECT t.id FROM tasks t WHERE t.{OF_ALLIANCE})"

CHANGED = {
    # table: which rows a member may add, change and remove
    "campaigns": f"host_member_id IN {SEATS} OR proposed_by IN {SEATS} OR {LED}",
    "components": f"campaign_id IN {ARRANGED} OR seller_member_id IN {SEATS}",
}
WALLS = {
    # table: (which rows are seen, which may be changed)
    "tasks": (OF_ALLIANCE, f"seller_member_id IN {SEATS}"),
    "tasks_taken": (f"task_id IN {TASKS}", f"host_member_id IN {SEATS}"),
}


def upgrade() -> None:
    op.add_column('campaigns', sa.Column('ended_why', sa.Text(), nullable=True))
    op.add_column('campaigns', sa.Column('ended_by', sa.Text(), nullable=True))
    op.add_column('campaigns', sa.Column('proposed_by', sa.Text(), nullable=True))
    op.add_column('components', sa.Column('withdrawn_at', types.UtcTime(), nullable=True))
    op.create_table(
        'tasks',
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('alliance_id', sa.Text(), nullable=False),
        sa.Column('seller_member_id', sa.Text(), nullable=False),
        sa.Column('product_id', sa.Text(), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('material', sa.Text(), nullable=False),
        sa.Column('rate_bp', types.Whole(), nullable=False),
        sa.Column('created_at', types.UtcTime(), nullable=False),
        sa.Column('until', types.UtcTime(), nullable=False),
        sa.Column('closed_at', types.UtcTime(), nullable=True),
        sa.CheckConstraint('rate_bp BETWEEN 1 AND 10000', name=op.f('ck_tasks_rate')),
        sa.CheckConstraint('until > created_at', name=op.f('ck_tasks_half_open')),
        sa.ForeignKeyConstraint(['alliance_id'], ['alliances.id'],
                                name=op.f('fk_tasks_alliance_id_alliances')),
        sa.ForeignKeyConstraint(['product_id'], ['products.id'],
                                name=op.f('fk_tasks_product_id_products')),
        sa.ForeignKeyConstraint(['seller_member_id'], ['members.id'],
                                name=op.f('fk_tasks_seller_member_id_members')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_tasks')),
        sqlite_strict=True)
    op.create_index(op.f('ix_tasks_alliance_id'), 'tasks', ['alliance_id'])
    op.create_table(
        'tasks_taken',
        sa.Column('task_id', sa.Text(), nullable=False),
        sa.Column('host_member_id', sa.Text(), nullable=False),
        sa.Column('terms_id', sa.Text(), nullable=False),
        sa.Column('at', types.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(['host_member_id'], ['members.id'],
                                name=op.f('fk_tasks_taken_host_member_id_members')),
        sa.ForeignKeyConstraint(['task_id'], ['tasks.id'],
                                name=op.f('fk_tasks_taken_task_id_tasks')),
        sa.ForeignKeyConstraint(['terms_id'], ['terms.id'],
                                name=op.f('fk_tasks_taken_terms_id_terms')),
        sa.PrimaryKeyConstraint('task_id', 'host_member_id', name=op.f('pk_tasks_taken')),
        sqlite_strict=True)
    if op.get_bind().dialect.name == "postgresql":
        _build_walls()


def _build_walls() -> None:
    for table, changed in CHANGED.items():
        for policy in ("added", "changed", "removed"):
            op.execute(f"DROP POLICY {policy} ON {table}")
        _allow(table, changed)
    op.execute("DROP POLICY seen ON coupons")
    op.execute(f"CREATE POLICY seen ON coupons FOR SELECT USING ({HUB} OR "
               f"seller_member_id IN {SEATS} OR host_member_id IN {SEATS} OR "
               f"(state = 'leaked' AND campaign_id IN {OF_LED}))")
    for table, (seen, changed) in WALLS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({HUB} OR {seen})")
        _allow(table, changed)


def _allow(table: str, changed: str) -> None:
    op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({HUB} OR {changed})")
    op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE USING ({HUB} OR {changed})")
    op.execute(f"CREATE POLICY removed ON {table} FOR DELETE USING ({HUB} OR {changed})")


def downgrade() -> None:
    raise RuntimeError("what members agreed with each other stays")
