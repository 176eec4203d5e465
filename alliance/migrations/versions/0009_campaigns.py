"""Campaigns: what members give together, its codes, and who bears what it costs

Revision: 0009, after 0008.

A share of a gift's cost is kept like a commission, but is promised by a campaign and not by terms.
"""

import sqlalchemy as sa
from alembic import op

from alliance.db import base as types

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

WHO = "(SELECT current_setting('app.merchant', true))"
HUB = f"{WHO} = '*'"
SEATS = f"(SELECT m.id FROM members m WHERE m.merchant_id = {WHO})"
OF_ALLIANCE = f"alliance_id IN (SELECT m.alliance_id FROM members m WHERE m.merchant_id = {WHO})"
SEEN = f"(SELECT c.id FROM campaigns c WHERE c.{OF_ALLIANCE})"
HOSTED = f"(SELECT c.id FROM campaigns c WHERE c.host_member_id IN {SEATS})"

WALLS = {
    # table: (which rows are seen, which may be changed)
    "campaigns": (OF_ALLIANCE, f"host_member_id IN {SEATS}"),
    "components": (f"campaign_id IN {SEEN}", f"campaign_id IN {HOSTED}"),
    "consents": (f"campaign_id IN {SEEN}", f"member_id IN {SEATS}"),
    "coupons": (f"seller_member_id IN {SEATS} OR host_member_id IN {SEATS}", "false"),
}


