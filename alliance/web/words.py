"""The domain's codes as words that people read; the refusals' are in `refusals.py`."""

from __future__ import annotations

import re

from flask_babel import get_locale
from flask_babel import gettext as _

from alliance.core.errors import AllianceError
from alliance.web.refusals import REFUSALS


def N_(text: str) -> str:  # noqa: N802
    """Mark a text for the catalogues; it is translated when it is said."""
    return text


_FAULT = re.compile(r"[A-Za-z]+: ")
"""How the worker writes down a fault, which speaks of tables and files; refusals are sentences."""

WORDS: dict[str, str] = {
    "clothes": N_("Clothes"), "wash_care": N_("Washing and care"), "toys": N_("Toys"),
    "photography": N_("Photography"), "food": N_("Food"), "books": N_("Books"),
    "home": N_("Home"), "jewellery": N_("Jewellery"), "hardware": N_("Hardware"),
    "outdoor": N_("Outdoor"), "services": N_("Services"), "other": N_("Other things"),

    "role.owner": N_("Owner"), "role.staff": N_("Staff"),
    "member.active": N_("Active"), "member.suspended": N_("Suspended"), "member.left": N_("Left"),
    "contract.draft": N_("Draft"), "contract.offered": N_("Waits for a signature"),
    "contract.in_force": N_("In force"), "contract.ended": N_("Ended"),
    "contract.notice": N_("Ends soon"),
    "order.open": N_("Not paid yet"), "order.paid": N_("Paid"), "order.completed": N_("Completed"),
    "order.cancelled": N_("Cancelled"), "order.failed": N_("Failed"),
    "order.refunded": N_("Refunded"), "order.removed": N_("Removed"),
    "outcome.credited": N_("Credited"), "outcome.refused": N_("Not credited"),
    "cycle.proposed": N_("In review"), "cycle.final": N_("Final"),
    "obligation.open": N_("To be paid"), "obligation.paid": N_("Paid"),
    "store.connected": N_("Connected"), "store.needs_attention": N_("Needs attention"),
    "store.disconnected": N_("Disconnected"),
    "cause.order": N_("Order"), "cause.clicks": N_("Clicks of a day"),
    "cause.impressions": N_("Views of a day"), "cause.acceptance": N_("Accepted content"),
    "state.accrued": N_("on hold"), "state.waiting": N_("waits above a cap"),
    "state.held": N_("held"), "state.due": N_("due"), "state.netted": N_("in a closed cycle"),
    "state.settled": N_("settled"),
    "reason.no_evidence": N_("no evidence"), "reason.outside_window": N_("outside the window"),
    "reason.forged_token": N_("token not of this hub"),
    "reason.replayed_token": N_("click already used"),
    "reason.self_referral": N_("own purchase"), "reason.own_store": N_("own store"),
    "reason.no_contract": N_("no contract"), "reason.not_in_force": N_("terms not in force"),
    "reason.excluded": N_("excluded by the terms"), "reason.cap_waiting": N_("above a cap"),
    "reason.invalid_click": N_("click not valid"), "reason.test_order": N_("test order"),
    "reason.unpaid": N_("not paid"), "reason.member_suspended": N_("suspended"),
    "reason.hold_out": N_("measuring group"),
    "reason.other_host_won": N_("another member earned it"),
    "campaign.gift_pack": N_("Gift pack"), "campaign.coupon": N_("Coupon after a purchase"),
    "campaign.swap": N_("Offer swap"),
    "campaign.planned": N_("Planned"), "campaign.running": N_("Running"),
    "campaign.paused": N_("Paused"), "campaign.ended": N_("Ended"),
    "gift.percent": N_("a percentage off"), "gift.amount": N_("a sum off"),
    "gift.sample": N_("a product for nothing"), "gift.free_shipping": N_("free shipping"),
    "gift.voucher": N_("a voucher"),
    "trigger.amount": N_("of any goods"), "trigger.category": N_("from categories"),
    "trigger.product": N_("of products"),
    "audience.all": N_("everybody"), "audience.new": N_("new customers"),
    "audience.returning": N_("returning customers"),
    "leak.never_given": N_("Used, though nobody was given it"),
    "leak.after_its_end": N_("Used after its end"),
    "way.bank": N_("Bank transfer"), "way.store": N_("In the creditor's shop"),
    "way.other": N_("Another way"),
    "spot.product_page": N_("Product page"), "spot.cart": N_("Basket"),
    "spot.thank_you": N_("After the purchase"), "spot.article": N_("Article"),
    "spot.anywhere": N_("Anywhere"),
    "shows.slate": N_("Members' products"), "shows.bundle": N_("Gift pack"),
    "shows.claim": N_("Coupons after the purchase"),
    "layout.row": N_("Row"), "layout.grid": N_("Grid"), "layout.compact": N_("Compact"),
    "paused.load": N_("It loads too slowly."),
    "paused.shift": N_("It moves the page while it loads."),
    "paused.errors": N_("Too many views have an error."),
    "connector.demo": N_("Demo shop"), "connector.woocommerce": "WooCommerce",
    "connector.shopify": "Shopify",

    "kind.coupon": N_("coupon"), "kind.click": N_("link"), "kind.bond": N_("earlier order"),
    "kind.renewal": N_("first order of the subscription"),
    "kind.spoken": N_("spoken code"), "kind.view": N_("view"),
    "touch.widget": N_("Widget"), "touch.link": N_("Link"), "touch.coupon": N_("Coupon"),
    "touch.bond": N_("Earlier order"), "touch.spoken": N_("Spoken code"),
    "rows.member": N_("Member"), "rows.kind": N_("Kind of business"), "rows.way": N_("Way"),
    "rows.place": N_("Placement or channel"),
    "share.last": N_("Last"), "share.first": N_("First"), "share.linear": N_("Equal"),
    "share.position": N_("40/20/40"),
    "fault.robot": N_("a robot"), "fault.expired": N_("the link was too old"),
    "fault.own": N_("made by the host or the seller"),
    "fault.repeat": N_("the same shopper again within 30 minutes"),
    "fault.unasked": N_("nobody asked for it: a hidden frame, an image or a script"),
    "fault.over_network": N_("more clicks from one network than count in an hour"),
    "fault.over_limit": N_("more clicks than the host's limit"),
    "fault.reversed": N_("reversed after someone looked into it"),
    "hold.released": N_("Released after a look"), "hold.reversed": N_("Reversed after a look"),

    "charter.open_book": N_("Open book: every member reads every contract's terms"),
    "charter.private": N_("Private: only the two parties read a contract"),
    "netting.multilateral": N_("All together: each member's net position, fewest payments"),
    "netting.cycles": N_("Along existing debts only: nobody pays a stranger"),
    "netting.bilateral": N_("Pair by pair: each pair pays its difference"),

    "basis.percent_of_sale": N_("Percent of the sale"), "basis.per_click": N_("Each valid click"),
    "basis.per_referral": N_("Each credited order"), "basis.barter": N_("Barter credits"),
    "basis.flat_fee": N_("Accepted content"),
    "wanted.order": N_("an order"), "wanted.sign_up": N_("a sign-up"),
    "wanted.booking": N_("a booking"),
    "per.click": N_("each valid click"), "per.order": N_("each credited order"),
    "per.impressions": N_("a number of views"),
    "credit.last": N_("The last touch earns"), "credit.first": N_("The first touch earns"),
    "credit.linear": N_("All touches earn equal shares"),
    "credit.position": N_("First and last earn 40 % each, those between share 20 %"),
    "hold_from.payment": N_("from the payment"), "hold_from.completion": N_("from the completion"),
    "refund.reverse": N_("A refund takes its commission back"),
    "refund.keep": N_("A refund leaves the commission as it is"),
    "exit.settle_open_holds": N_("Open holds run to their end"),
    "exit.due_at_exit": N_("What is on hold is due at once"),
    "cap.order": N_("per order"), "cap.day": N_("per day"), "cap.week": N_("per week"),
    "cap.month": N_("per month"), "cap.budget": N_("in all"),
    "field.product": N_("product"), "field.category": N_("category"),
    "field.collection": N_("collection"), "field.order_amount": N_("order amount"),
    "field.country": N_("shopper's country"), "field.customer": N_("customer"),
    "field.evidence": N_("evidence"), "field.placement": N_("placement"),
    "field.campaign": N_("campaign"), "field.date": N_("date"), "field.tier": N_("host's tier"),
    "field.certificate": N_("host's certificate"),
    "op.is": N_("is"), "op.is_not": N_("is not"), "op.in": N_("is one of"),
    "op.not_in": N_("is none of"), "op.at_least": N_("is at least"),
    "op.at_most": N_("is at most"), "op.between": N_("is between"),

    "asset.picture": N_("Picture"), "asset.banner": N_("Banner"), "asset.text": N_("Text"),
    "asset.video": N_("Video"), "asset.article": N_("Article"),
    "origin.ogc": N_("OGC: whoever sells the goods"), "origin.pgc": N_("PGC: a professional"),
    "origin.ugc": N_("UGC: a shopper"),
    "licence.own": N_("Free for members"), "licence.cc-by": "CC BY 4.0",
    "licence.cc-by-sa": "CC BY-SA 4.0", "licence.cc0": N_("CC0: free for all"),
    "licence.granted": N_("Granted for this"),

    "hook.active": N_("comes"), "hook.made": N_("set up just now"),
    "hook.mended": N_("comes again"), "hook.missing": N_("does not come"),

    "event.StoreCalled": N_("A message of the shop"),
    "event.CodeChanged": N_("A code that was given or ended"),
    "event.StoreConnected": N_("Reading the shop for the first time"),
    "event.CatalogueDoubted": N_("Reading the whole catalogue again"),
    "event.PastWanted": N_("Reading older orders"),

    "trouble.call_unreadable": N_("The shop sent a message that could not be read. Its orders are "
                                  "read by asking instead."),
    "trouble.store_unreachable": N_("The shop cannot be reached. The hub tries again by itself."),
    "trouble.store_timeout": N_("The shop takes too long to answer. The hub tries again by "
                                "itself."),
    "trouble.store_refused_key": N_("The shop no longer accepts the hub's key. Connect it again."),
    "trouble.store_blocked": N_("A firewall before the shop keeps the hub out. Let it in."),
    "trouble.store_certificate": N_("The shop's certificate is not valid. Renew it."),
    "trouble.store_redirected": N_("The shop moved. Connect it by its new address."),
    "trouble.store_moved": N_("The shop moved. Connect it by its new address."),
    "trouble.store_closed": N_("The shop is shut. The hub tries again by itself."),
    "trouble.hooks_missing": N_("The shop switched its messages off. The hub switches them on "
                                "again; until then it asks by itself."),
    "trouble.store_no_woocommerce": N_("WooCommerce is switched off in this shop."),
    "trouble.store_not_json": N_("The shop answers with a page instead of data."),
    "trouble.store_key_stale": N_("The shop takes the hub's key no longer. The hub asks for a new "
                                  "one by itself."),
    "trouble.app_refused": N_("The platform does not know this hub's app. Whoever runs the hub has "
                              "to mend that."),
    "trouble.store_frozen": N_("The shop is frozen: its bill at its platform is unpaid."),
    "trouble.store_locked": N_("The platform has locked the shop."),
    "trouble.store_gone": N_("There is no such shop at its platform any more."),
    "trouble.store_scope_missing": N_("The shop has not allowed the app all that it needs."),
    "trouble.store_bulk_failed": N_("The shop gave up making the list of its products. The hub "
                                    "asks for it again."),
    "trouble.store_bulk_unfinished": N_("The shop is still making the list of its products."),
    "trouble.store_busy": N_("The shop asks to be asked less often."),
    "trouble.store_failed": N_("The shop has a fault of its own."),
    "trouble.store_bad_answer": N_("The shop answers something that cannot be read."),
    "trouble.store_resting": N_("The shop failed several times; the hub lets it rest."),
}
"""By kind and code; categories stand alone."""


def word(code: str) -> str:
    """The word for a code; a code that has none stands for itself."""
    if code in WORDS:
        return str(_(WORDS[code]))
    return code.partition(".")[2].replace("_", " ") or code


def stumbled(error: str | None) -> str:
    """Why a message was parked: the refusal's own sentence, but nothing of the hub's inside."""
    if error is None or _FAULT.match(error):
        return str(_("The hub itself stumbled over this; whoever runs it finds why in its log."))
    return error


def refusal(error: AllianceError) -> str:
    """The sentence of a refusal in the reader's language."""
    known = REFUSALS.get(error.code)
    is_english = str(get_locale()) == "en"
    # In English the refusal's own sentence knows most; an id in it helps nobody.
    if known is None or (is_english and error.code != "not_found"):
        return error.detail
    return str(_(known))
