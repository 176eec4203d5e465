"""Hints: what a platform's pixel says of an order, shown and never paid

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

from alliance.db import base as types

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

WHO = "(SELECT current_setting('app.merchant', true))"
HUB = f"{WHO} = '*'"
OPEN_TO = f"store_id IN (SELECT s.id FROM stores s WHERE s.merchant_id = {WHO})"


def upgrade() -> None:
    op.create_table(
        'hints',
        sa.Column('store_id', sa.Text(), nullable=False),
        sa.Column('order_ref', sa.Text(), nullable=False),
        sa.Column('click_id', sa.Text(), nullable=False),
        sa.Column('host_member_id', sa.Text(), nullable=False),
        sa.Column('heard_at', types.UtcTime(), nullable=False),
        sa.CheckConstraint('length(order_ref) BETWEEN 1 AND 60',
                           name=op.f('ck_hints_ref_length')),
        sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_hints_store_id_stores')),
        sa.ForeignKeyConstraint(['host_member_id'], ['members.id'],
                                name=op.f('fk_hints_host_member_id_members')),
        sa.PrimaryKeyConstraint('store_id', 'order_ref', 'click_id', name=op.f('pk_hints')),
        sqlite_strict=True)
    if op.get_bind().dialect.name == "postgresql":
        _build_walls()


def _build_walls() -> None:
    op.execute("ALTER TABLE hints ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE hints FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY seen ON hints FOR SELECT USING ({HUB} OR {OPEN_TO})")
    op.execute(f"CREATE POLICY added ON hints FOR INSERT WITH CHECK ({HUB})")
    op.execute(f"CREATE POLICY changed ON hints FOR UPDATE USING ({HUB})")
    op.execute(f"CREATE POLICY removed ON hints FOR DELETE USING ({HUB})")


def downgrade() -> None:
    raise RuntimeError("what was heard stays known")
