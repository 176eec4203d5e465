"""How a click was made and from which network; clicks by the day; commissions that are held

Revision: 0005, after 0004.

What is counted by the day stays when the clicks themselves are removed after 90 days.
"""

import sqlalchemy as sa
from alembic import op

from alliance.db import base as types

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

HUB = "(SELECT current_setting('app.merchant', true)) = '*'"
WHO = "(SELECT current_setting('app.merchant', true))"
SEATS = f"(SELECT m.id FROM members m WHERE m.merchant_id = {WHO})"
LED = f"(SELECT a.id FROM alliances a WHERE a.leader_merchant_id = {WHO})"
PARTY = f"(seller_member_id IN {SEATS} OR host_member_id IN {SEATS})"

WALLS = {
    # table: (which rows are seen, which may be changed)
    "click_counts": (PARTY, "false"),
    "holds": (f"{PARTY} OR alliance_id IN {LED}",
              f"seller_member_id IN {SEATS} OR alliance_id IN {LED}"),
}


def upgrade() -> None:
    op.add_column('clicks', sa.Column(
        'manner', sa.Text(), nullable=False, server_default='unsaid'))
    op.add_column('clicks', sa.Column('network', sa.Text(), nullable=False, server_default=''))
    op.add_column('clicks', sa.Column('terms_hash', sa.Text(), nullable=False, server_default=''))
    _product_of_a_click(nullable=True)
    op.create_table(
        'click_counts',
        sa.Column('alliance_id', sa.Text(), nullable=False),
        sa.Column('starts_at', types.UtcTime(), nullable=False),
        sa.Column('host_member_id', sa.Text(), nullable=False),
        sa.Column('seller_member_id', sa.Text(), nullable=False),
        sa.Column('asset', sa.Text(), nullable=False),
        sa.Column('verdict', sa.Text(), nullable=False),
        sa.Column('day', sa.Text(), nullable=False),
        sa.Column('number', types.Whole(), nullable=False),
        sa.Column('clicks_gone', types.Flag(), nullable=False),
        sa.ForeignKeyConstraint(['alliance_id'], ['alliances.id'],
                                name=op.f('fk_click_counts_alliance_id_alliances')),
        sa.PrimaryKeyConstraint(
            'alliance_id', 'starts_at', 'host_member_id', 'seller_member_id', 'asset', 'verdict',
            'clicks_gone', name=op.f('pk_click_counts')),
        sqlite_strict=True)
    op.create_index(op.f('ix_click_counts_alliance_id_day'), 'click_counts',
                    ['alliance_id', 'day'])
    op.create_table(
        'holds',
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('alliance_id', sa.Text(), nullable=False),
        sa.Column('host_member_id', sa.Text(), nullable=False),
        sa.Column('seller_member_id', sa.Text(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('numbers', types.Json(), nullable=False),
        sa.Column('starts_at', types.UtcTime(), nullable=False),
        sa.Column('ends_at', types.UtcTime(), nullable=False),
        sa.Column('opened_at', types.UtcTime(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('words', sa.Text(), nullable=True),
        sa.Column('decided_by', sa.Text(), nullable=True),
        sa.Column('decided_at', types.UtcTime(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'released', 'reversed')",
                           name=op.f('ck_holds_state')),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)",
                           name=op.f('ck_holds_decided')),
        sa.ForeignKeyConstraint(['alliance_id'], ['alliances.id'],
                                name=op.f('fk_holds_alliance_id_alliances')),
        sa.ForeignKeyConstraint(['host_member_id'], ['members.id'],
                                name=op.f('fk_holds_host_member_id_members')),
        sa.ForeignKeyConstraint(['seller_member_id'], ['members.id'],
                                name=op.f('fk_holds_seller_member_id_members')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_holds')),
        sa.UniqueConstraint('host_member_id', 'seller_member_id', 'starts_at',
                            name=op.f('uq_holds_host_member_id_seller_member_id_starts_at')),
        sqlite_strict=True)
    op.create_index(op.f('ix_holds_alliance_id_state'), 'holds', ['alliance_id', 'state'])
    _build_walls()


def downgrade() -> None:
    op.drop_table('holds')
    op.drop_table('click_counts')
    # A click on a page and no product did not exist before.
    op.execute("DELETE FROM clicks WHERE product_id IS NULL")
    _product_of_a_click(nullable=False)
    for name in ('terms_hash', 'network', 'manner'):
        op.drop_column('clicks', name)


def _product_of_a_click(*, nullable: bool) -> None:
    with op.batch_alter_table('clicks', table_kwargs={"sqlite_strict": True}) as clicks:
        clicks.alter_column('product_id', existing_type=sa.Text(), nullable=nullable)


def _build_walls() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, (seen, changed) in WALLS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({HUB} OR {seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({HUB} OR {changed})")
        op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE USING ({HUB} OR {changed})")
        op.execute(f"CREATE POLICY removed ON {table} FOR DELETE USING ({HUB} OR {changed})")
