"""Links to pages, per channel and asset, with their own labels and health

Revision: 0004, after 0003.

Links that are kept already lead to products, and stay as they are. Going back loses what the
older schema cannot say: links to pages, and all but one of a product's links in a channel.
"""

import sqlalchemy as sa
from alembic import op

from alliance.db import base as types

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

FILLED = {
    "store_id": "(SELECT p.store_id FROM products p WHERE p.id = links.product_id)",
    "target": "product_id", "asset": "''", "rel": "'sponsored'", "utm": "'{}'",
    "look_at": "created_at",
}
KINDS = {"utm": types.Json, "look_at": types.UtcTime}
ADDED = {"expires_at": types.UtcTime, "replaced_by": sa.Text, "health": sa.Text,
         "health_since": types.UtcTime, "health_at": types.UtcTime, "moved_to": sa.Text}
CHECKS = {
    "one_target": "product_id IS NULL OR product_id = target",
    "target_length": "length(target) BETWEEN 1 AND 1000",
    "rel": "rel IN ('sponsored', 'nofollow', 'sponsored nofollow')",
    "health": "health IN ('fine', 'withdrawn', 'sold_out', 'no_contract', 'gone', 'moved', "
              "'moved_away', 'kept_out', 'unreachable')",
}
BEFORE = 'uq_links_host_member_id_product_id_channel'
AFTER = 'uq_links_host_member_id_target_channel_asset'
SECOND = ("DELETE FROM links WHERE product_id IS NULL OR EXISTS (SELECT 1 FROM links l "
          "WHERE l.host_member_id = links.host_member_id AND l.product_id = links.product_id "
          "AND l.channel = links.channel AND l.id < links.id)")


def upgrade() -> None:
    for name in FILLED:
        op.add_column('links', sa.Column(name, KINDS.get(name, sa.Text)(), nullable=True))
    for name, kind in ADDED.items():
        op.add_column('links', sa.Column(name, kind(), nullable=True))
    for name, value in FILLED.items():
        op.execute(f"UPDATE links SET {name} = {value}")
    with op.batch_alter_table('links', table_kwargs={"sqlite_strict": True}) as links:
        for name in FILLED:
            links.alter_column(name, nullable=False, existing_type=KINDS.get(name, sa.Text)())
        links.alter_column('product_id', nullable=True, existing_type=sa.Text())
        links.drop_constraint(BEFORE, type_='unique')
        links.create_unique_constraint(AFTER, ['host_member_id', 'target', 'channel', 'asset'])
        links.create_foreign_key('fk_links_store_id_stores', 'stores', ['store_id'], ['id'])
        links.create_foreign_key('fk_links_replaced_by_links', 'links', ['replaced_by'], ['id'])
        for name, rule in CHECKS.items():
            links.create_check_constraint(op.f(f"ck_links_{name}"), rule)
    op.create_index('ix_links_store_id', 'links', ['store_id'])
    op.create_index('ix_links_look_at', 'links', ['look_at'])


def downgrade() -> None:
    op.execute("UPDATE links SET replaced_by = NULL")
    op.execute(SECOND)
    op.drop_index('ix_links_look_at', 'links')
    op.drop_index('ix_links_store_id', 'links')
    with op.batch_alter_table('links', table_kwargs={"sqlite_strict": True}) as links:
        for name in CHECKS:
            links.drop_constraint(op.f(f"ck_links_{name}"), type_='check')
        links.drop_constraint('fk_links_replaced_by_links', type_='foreignkey')
        links.drop_constraint('fk_links_store_id_stores', type_='foreignkey')
        links.drop_constraint(AFTER, type_='unique')
        links.create_unique_constraint(BEFORE, ['host_member_id', 'product_id', 'channel'])
        links.alter_column('product_id', nullable=False, existing_type=sa.Text())
        for name in (*FILLED, *ADDED):
            links.drop_column(name)
