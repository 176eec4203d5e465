"""Histories of a hub drawn by chance: five members, two alliances, and all that can happen.

The bakery leads both alliances and its one store sells in both. Orders come and change, clicks are
drained late, contracts and members come and go, months close by the clock, debts are paid rightly
and wrongly. What must hold after each step stands in tests/reckoning.py and in the audit.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import agreed, contracts, members
from alliance.alliances.model import Contract, Member
from alliance.core.errors import AllianceError
from alliance.core.ids import new_id
from alliance.core.money import Currency, Money, Rate
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder
from alliance.db.queue import Message
from alliance.db.sealed import Seal
from alliance.ledger import proofs
from alliance.merchants.model import Merchant, Store
from alliance.promotions import codes
from alliance.referrals import clicks, orders
from alliance.referrals.keys import Keys
from alliance.referrals.tokens import ClickToken
from alliance.rules.terms import Basis, Cap, CapPer, Clause, CreditModel, Per
from alliance.settlement import commissions, cycles, payments
from alliance.settlement.model import Obligation, Payment
from tests import make
from tests.proofs import HEAD_KEY
from tests.spooled import drained
from tests.world import EUR, SIGNER

USD = Currency("USD")
NETTING = ("bilateral", "cycles", "multilateral")
STEPS = {"place": 8, "change": 9, "click": 3, "click_late": 2, "pass_days": 6, "pay": 7,
         "confirm": 8, "accept": 2, "amend": 1, "seal": 1, "draft": 1, "resume": 1, "end": 0.4,
         "suspend": 0.6, "leave": 0.4}


class History:
    """A hub and its time; `step` lets one thing happen and says what it was."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session, self.chance, self.now = session, Random(seed), make.NOW
        self.keys = Keys(SIGNER, Seal([b"\x01" * 32]))
        self.alliances: list[str] = []
        self.seats: list[Member] = []
        self.stores: dict[str, Store] = {}
        self.products: dict[str, str] = {}
        self.told: dict[tuple[str, str], list[StoreOrder]] = {}
        self.tokens: list[tuple[str, str]] = []
        self.refused: list[str] = []
        self._found(NETTING[seed % 3], NETTING[seed // 3 % 3])

    def step(self) -> str:
        """One thing happens, a little later; what it causes is worked off, mostly at once."""
        self.now += timedelta(minutes=self.chance.randrange(1, 300))
        name = self.chance.choices(list(STEPS), list(STEPS.values()))[0]
        # A refusal is a transaction rolled back, as at every edge.
        try:
            with self.session.begin_nested():
                getattr(self, f"_{name}")()
        except AllianceError as refusal:
            self.refused.append(refusal.code)
        if self.chance.random() < 0.8:
            self.work()
        return name

    def work(self) -> None:
        """What a worker would do with the messages that wait."""
        while waiting := self.session.scalars(select(Message).where(
                Message.state == "ready", Message.name.in_(("OrderChanged", "ClicksDrained")))
                .order_by(Message.name, Message.id)).all():
            for message in waiting:
                message.state = "done"
                if message.name == "ClicksDrained":
                    self._judge(message.body["alliance_id"],
                                date.fromisoformat(message.body["day"]))
            self.session.flush()
            commissions.settle_up(self.session, [
                each.body["order_id"] for each in waiting if each.name == "OrderChanged"],
                now=self.now)

    def _judge(self, alliance_id: str, day: date) -> None:
        reached = clicks.judge(self.session, alliance_id, day).orders
        if reached:
            orders.decide(self.session, reached, self.keys, now=self.now)
        commissions.gather_clicks(self.session, alliance_id, day, now=self.now)

    def _place(self) -> None:
        store = self.chance.choice(sorted(self.stores))
        told = [self._fresh(store, str(1000 + len(self.told) + n))
                for n in range(self.chance.randint(1, 5))]
        self._tell(store, *told)

    def _fresh(self, store: str, ref: str) -> StoreOrder:
        currency = USD if self.chance.random() < 0.2 else EUR
        lines = tuple(
            OrderLine(f"line:{n}", LineKind.GOODS, "101", 1, self._money(currency), *[
                Money.zero(currency)] * 4)
            for n in range(self.chance.randint(1, 3)))
        is_paid = self.chance.random() < 0.7
        placed = self.now - timedelta(minutes=self.chance.choice([0, 5, 60 * 30]))
        return StoreOrder(
            ref=ref, number=ref, state=OrderState.PAID if is_paid else OrderState.OPEN,
            currency=currency, placed_at=placed, updated_at=self.now, lines=lines,
            paid_at=placed if is_paid else None, click_tokens=self._draw(store, placed),
            completed_at=placed if self.chance.random() < 0.5 else None,
            coupons=("with-cafe",) if self.chance.random() < 0.15 else (),
            spoken_code="florist" if self.chance.random() < 0.1 else None,
            customer_key=self.chance.choice([None, *[f"{n:064x}" for n in range(6)]]))

    def _change(self) -> None:
        for _ in range(self.chance.randint(1, 4) if self.told else 0):
            self._change_one()

    def _change_one(self) -> None:
        (store, _), known = self.chance.choice(sorted(self.told.items()))
        if self.chance.random() < 0.15:
            # A call that comes late tells what is known to be over.
            orders.record(self.session, store, [self.chance.choice(known)], self.keys,
                          now=self.now)
            return
        before = known[-1]
        moved: dict[str, Any] = self.chance.choice([
            self._paid, self._refunded, self._refunded, self._refunded, self._cancelled,
            self._edited, self._touched])(store, before)
        self._tell(store, replace(before, updated_at=self.now, version=before.version + 1,
                                  **moved))

    def _paid(self, _store: str, before: StoreOrder) -> dict[str, Any]:
        # Paid at last, brought back after it was cancelled, or completed.
        return {"state": OrderState.COMPLETED, "completed_at": self.now,
                "paid_at": before.paid_at or self.now}

    def _refunded(self, _store: str, before: StoreOrder) -> dict[str, Any]:
        share = self.chance.choice([0, 0.3, 1])
        return {"lines": tuple(replace(line, refunded=Money(
            int(line.net.minor * share), line.net.currency)) for line in before.lines)}

    def _cancelled(self, _store: str, before: StoreOrder) -> dict[str, Any]:
        return {"state": OrderState.CANCELLED}

    def _edited(self, _store: str, before: StoreOrder) -> dict[str, Any]:
        lines = tuple(replace(line, net=self._money(before.currency),
                              refunded=Money.zero(before.currency)) for line in before.lines)
        return {"lines": lines[:self.chance.randint(1, 3)]}

    def _touched(self, store: str, before: StoreOrder) -> dict[str, Any]:
        return {"click_tokens": self._draw(store, before.placed_at)}

    def _tell(self, store: str, *told: StoreOrder) -> None:
        for each in told:
            self.told.setdefault((store, each.ref), []).append(each)
        orders.record(self.session, store, told, self.keys, now=self.now)

    def _draw(self, store: str, placed: datetime) -> tuple[str, ...]:
        """Tokens in an order: fresh ones of any host, or one that another order carries too."""
        drawn = []
        for _ in range(self.chance.choice([0, 1, 1, 1, 2, 3])):
            old = [token for of, token in self.tokens if of == store]
            if old and self.chance.random() < 0.4:
                drawn.append(self.chance.choice(old))
            else:
                host = self.chance.choice(self._hosts(store))
                at = placed - timedelta(minutes=self.chance.randrange(1, 60 * 24 * 20))
                drawn.append(self._token(store, host, new_id("clk", at)))
        return tuple(dict.fromkeys(drawn))

    def _hosts(self, store: str) -> list[Member]:
        """The seats from which this store's goods may be recommended."""
        merchant = self.stores[store].merchant_id
        homes = {seat.alliance_id for seat in self.seats if seat.merchant_id == merchant}
        return [seat for seat in self.seats
                if seat.alliance_id in homes and seat.merchant_id != merchant]

    def _token(self, store: str, host: Member, click_id: str) -> str:
        told = SIGNER.click(ClickToken(click_id, host.id, self.products[store]), store)
        self.tokens.append((store, told))
        return told

    def _click(self, after: timedelta = timedelta(0)) -> None:
        """Some shoppers follow links, and what they may carry into an order is kept."""
        store = self.stores[self.chance.choice(sorted(self.stores))]
        host = self.chance.choice(self._hosts(store.id))
        seller = next(seat for seat in self.seats if seat.alliance_id == host.alliance_id
                      and seat.merchant_id == store.merchant_id)
        records = []
        for _ in range(self.chance.randint(1, 4)):
            at = self.now - after - timedelta(minutes=self.chance.randrange(90))
            ref = new_id("clk", at)
            self._token(store.id, host, ref)
            records.append({
                "kind": "click", "id": ref, "at": at.isoformat(), "alliance": host.alliance_id,
                "host": host.id, "seller": seller.id, "store": store.id,
                "product": self.products[store.id], "link": "lnk",
                "visitor": f"v{self.chance.randrange(4)}",
                "agent": self.chance.choice(["Mozilla/5.0", "Mozilla/5.0", "Googlebot/2.1"])})
        drained(self.session, records, now=self.now)

    def _click_late(self) -> None:
        self._click(timedelta(hours=self.chance.randrange(1, 80)))

    def _pass_days(self) -> None:
        self.now += timedelta(days=self.chance.randrange(2, 17))
        for alliance_id in self.alliances:
            self._finalise(alliance_id)
            while cycles.propose(self.session, alliance_id, now=self.now):
                self._finalise(alliance_id)
            cycles.mature(self.session, alliance_id, now=self.now)

    def _finalise(self, alliance_id: str) -> None:
        for cycle_id in cycles.due_for_final(self.session, alliance_id, now=self.now):
            cycles.finalise(self.session, cycle_id, now=self.now)

    def _pay(self) -> None:
        for _ in range(self.chance.randint(1, 3)):
            self._pay_one()

    def _pay_one(self) -> None:
        """Rightly, in part, too much, twice, or in a wrong currency."""
        found = select(Obligation).order_by(Obligation.id)
        of = self._one(found.where(Obligation.state == "open")) or self._one(found)
        if of is None:
            return
        left = payments.outstanding(self.session, of).minor
        minor = self.chance.choice([left, left, left // 2, left + 70, of.minor])
        currency = self.chance.choice([of.currency] * 9 + [Currency("CHF")])
        debtor = self.session.get_one(Member, of.debtor_id)
        for _ in range(self.chance.choice([1, 1, 2])):
            with suppress(AllianceError), self.session.begin_nested():
                payments.record(
                    self.session, make.actor(self.session, debtor), of.id, way="bank",
                    amount=Money(minor, currency), now=self.now,
                    reference=f"RF{self.chance.randrange(1000)}")

    def _confirm(self) -> None:
        for _ in range(self.chance.randint(1, 3)):
            self._confirm_one()

    def _confirm_one(self) -> None:
        found = select(Payment).order_by(Payment.id)
        payment = self._one(found.where(Payment.confirmed_at.is_(None))) or self._one(found)
        if payment is not None:
            of = self.session.get_one(Obligation, payment.obligation_id)
            creditor = self.session.get_one(Member, of.creditor_id)
            payments.confirm(self.session, make.actor(self.session, creditor), payment.id,
                             now=self.now)

    def _amend(self) -> None:
        contract = self._contract()
        versions = [each for each in agreed.ever_in_force(self.session, contract.alliance_id)
                    if each.contract_id == contract.id]
        terms = versions[-1].terms
        clauses = tuple(
            replace(clause, rate=Rate(self.chance.randrange(100, 2500))) if clause.rate else
            clause for clause in terms.clauses)
        starts = self.now + timedelta(days=terms.notice_days, hours=self.chance.randrange(30))
        seller = self.session.get_one(Member, contract.seller_member_id)
        fresh = contracts.amend(
            self.session, make.actor(self.session, seller), contract.id,
            replace(terms, clauses=clauses, effective_from=starts, effective_until=None),
            now=self.now)
        self._sign(contract, fresh.id)

    def _end(self) -> None:
        contract = self._contract()
        host = self.session.get_one(Member, contract.host_member_id)
        contracts.end(self.session, make.actor(self.session, host), contract.id, now=self.now)

    def _draft(self) -> None:
        contract = self._contract()
        newest = agreed.ever_in_force(self.session, contract.alliance_id)
        terms = next(each.terms for each in newest if each.contract_id == contract.id)
        seller = self.session.get_one(Member, contract.seller_member_id)
        fresh = contracts.draft(
            self.session, make.actor(self.session, seller), contract.alliance_id,
            seller_member=contract.seller_member_id, host_member=contract.host_member_id,
            terms=replace(terms, effective_from=self.now + timedelta(days=3),
                          effective_until=None), now=self.now)
        self._sign(contract, fresh.id)

    def _sign(self, contract: Contract, terms_id: str) -> None:
        for member_id in (contract.seller_member_id, contract.host_member_id):
            member = self.session.get_one(Member, member_id)
            contracts.sign(self.session, make.actor(self.session, member), terms_id, now=self.now)

    def _suspend(self) -> None:
        members.suspend(self.session, self._leader(), self.chance.choice(self.seats).id,
                        now=self.now)

    def _resume(self) -> None:
        members.resume(self.session, self._leader(), self.chance.choice(self.seats).id,
                       now=self.now)

    def _leave(self) -> None:
        seat = self.chance.choice(self.seats)
        members.leave(self.session, make.actor(self.session, seat), seat.alliance_id,
                      now=self.now)

    def _accept(self) -> None:
        contract = self._contract()
        seller = self.session.get_one(Member, contract.seller_member_id)
        commissions.accept_content(
            self.session, make.actor(self.session, seller), contract.id, "article",
            piece=f"piece {self.chance.randrange(3)}", now=self.now)

    def _seal(self) -> None:
        for alliance_id in self.alliances:
            proofs.seal(self.session, alliance_id, HEAD_KEY, now=self.now)

    def _leader(self) -> Any:
        return make.actor(self.session, self.seats[0])

    def _contract(self) -> Contract:
        found = self._one(select(Contract).order_by(Contract.id))
        assert isinstance(found, Contract)
        return found

    def _one(self, query: Any) -> Any:
        found: Sequence[Any] = self.session.scalars(query).all()
        return self.chance.choice(found) if found else None

    def _money(self, currency: Currency) -> Money:
        return Money(self.chance.randrange(1, 9000), currency)

    def _found(self, first: str, second: str) -> None:
        named = {name: make.merchant(self.session, name, category=name)
                 for name in ("bakery", "toys", "cafe", "florist", "library")}
        family = make.alliance(self.session, *[named[name] for name in (
            "bakery", "toys", "cafe", "florist")], netting_mode=first)
        readers = make.alliance(self.session, *[named[name] for name in (
            "bakery", "library", "cafe")], name="Readers", netting_mode=second,
            zone="Asia/Shanghai", review_days=40)
        self.alliances = [family.id, readers.id]
        self.seats = [*family.members, *readers.members]
        for name in ("bakery", "toys"):
            self._open(named[name])
        self._agree(*family.members, *readers.members)
        bakery = next(each for each in self.stores.values()
                      if each.merchant_id == named["bakery"].id)
        for kind, code, host in (("coupon", "with-cafe", 2), ("spoken", "florist", 3)):
            codes.give(self.session, self._leader(), bakery.id, self.seats[host].id, kind=kind,
                       code=code, now=make.BEFORE)

    def _open(self, merchant: Merchant) -> None:
        store = make.store(self.session, merchant)
        self.stores[store.id] = store
        self.products[store.id] = make.product(self.session, store).id

    def _agree(self, bakery: Member, toys: Member, cafe: Member, florist: Member,
               leader: Member, library: Member, second_cafe: Member) -> None:
        """Every basis, every kind of cap, bonds, all credit models, both beginnings of a hold."""
        credits = Currency.credits(bakery.alliance_id)
        percent = Clause("all", Basis.PERCENT_OF_SALE, rate=Rate.percent("10"))
        capped = replace(percent, caps=(Cap(CapPer.ORDER, _euro(900)), Cap(CapPer.DAY, _euro(1200)),
                                        Cap(CapPer.MONTH, _euro(4000))))
        once = Clause("once", Basis.PER_REFERRAL, amount=_euro(200),
                      caps=(Cap(CapPer.WEEK, _euro(300)),))
        click = Clause("click", Basis.PER_CLICK, amount=_euro(20), daily_limit=2)
        article = Clause("article", Basis.FLAT_FEE, amount=_euro(5000))
        extra = Clause("extra", Basis.PER_REFERRAL, amount=_euro(35), bonus=True,
                       caps=(Cap(CapPer.BUDGET, _euro(140)),))
        swap = Clause("swap", Basis.BARTER, per=Per.ORDER, amount=Money(3, credits))
        visit = Clause("visit", Basis.BARTER, per=Per.CLICK, amount=Money(1, credits))
        for seller, host, clauses, more in (
                (bakery, cafe, (capped,), {"bond_days": 20, "credit": CreditModel.LINEAR}),
                (bakery, florist, (once, click, article), {"credit": CreditModel.FIRST}),
                (bakery, toys, (swap, visit), {}),
                (toys, bakery, (percent, article), {"hold_from": "completion"}),
                (toys, cafe, (percent, extra), {"refund_rule": "keep"}),
                (leader, library, (percent, extra), {"credit": CreditModel.POSITION}),
                (leader, second_cafe, (once, click), {"bond_days": 9})):
            make.contract(self.session, seller, host, *clauses, **(
                {"hold_days": 2, "notice_days": 2} | more))


def _euro(minor: int) -> Money:
    return Money(minor, EUR)
