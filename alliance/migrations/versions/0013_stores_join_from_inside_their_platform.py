"""Stores join from inside their platform, by a code; keys that run out are renewed under a lease

Revision: 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

from alliance.db import base as types

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

WHO = "(SELECT current_setting('app.merchant', true))"
HUB = f"{WHO} = '*'"
WALLS = {
    "join_codes": f"merchant_id = {WHO}",
    "key_leases": f"store_id IN (SELECT s.id FROM stores s WHERE s.merchant_id = {WHO})",
}


def upgrade() -> None:
    op.create_table(
        'join_codes',
        sa.Column('code_hash', sa.Text(), nullable=False),
        sa.Column('merchant_id', sa.Text(), nullable=False),
        sa.Column('person_id', sa.Text(), nullable=False),
        sa.Column('connector', sa.Text(), nullable=False),
        sa.Column('created_at', types.UtcTime(), nullable=False),
        sa.Column('expires_at', types.UtcTime(), nullable=False),
        sa.Column('used_at', types.UtcTime(), nullable=True),
        sa.Column('store_id', sa.Text(), nullable=True),
        sa.CheckConstraint('expires_at > created_at',
                           name=op.f('ck_join_codes_expires_after_start')),
        sa.CheckConstraint('(used_at IS NULL) = (store_id IS NULL)',
                           name=op.f('ck_join_codes_used')),
        sa.ForeignKeyConstraint(['merchant_id'], ['merchants.id'],
                                name=op.f('fk_join_codes_merchant_id_merchants')),
        sa.ForeignKeyConstraint(['person_id'], ['people.id'],
                                name=op.f('fk_join_codes_person_id_people')),
        sa.ForeignKeyConstraint(['store_id'], ['stores.id'],
                                name=op.f('fk_join_codes_store_id_stores')),
        sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_join_codes')),
        sqlite_strict=True)
    op.create_index(op.f('ix_join_codes_merchant_id'), 'join_codes', ['merchant_id'])
    op.create_table(
        'key_leases',
        sa.Column('store_id', sa.Text(), nullable=False),
        sa.Column('due_at', types.UtcTime(), nullable=False),
        sa.Column('leased_until', types.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(['store_id'], ['stores.id'],
                                name=op.f('fk_key_leases_store_id_stores')),
        sa.PrimaryKeyConstraint('store_id', name=op.f('pk_key_leases')),
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
    raise RuntimeError("keys that are not renewed run out")
