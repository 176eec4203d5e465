"""What the tester says: for each step its name, and for each code a sentence and what to do."""

from __future__ import annotations

from alliance.web.words import N_

PARTS: dict[str, str] = {
    "read": N_("What was pasted"), "sign": N_("Check sign"), "known": N_("Known here"),
    "age": N_("Still running"), "page": N_("Page in the shop"),
    "contract": N_("Contract in force"), "token": N_("Signed mark"),
    "same_visit": N_("Cookies refused, bought in the same visit"),
    "another_day": N_("Cookies refused, bought another day"),
    "order": N_("Order heard"), "decision": N_("Decision"),
    "rung.sold": N_("A sale that stands"), "rung.members": N_("A host that may earn"),
    "rung.evidence": N_("Evidence on the order"), "rung.token": N_("Signed mark"),
    "rung.click": N_("A click that counts"), "rung.contract": N_("Contract in force"),
    "rung.window": N_("Inside the window"), "rung.covered": N_("Something the terms pay for"),
    "rung.won": N_("Ahead of other members"), "rung.cap": N_("Room under the caps"),
}
"""What each step is called."""

SAID: dict[str, str] = {
    "read.short": N_("A short link of this hub."),
    "read.widget": N_("The link behind a recommendation."),
    "read.landing": N_("The address of a page with the mark of a click."),
    "read.nothing": N_("None of this hub's links, and no address of a page."),
    "read.no_mark": N_("A page's address without the mark of a click: the part alc=… is missing."),
    "sign.fits": N_("The last sign, %(sign)s, fits the others."),
    "sign.mistyped": N_("A sign was mistyped: the last one does not fit the others."),
    "known.link": N_("This link was made here."),
    "known.nobody": N_("Nobody has made a link with this code."),
    "known.shop": N_("%(shop)s is a shop of this hub."),
    "known.no_shop": N_("No shop of this hub lies at this address."),
    "age.runs": N_("It runs."),
    "age.ended": N_("It was ended, or its last day is over."),
    "age.widget_runs": N_("It runs until %(at)s."),
    "age.widget_over": N_("It ran out on %(at)s."),
    "age.followed": N_("The link was followed on %(at)s."),
    "age.future": N_("It says that it will be followed only later."),
    "page.product": N_("It leads to “%(title)s” in %(shop)s."),
    "page.page": N_("It leads to a page of %(shop)s."),
    "page.there": N_("It is there."),
    "page.gone": N_("What it led to is no longer there."),
    "page.came_for": N_("The shopper came for “%(title)s”."),
    "page.any": N_("The shopper came for a page of the shop."),
    "page.withdrawn": N_("What the shopper came for is no longer on offer; what is bought instead "
                         "counts as well."),
    "contract.now": N_("A contract between the two shops is in force."),
    "contract.none": N_("No contract between the two shops is in force."),
    "contract.then": N_("A contract was in force when the link was followed."),
    "contract.not_then": N_("No contract was in force when the link was followed."),
    "token.will_be": N_("Whoever follows it gets a mark of their own, signed for %(shop)s alone."),
    "token.ours": N_("Signed by this hub, and unchanged."),
    "token.broken": N_("Not signed by this hub, or changed on the way."),
    "token.here": N_("Signed for %(shop)s, and unchanged."),
    "token.not_here": N_("Not signed for %(shop)s, or changed on the way."),
    "same_visit": N_("Counts: the mark stands in the address, and the shop writes it onto the "
                     "order. Nothing is kept on the shopper's device."),
    "same_visit.woocommerce": N_(
        "Counts where the shop writes the mark from the address onto the order, as our plugin does "
        "without a cookie. WooCommerce's own order attribution does it too, but with cookies."),
    "another_day": N_("Nothing carries a click to another day without a cookie. A coupon or a "
                      "spoken code does: it is evidence by itself."),
    "order.sign_in": N_("Whether an order came, and how it was decided, only the two shops read."),
    "order.listening": N_("The hub hears the orders of this shop."),
    "order.deaf": N_("The hub does not hear the orders of this shop now."),
    "order.none": N_("No order has come with this mark yet."),
    "order.came": N_("Order %(number)s of %(at)s came with it."),
}
"""The sentence of each code."""

HELPS: dict[str, str] = {
    "read.nothing": N_("Paste a short link, the link behind a recommendation, or the whole address "
                       "of the shop's page as the browser shows it. Who has signed in can also ask "
                       "for an order by its number."),
    "read.no_mark": N_("Follow the link once more and look at the address at once. Where the mark "
                       "is gone on arrival, the shop sends shoppers on and drops it: sending on to "
                       "www, to another language or to a shorter address has to keep all that "
                       "stands behind the question mark."),
    "sign.mistyped": N_("Compare it sign by sign with where you read it. Codes have nine signs, "
                        "and never 1, i, l, o or u."),
    "known.nobody": N_("Ask whoever gave it to you for the link once more."),
    "known.no_shop": N_("Where the shop moved, its owner connects it at the new address. A mark is "
                        "good only in the shop that it was made for."),
    "age.ended": N_("Its owner can open it again, or say which link takes its place."),
    "age.widget_over": N_("Load the page with the recommendation anew: fresh links stand in it. "
                          "For a post or a card, make a short link, which runs on."),
    "age.future": N_("The clocks stand more than five minutes apart: set the one that is wrong."),
    "page.gone": N_("Its owner can make a link to another product or page."),
    "contract.none": N_("One of the two drafts it and both sign; what happens from then on "
                        "counts."),
    "contract.not_then": N_("A contract counts from its second signature on, never backwards."),
    "token.broken": N_("Copy it whole: one lost sign is enough. Mail programs and chats like to "
                       "cut long addresses."),
    "token.not_here": N_("Copy it whole: one lost sign is enough. A mark is good only in the shop "
                         "that it was made for."),
    "order.sign_in": N_("Sign in as one of them and ask again."),
    "order.deaf": N_("Its owner finds the reason, and the button that mends it, on the page "
                     "Stores."),
    "order.none": N_("Shops tell of an order within seconds, and the hub asks by itself as well."),
}
"""What to do, by code."""
