"""Material that members give each other, articles with product cards, and how both were used

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

from alliance.db import base as types

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

WHO = "(SELECT current_setting('app.merchant', true))"
HUB = f"{WHO} = '*'"
SEATS = f"(SELECT m.id FROM members m WHERE m.merchant_id = {WHO})"
ALLIANCES = f"(SELECT m.alliance_id FROM members m WHERE m.merchant_id = {WHO})"
OWN_ASSETS = f"(SELECT a.id FROM assets a WHERE a.member_id IN {SEATS})"
# Narrowed by the policy of the table itself.
SEEN_ASSETS = "(SELECT a.id FROM assets a)"

WALLS = {
    # table: (which rows are seen, which may be changed)
    "assets": (f"member_id IN {SEATS} OR (published_at IS NOT NULL "
               f"AND alliance_id IN {ALLIANCES})", f"member_id IN {SEATS}"),
    "asset_products": (f"asset_id IN {SEEN_ASSETS}", f"asset_id IN {OWN_ASSETS}"),
    "asset_uses": (f"alliance_id IN {ALLIANCES}",) * 2,
    "article_versions": (f"article_id IN {OWN_ASSETS} OR (published_at IS NOT NULL "
                         f"AND article_id IN {SEEN_ASSETS})", f"article_id IN {OWN_ASSETS}"),
    "article_cards": (f"article_id IN {SEEN_ASSETS}", f"article_id IN {OWN_ASSETS}"),
}


def upgrade() -> None:
    _assets()
    _uses()
    _articles()
    _build_walls()


def downgrade() -> None:
    for table in ('article_cards', 'article_versions', 'asset_uses', 'asset_products', 'assets'):
        op.drop_table(table)


def _assets() -> None:
    op.create_table(
        'assets',
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('alliance_id', sa.Text(), nullable=False),
        sa.Column('member_id', sa.Text(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('origin', sa.Text(), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('language', sa.Text(), nullable=False),
        sa.Column('licence', sa.Text(), nullable=False),
        sa.Column('granted_by', sa.Text(), nullable=False),
        sa.Column('source', sa.Text(), nullable=False),
        sa.Column('version', types.Whole(), nullable=False),
        sa.Column('supersedes', sa.Text(), nullable=True),
        sa.Column('tags', types.Json(), nullable=False),
        sa.Column('words', sa.Text(), nullable=False),
        sa.Column('url', sa.Text(), nullable=True),
        sa.Column('sha256', sa.Text(), nullable=True),
        sa.Column('small_sha256', sa.Text(), nullable=True),
        sa.Column('media_type', sa.Text(), nullable=True),
        sa.Column('size', types.Whole(), nullable=True),
        sa.Column('width', types.Whole(), nullable=True),
        sa.Column('height', types.Whole(), nullable=True),
        sa.Column('created_at', types.UtcTime(), nullable=False),
        sa.Column('published_at', types.UtcTime(), nullable=True),
        sa.Column('withdrawn_at', types.UtcTime(), nullable=True),
        sa.CheckConstraint("kind IN ('picture', 'banner', 'text', 'video', 'article')",
                           name=op.f('ck_assets_kind')),
        sa.CheckConstraint("origin IN ('ogc', 'pgc', 'ugc')", name=op.f('ck_assets_origin')),
        sa.CheckConstraint("licence IN ('own', 'cc-by', 'cc-by-sa', 'cc0', 'granted')",
                           name=op.f('ck_assets_licence')),
        sa.CheckConstraint("(licence = 'granted') = (granted_by <> '')",
                           name=op.f('ck_assets_granted_by_whom')),
        sa.CheckConstraint("length(title) BETWEEN 1 AND 200",
                           name=op.f('ck_assets_title_length')),
        sa.CheckConstraint("(sha256 IS NOT NULL) = (kind IN ('picture', 'banner'))",
                           name=op.f('ck_assets_file')),
        sa.CheckConstraint("(url IS NOT NULL) = (kind = 'video')", name=op.f('ck_assets_video')),
        sa.CheckConstraint("width BETWEEN 1 AND 10000 AND height BETWEEN 1 AND 10000",
                           name=op.f('ck_assets_pixels')),
        sa.ForeignKeyConstraint(['alliance_id'], ['alliances.id'],
                                name=op.f('fk_assets_alliance_id_alliances')),
        sa.ForeignKeyConstraint(['member_id'], ['members.id'],
                                name=op.f('fk_assets_member_id_members')),
        sa.ForeignKeyConstraint(['supersedes'], ['assets.id'],
                                name=op.f('fk_assets_supersedes_assets')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_assets')),
        sa.UniqueConstraint('supersedes', name=op.f('uq_assets_supersedes')),
        sqlite_strict=True)
    op.create_index(op.f('ix_assets_alliance_id_created_at'), 'assets',
                    ['alliance_id', 'created_at'])
    op.create_table(
        'asset_products',
        sa.Column('asset_id', sa.Text(), nullable=False),
        sa.Column('product_id', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['asset_id'], ['assets.id'],
                                name=op.f('fk_asset_products_asset_id_assets')),
        sa.ForeignKeyConstraint(['product_id'], ['products.id'],
                                name=op.f('fk_asset_products_product_id_products')),
        sa.PrimaryKeyConstraint('asset_id', 'product_id', name=op.f('pk_asset_products')),
        sqlite_strict=True)
    op.create_index(op.f('ix_asset_products_product_id'), 'asset_products', ['product_id'])


def _uses() -> None:
    op.create_table(
        'asset_uses',
        sa.Column('asset_id', sa.Text(), nullable=False),
        sa.Column('day', sa.Text(), nullable=False),
        sa.Column('use', sa.Text(), nullable=False),
        sa.Column('alliance_id', sa.Text(), nullable=False),
        sa.Column('number', types.Whole(), nullable=False),
        sa.CheckConstraint("use IN ('download', 'view')", name=op.f('ck_asset_uses_use')),
        sa.ForeignKeyConstraint(['alliance_id'], ['alliances.id'],
                                name=op.f('fk_asset_uses_alliance_id_alliances')),
        sa.PrimaryKeyConstraint('asset_id', 'day', 'use', name=op.f('pk_asset_uses')),
        sqlite_strict=True)


def _articles() -> None:
    op.create_table(
        'article_versions',
        sa.Column('article_id', sa.Text(), nullable=False),
        sa.Column('number', types.Whole(), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('language', sa.Text(), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('written_at', types.UtcTime(), nullable=False),
        sa.Column('published_at', types.UtcTime(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f('ck_article_versions_number')),
        sa.CheckConstraint("length(title) BETWEEN 1 AND 200",
                           name=op.f('ck_article_versions_title_length')),
        sa.ForeignKeyConstraint(['article_id'], ['assets.id'],
                                name=op.f('fk_article_versions_article_id_assets')),
        sa.PrimaryKeyConstraint('article_id', 'number', name=op.f('pk_article_versions')),
        sqlite_strict=True)
    op.create_table(
        'article_cards',
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('article_id', sa.Text(), nullable=False),
        sa.Column('product_id', sa.Text(), nullable=False),
        sa.Column('place', types.Whole(), nullable=True),
        sa.Column('created_at', types.UtcTime(), nullable=False),
        sa.CheckConstraint("place >= 1", name=op.f('ck_article_cards_place')),
        sa.ForeignKeyConstraint(['article_id'], ['assets.id'],
                                name=op.f('fk_article_cards_article_id_assets')),
        sa.ForeignKeyConstraint(['product_id'], ['products.id'],
                                name=op.f('fk_article_cards_product_id_products')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_article_cards')),
        sa.UniqueConstraint('article_id', 'product_id',
                            name=op.f('uq_article_cards_article_id_product_id')),
        sqlite_strict=True)


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
