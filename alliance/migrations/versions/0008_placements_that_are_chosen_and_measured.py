"""Placements: where, whose goods, in which look, for whom; measured groups and field metrics

Revision: 0008, after 0007.

Placements that are kept already show a row of everybody's goods to every shopper, as before. The
leader of an alliance may now see them, to know whose page a slate makes slow.
"""

import sqlalchemy as sa
from alembic import op

from alliance.db import base as types

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

WHO = "(SELECT current_setting('app.merchant', true))"
HUB = f"{WHO} = '*'"
SEATS = f"(SELECT m.id FROM members m WHERE m.merchant_id = {WHO})"
LED = f"(SELECT a.id FROM alliances a WHERE a.leader_merchant_id = {WHO})"
HOSTED = f"host_member_id IN {SEATS}"

WALLS = {
    "placement_days": f"placement_id IN (SELECT p.id FROM placements p WHERE p.{HOSTED})",
    "placement_vitals": f"placement_id IN (SELECT p.id FROM placements p WHERE p.{HOSTED} "
                        f"OR p.alliance_id IN {LED})",
}
TEXT, WHOLE, TIME = sa.Text(), types.Whole(), types.UtcTime()
ADDED = [
    # column, kind, default of a placement that is there already, check with its name
    ("spot", TEXT, "'anywhere'", "spot",
     "spot IN ('product_page', 'cart', 'thank_you', 'article', 'anywhere')"),
    ("shows", TEXT, "'slate'", "shows", "shows IN ('slate', 'bundle', 'claim')"),
    ("layout", TEXT, "'row'", "layout", "layout IN ('row', 'grid', 'compact')"),
    ("only_sellers", TEXT, "'[]'", None, None),
    ("heading", TEXT, "''", "heading_length", "length(heading) <= 80"),
    ("share_bp", WHOLE, "10000", "share_bp", "share_bp BETWEEN 0 AND 10000"),
    ("hold_out_bp", WHOLE, "0", "hold_out_bp", "hold_out_bp BETWEEN 0 AND 2000"),
    ("measured_since", TIME, None, None, None),
    ("paused_at", TIME, None, None, None),
    ("paused_why", TEXT, None, "paused", "(paused_at IS NULL) = (paused_why IS NULL)"),
    ("resumed_at", TIME, None, None, None),
]


def upgrade() -> None:
    # Column by column, each with its check: SQLite would have to make the table anew for a check
    # of its own, and cannot while impressions refer to it.
    dialect = op.get_bind().dialect
    for name, kind, default, check, rule in ADDED:
        given = f" NOT NULL DEFAULT {default}" if default else ""
        ruled = f" CONSTRAINT ck_placements_{check} CHECK ({rule})" if check else ""
        op.execute(f"ALTER TABLE placements ADD COLUMN {name} "
                   f"{kind.compile(dialect)}{given}{ruled}")
    op.create_table(
        'placement_days',
        sa.Column('placement_id', sa.Text(), nullable=False),
        sa.Column('day', sa.Text(), nullable=False),
        sa.Column('group_name', sa.Text(), nullable=False),
        sa.Column('shoppers', types.Whole(), nullable=False),
        sa.CheckConstraint("group_name IN ('shown', 'held')",
                           name=op.f('ck_placement_days_group_name')),
        sa.ForeignKeyConstraint(['placement_id'], ['placements.id'],
                                name=op.f('fk_placement_days_placement_id_placements')),
        sa.PrimaryKeyConstraint('placement_id', 'day', 'group_name',
                                name=op.f('pk_placement_days')),
        sqlite_strict=True)
    op.create_table(
        'placement_vitals',
        sa.Column('placement_id', sa.Text(), nullable=False),
        sa.Column('day', sa.Text(), nullable=False),
        sa.Column('metric', sa.Text(), nullable=False),
        sa.Column('up_to', types.Whole(), nullable=False),
        sa.Column('number', types.Whole(), nullable=False),
        sa.CheckConstraint("metric IN ('load', 'shift', 'work', 'errors')",
                           name=op.f('ck_placement_vitals_metric')),
        sa.ForeignKeyConstraint(['placement_id'], ['placements.id'],
                                name=op.f('fk_placement_vitals_placement_id_placements')),
        sa.PrimaryKeyConstraint('placement_id', 'day', 'metric', 'up_to',
                                name=op.f('pk_placement_vitals')),
        sqlite_strict=True)
    if dialect.name == "postgresql":
        _build_walls()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _see_placements(HOSTED)
    op.drop_table('placement_vitals')
    op.drop_table('placement_days')
    for name, *_ in reversed(ADDED):
        op.drop_column('placements', name)


def _build_walls() -> None:
    for table, seen in WALLS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({HUB} OR {seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({HUB})")
        op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE USING ({HUB})")
        op.execute(f"CREATE POLICY removed ON {table} FOR DELETE USING ({HUB})")
    _see_placements(f"{HOSTED} OR alliance_id IN {LED}")


def _see_placements(seen: str) -> None:
    op.execute("DROP POLICY seen ON placements")
    op.execute(f"CREATE POLICY seen ON placements FOR SELECT USING ({HUB} OR {seen})")
