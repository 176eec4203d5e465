"""Orders that recur, and wanted actions that are not sales

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('orders', sa.Column('renews', sa.Text(), nullable=True))
    op.add_column('orders', sa.Column(
        'wanted', sa.Text(), nullable=False, server_default='order'))
    op.create_index(op.f('ix_orders_store_id_renews'), 'orders', ['store_id', 'renews'])


def downgrade() -> None:
    op.drop_index(op.f('ix_orders_store_id_renews'), table_name='orders')
    op.drop_column('orders', 'wanted')
    op.drop_column('orders', 'renews')
