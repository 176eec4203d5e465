"""Stores join by a round trip of their owner's browser, and what they are is looked at

Revision: 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

from alliance.db import base as types

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

WHO = "(SELECT current_setting('app.merchant', true))"
HUB = f"{WHO} = '*'"
WALLS = {
    "pairings": f"merchant_id = {WHO}",
    "store_health": f"store_id IN (SELECT s.id FROM stores s WHERE s.merchant_id = {WHO})",
}


def upgrade() -> None:
    op.create_table(
        'pairings',
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('state_hash', sa.Text(), nullable=False),
        sa.Column('merchant_id', sa.Text(), nullable=False),
        sa.Column('connector', sa.Text(), nullable=False),
        sa.Column('address', sa.Text(), nullable=False),
        sa.Column('back', sa.Text(), nullable=False),
        sa.Column('created_at', types.UtcTime(), nullable=False),
        sa.Column('expires_at', types.UtcTime(), nullable=False),
        sa.Column('handed_at', types.UtcTime(), nullable=True),
        sa.Column('secrets', types.SealedText(), nullable=True),
        sa.Column('store_id', sa.Text(), nullable=True),
        sa.CheckConstraint('expires_at > created_at',
                           name=op.f('ck_pairings_expires_after_start')),
        sa.CheckConstraint('(handed_at IS NULL) = (secrets IS NULL)',
                           name=op.f('ck_pairings_handed')),
        sa.ForeignKeyConstraint(['merchant_id'], ['merchants.id'],
                                name=op.f('fk_pairings_merchant_id_merchants')),
        sa.ForeignKeyConstraint(['store_id'], ['stores.id'],
                                name=op.f('fk_pairings_store_id_stores')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_pairings')),
        sa.UniqueConstraint('state_hash', name=op.f('uq_pairings_state_hash')),
        sqlite_strict=True)
    op.create_index(op.f('ix_pairings_merchant_id'), 'pairings', ['merchant_id'])
    op.create_table(
        'store_health',
        sa.Column('store_id', sa.Text(), nullable=False),
        sa.Column('looked_at', types.UtcTime(), nullable=False),
        sa.Column('platform', sa.Text(), nullable=False),
        sa.Column('may_write', types.Flag(), nullable=False),
        sa.Column('plugin', sa.Text(), nullable=True),
        sa.Column('hooks', sa.Text(), nullable=False),
        sa.Column('checks', sa.Text(), nullable=False),
        sa.Column('mended_at', types.UtcTime(), nullable=True),
        sa.CheckConstraint('length(platform) <= 200',
                           name=op.f('ck_store_health_platform_length')),
        sa.ForeignKeyConstraint(['store_id'], ['stores.id'],
                                name=op.f('fk_store_health_store_id_stores')),
        sa.PrimaryKeyConstraint('store_id', name=op.f('pk_store_health')),
        sqlite_strict=True)
    if op.get_bind().dialect.name == "postgresql":
        for table, open_to in WALLS.items():
            _build_walls(table, open_to)


def _build_walls(table: str, open_to: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({HUB} OR {open_to})")
    op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({HUB} OR {open_to})")
    op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE USING ({HUB} OR {open_to})")
    op.execute(f"CREATE POLICY removed ON {table} FOR DELETE USING ({HUB} OR {open_to})")


def downgrade() -> None:
    raise RuntimeError("the stores that joined keep their keys")