def upgrade() -> None:
    op.create_table(
        'campaigns',
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('alliance_id', sa.Text(), nullable=False),
        sa.Column('host_member_id', sa.Text(), nullable=False),
        sa.Column('store_id', sa.Text(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('trigger', types.Json(), nullable=False),
        sa.Column('audience', sa.Text(), nullable=False),
        sa.Column('currency', types.CurrencyCode(), nullable=False),
        sa.Column('budget_minor', types.Whole(), nullable=True),
        sa.Column('reserved_minor', types.Whole(), nullable=False),
        sa.Column('claims_limit', types.Whole(), nullable=True),
        sa.Column('claimed', types.Whole(), nullable=False),
        sa.Column('hold_days', types.Whole(), nullable=False),
        sa.Column('swap_of', sa.Text(), nullable=True),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('hash', sa.Text(), nullable=False),
        sa.Column('starts_at', types.UtcTime(), nullable=False),
        sa.Column('ends_at', types.UtcTime(), nullable=True),
        sa.Column('created_at', types.UtcTime(), nullable=False),
        sa.Column('ended_at', types.UtcTime(), nullable=True),
        sa.CheckConstraint("audience IN ('all', 'new', 'returning')",
                           name=op.f('ck_campaigns_audience')),
        sa.CheckConstraint("kind IN ('gift_pack', 'coupon', 'swap')",
                           name=op.f('ck_campaigns_kind')),
        sa.CheckConstraint("state IN ('planned', 'running', 'paused', 'ended')",
                           name=op.f('ck_campaigns_state')),
        sa.CheckConstraint('claimed >= 0 AND (claims_limit IS NULL OR claimed <= claims_limit)',
                           name=op.f('ck_campaigns_claims')),
        sa.CheckConstraint('ends_at IS NULL OR ends_at > starts_at',
                           name=op.f('ck_campaigns_half_open')),
        sa.CheckConstraint('reserved_minor >= 0 AND (budget_minor IS NULL OR reserved_minor <= budget_minor)',
                           name=op.f('ck_campaigns_budget')),
        sa.ForeignKeyConstraint(['alliance_id'], ['alliances.id'],
                                name=op.f('fk_campaigns_alliance_id_alliances')),
        sa.ForeignKeyConstraint(['host_member_id'], ['members.id'],
                                name=op.f('fk_campaigns_host_member_id_members')),
        sa.ForeignKeyConstraint(['store_id'], ['stores.id'],
                                name=op.f('fk_campaigns_store_id_stores')),
        sa.ForeignKeyConstraint(['swap_of'], ['campaigns.id'],
                                name=op.f('fk_campaigns_swap_of_campaigns')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_campaigns')),
        sqlite_strict=True)
    op.create_index(op.f('ix_campaigns_alliance_id'), 'campaigns', ['alliance_id'])
    op.create_index(op.f('ix_campaigns_store_id_state'), 'campaigns', ['store_id', 'state'])
    op.create_table(
        'components',
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('campaign_id', sa.Text(), nullable=False),
        sa.Column('number', types.Whole(), nullable=False),
        sa.Column('seller_member_id', sa.Text(), nullable=False),
        sa.Column('store_id', sa.Text(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('rate_bp', types.Whole(), nullable=True),
        sa.Column('amount_minor', types.Whole(), nullable=True),
        sa.Column('product_id', sa.Text(), nullable=True),
        sa.Column('worth_minor', types.Whole(), nullable=False),
        sa.Column('minimum_minor', types.Whole(), nullable=False),
        sa.Column('currency', types.CurrencyCode(), nullable=False),
        sa.Column('valid_days', types.Whole(), nullable=False),
        sa.Column('shares', types.Json(), nullable=False),
        sa.Column('stock', types.Whole(), nullable=False),
        sa.Column('away_since', types.UtcTime(), nullable=True),
        sa.CheckConstraint("(kind = 'percent') = (rate_bp IS NOT NULL)",
                           name=op.f('ck_components_rate')),
        sa.CheckConstraint("kind IN ('percent', 'amount', 'sample', 'free_shipping', 'voucher')",
                           name=op.f('ck_components_kind')),
        sa.CheckConstraint('valid_days BETWEEN 1 AND 366 AND stock BETWEEN 1 AND 5000',
                           name=op.f('ck_components_stock')),
        sa.CheckConstraint('worth_minor > 0 AND minimum_minor >= 0',
                           name=op.f('ck_components_worth')),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'],
                                name=op.f('fk_components_campaign_id_campaigns')),
        sa.ForeignKeyConstraint(['product_id'], ['products.id'],
                                name=op.f('fk_components_product_id_products')),
        sa.ForeignKeyConstraint(['seller_member_id'], ['members.id'],
                                name=op.f('fk_components_seller_member_id_members')),
        sa.ForeignKeyConstraint(['store_id'], ['stores.id'],
                                name=op.f('fk_components_store_id_stores')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_components')),
        sa.UniqueConstraint('campaign_id', 'number', name=op.f('uq_components_campaign_id_number')),
        sqlite_strict=True)
    op.create_index(op.f('ix_components_campaign_id'), 'components', ['campaign_id'])
    op.create_table(
        'consents',
        sa.Column('campaign_id', sa.Text(), nullable=False),
        sa.Column('member_id', sa.Text(), nullable=False),
        sa.Column('person_id', sa.Text(), nullable=False),
        sa.Column('hash', sa.Text(), nullable=False),
        sa.Column('at', types.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'],
                                name=op.f('fk_consents_campaign_id_campaigns')),
        sa.ForeignKeyConstraint(['member_id'], ['members.id'],
                                name=op.f('fk_consents_member_id_members')),
        sa.ForeignKeyConstraint(['person_id'], ['people.id'],
                                name=op.f('fk_consents_person_id_people')),
        sa.PrimaryKeyConstraint('campaign_id', 'member_id', name=op.f('pk_consents')),
        sqlite_strict=True)
    op.create_table(
        'coupons',
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('component_id', sa.Text(), nullable=False),
        sa.Column('campaign_id', sa.Text(), nullable=False),
        sa.Column('store_id', sa.Text(), nullable=False),
        sa.Column('seller_member_id', sa.Text(), nullable=False),
        sa.Column('host_member_id', sa.Text(), nullable=False),
        sa.Column('code', sa.Text(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('made_at', types.UtcTime(), nullable=False),
        sa.Column('expires_at', types.UtcTime(), nullable=False),
        sa.Column('claimed_at', types.UtcTime(), nullable=True),
        sa.Column('claim_store_id', sa.Text(), nullable=True),
        sa.Column('claim_ref', sa.Text(), nullable=True),
        sa.Column('order_id', sa.Text(), nullable=True),
        sa.Column('ended_at', types.UtcTime(), nullable=True),
        sa.Column('ended_why', sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('making', 'ready', 'claimed', 'redeemed', 'voiding', 'void', 'leaked')",
                           name=op.f('ck_coupons_state')),
        sa.CheckConstraint('(claimed_at IS NULL) = (claim_ref IS NULL)',
                           name=op.f('ck_coupons_claim')),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'],
                                name=op.f('fk_coupons_campaign_id_campaigns')),
        sa.ForeignKeyConstraint(['claim_store_id'], ['stores.id'],
                                name=op.f('fk_coupons_claim_store_id_stores')),
        sa.ForeignKeyConstraint(['component_id'], ['components.id'],
                                name=op.f('fk_coupons_component_id_components')),
        sa.ForeignKeyConstraint(['order_id'], ['orders.id'],
                                name=op.f('fk_coupons_order_id_orders')),
        sa.ForeignKeyConstraint(['store_id'], ['stores.id'],
                                name=op.f('fk_coupons_store_id_stores')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_coupons')),
        sa.UniqueConstraint('component_id', 'claim_store_id', 'claim_ref',
                            name=op.f('uq_coupons_component_id_claim_store_id_claim_ref')),
        sa.UniqueConstraint('store_id', 'code', name=op.f('uq_coupons_store_id_code')),
        sqlite_strict=True)
    op.create_index(op.f('ix_coupons_claim_store_id_claim_ref'), 'coupons',
                    ['claim_store_id', 'claim_ref'])
    op.create_index(op.f('ix_coupons_component_id_state'), 'coupons', ['component_id', 'state'])
    op.create_index(op.f('ix_coupons_order_id'), 'coupons', ['order_id'])
    _promised_by_a_campaign()
    _build_walls()


def _promised_by_a_campaign() -> None:
    promise = ('one_promise', '(terms_id IS NULL) <> (component_id IS NULL)')
    if op.get_bind().dialect.name == "postgresql":
        op.add_column('commissions', sa.Column('component_id', sa.Text(), nullable=True))
        op.create_foreign_key(op.f('fk_commissions_component_id_components'), 'commissions',
                              'components', ['component_id'], ['id'])
        op.alter_column('commissions', 'terms_id', nullable=True)
        op.create_check_constraint(op.f(f'ck_commissions_{promise[0]}'), 'commissions', promise[1])
        return
    # SQLite cannot take a NOT NULL away: the table is written anew.
    with op.batch_alter_table(
            'commissions', table_kwargs={"sqlite_strict": True},
            table_args=(sa.CheckConstraint(promise[1], name=op.f(f'ck_commissions_{promise[0]}')),
                        )) as commissions:
        commissions.add_column(sa.Column('component_id', sa.Text(), nullable=True))
        commissions.create_foreign_key(op.f('fk_commissions_component_id_components'),
                                       'components', ['component_id'], ['id'])
        commissions.alter_column('terms_id', existing_type=sa.Text(), nullable=True)


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


def downgrade() -> None:
    raise RuntimeError("what a gift cost is booked, and the books stay")
