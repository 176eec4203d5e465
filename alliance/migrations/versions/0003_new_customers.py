"""Whether an order was its customer's first, as a column that can be counted

Revision: 0003, after 0002.

The snapshots have said so all along: what is kept already is filled in from them.
"""

import sqlalchemy as sa
from alembic import op

from alliance.db import base as types

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

FIRST = {
    "sqlite": "json_extract(snapshot, '$.is_new_customer')",
    "postgresql": "(snapshot::json ->> 'is_new_customer')::boolean",
}


def upgrade() -> None:
    op.add_column('orders', sa.Column('is_new_customer', types.Flag(), nullable=True))
    op.execute(f"UPDATE orders SET is_new_customer = {FIRST[op.get_bind().dialect.name]}")


def downgrade() -> None:
    op.drop_column('orders', 'is_new_customer')
