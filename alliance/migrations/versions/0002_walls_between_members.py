"""Walls between members: row-level security on PostgreSQL

Revision: 0002, after 0001.

SQLite has no such thing: there the wall of the sessions stands alone. The conditions are written
here by hand and not taken from the models, so that a slip in one wall is no slip in the other.
"""

from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

WHO = "(SELECT current_setting('app.merchant', true))"
"""Who acts in this transaction; NULL, and so nobody, where nothing was said."""

HUB = f"{WHO} = '*'"
NOBODY = "false"
EVERYONE = f"{WHO} IS NOT NULL AND {WHO} <> ''"

SEATS = f"(SELECT m.id FROM members m WHERE m.merchant_id = {WHO})"
ALLIANCES = f"(SELECT m.alliance_id FROM members m WHERE m.merchant_id = {WHO})"
LED = f"(SELECT a.id FROM alliances a WHERE a.leader_merchant_id = {WHO})"
OPEN_BOOKS = (f"(SELECT a.id FROM alliances a "
              f"WHERE a.charter_kind = 'open_book' AND a.id IN {ALLIANCES})")
PARTY = f"(seller_member_id IN {SEATS} OR host_member_id IN {SEATS})"
OWN_STORES = f"(SELECT s.id FROM stores s WHERE s.merchant_id = {WHO})"
OWN = f"merchant_id = {WHO}"
OF_ALLIANCE = f"alliance_id IN {ALLIANCES}"
OWING = f"(debtor_id IN {SEATS} OR creditor_id IN {SEATS})"
SELLERS = f"(SELECT t.seller_member_id FROM terms_spans t WHERE t.host_member_id IN {SEATS})"

# Below, a condition in a subquery is narrowed by the named table's own policies as well.
WALLS = {
    # table: (which rows are seen, which may be changed)
    "people": (OWN, OWN),
    "sessions": (f"person_id IN (SELECT p.id FROM people p WHERE p.merchant_id = {WHO})",) * 2,
    "stores": (f"{OWN} OR merchant_id IN (SELECT m.merchant_id FROM members m "
               f"WHERE m.alliance_id IN {LED} OR m.id IN {SELLERS})", OWN),
    "contracts": (f"{PARTY} OR alliance_id IN {LED} OR id IN (SELECT t.contract_id "
                  f"FROM terms_spans t WHERE t.alliance_id IN {OPEN_BOOKS})",) * 2,
    "terms": (f"contract_id IN (SELECT c.id FROM contracts c WHERE c.seller_member_id IN {SEATS} "
              f"OR c.host_member_id IN {SEATS}) OR id IN (SELECT t.terms_id "
              f"FROM terms_spans t WHERE t.alliance_id IN {OPEN_BOOKS})",) * 2,
    "signatures": ("terms_id IN (SELECT t.id FROM terms t)", f"member_id IN {SEATS}"),
    "terms_spans": (f"{PARTY} OR alliance_id IN {OPEN_BOOKS}", PARTY),
    "products": (EVERYONE, OWN),
    "placements": (f"host_member_id IN {SEATS}",) * 2,
    "host_codes": (f"host_member_id IN {SEATS} OR store_id IN {OWN_STORES}",) * 2,
    "links": (f"host_member_id IN {SEATS}",) * 2,
    "clicks": (PARTY, NOBODY),
    "own_visitors": (OWN, OWN),
    "impressions": (f"seller_member_id IN {SEATS} OR placement_id IN (SELECT p.id "
                    f"FROM placements p WHERE p.host_member_id IN {SEATS})", NOBODY),
    "spool_offsets": (NOBODY, NOBODY),
    "orders": (f"{OWN} OR id IN (SELECT d.order_id FROM decisions d "
               f"WHERE d.host_member_id IN {SEATS})", NOBODY),
    "order_touches": ("order_id IN (SELECT o.id FROM orders o)", NOBODY),
    "decisions": (PARTY, NOBODY),
    "commissions": (f"{PARTY} OR alliance_id IN {LED}", f"seller_member_id IN {SEATS}"),
    "cycles": (OF_ALLIANCE, NOBODY),
    "cycle_lines": ("cycle_id IN (SELECT c.id FROM cycles c)", NOBODY),
    "obligations": (OF_ALLIANCE, OWING),
    "payments": ("obligation_id IN (SELECT o.id FROM obligations o)",
                 f"obligation_id IN (SELECT o.id FROM obligations o WHERE {OWING})"),
    "entries": (OF_ALLIANCE, OF_ALLIANCE),
    "postings": (OF_ALLIANCE, OF_ALLIANCE),
    "leaves": (OF_ALLIANCE, NOBODY),
    "heads": (OF_ALLIANCE, NOBODY),
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, (seen, changed) in WALLS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        # FORCE: whoever owns the tables stands behind the wall too, unless a superuser.
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({HUB} OR {seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({HUB} OR {changed})")
        op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE USING ({HUB} OR {changed})")
        op.execute(f"CREATE POLICY removed ON {table} FOR DELETE USING ({HUB} OR {changed})")


def downgrade() -> None:
    raise RuntimeError("the walls between members stay")
