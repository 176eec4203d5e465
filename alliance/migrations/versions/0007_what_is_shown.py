"""A version of what an alliance shows, so that memory knows when to look again

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

from alliance.db import base as types

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

WHO = "(SELECT current_setting('app.merchant', true))"
HUB = f"{WHO} = '*'"
OF_ALLIANCE = f"alliance_id IN (SELECT m.alliance_id FROM members m WHERE m.merchant_id = {WHO})"


def upgrade() -> None:
    op.create_table(
        'shown_versions',
        sa.Column('alliance_id', sa.Text(), nullable=False),
        sa.Column('version', types.Whole(), nullable=False),
        sa.ForeignKeyConstraint(['alliance_id'], ['alliances.id'],
                                name=op.f('fk_shown_versions_alliance_id_alliances')),
        sa.PrimaryKeyConstraint('alliance_id', name=op.f('pk_shown_versions')),
        sqlite_strict=True)
    # A slate looks at the first thousand of each seller, also of one that has a hundred thousand.
    op.create_index(op.f('ix_products_merchant_id_id'), 'products', ['merchant_id', 'id'])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE shown_versions ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE shown_versions FORCE ROW LEVEL SECURITY")
        open_to = f"({HUB} OR {OF_ALLIANCE})"
        op.execute(f"CREATE POLICY seen ON shown_versions FOR SELECT USING {open_to}")
        op.execute(f"CREATE POLICY added ON shown_versions FOR INSERT WITH CHECK {open_to}")
        op.execute(f"CREATE POLICY changed ON shown_versions FOR UPDATE USING {open_to}")
        op.execute(f"CREATE POLICY removed ON shown_versions FOR DELETE USING {open_to}")


def downgrade() -> None:
    op.drop_index(op.f('ix_products_merchant_id_id'), 'products')
    op.drop_table('shown_versions')
