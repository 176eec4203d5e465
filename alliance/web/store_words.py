"""Words about a store: how it calls, what its plugin found, and how to mend what is wrong."""

from __future__ import annotations

from flask_babel import gettext

from alliance.web.words import N_

TOPICS = {
    "calls": N_("Orders and products"),
    "order.created": N_("A new order"), "order.updated": N_("A changed order"),
    "order.deleted": N_("An order in the trash"), "order.restored": N_("An order taken back out"),
    "action.woocommerce_delete_order": N_("An order deleted for good"),
    "product.created": N_("A new product"), "product.updated": N_("A changed product"),
    "product.deleted": N_("A product in the trash"),
    "orders/paid": N_("A paid order"), "orders/updated": N_("A changed order"),
    "orders/cancelled": N_("A cancelled order"), "refunds/create": N_("A refund"),
    "products/update": N_("A changed product"), "products/delete": N_("A deleted product"),
    "product.restored": N_("A product taken back out"),
}
"""What a kind of call tells of; other platforms' kinds stand for themselves."""

CHECKS = {
    "https": (N_("The shop is on https"),
              N_("Set the shop's address to https in its settings.")),
    "permalinks": (N_("Addresses in words"), N_(
        "Choose another structure than Plain under Settings → Permalinks. The hub works without, a "
        "little slower.")),
    "woocommerce_version": (N_("WooCommerce is new enough"), N_("Update WooCommerce.")),
    "hpos": (N_("Orders are kept in tables of their own"),
             N_("Nothing to do: both ways work.")),
    "blocks_checkout": (N_("The checkout is made of blocks"),
                        N_("Nothing to do: both kinds work.")),
    "rest_reachable": (N_("The shop answers its own REST address"), N_(
        "A security plugin or a firewall blocks /wp-json. Let it through.")),
    "cron_runs": (N_("Tasks run in time"), N_(
        "WordPress runs its tasks late, so messages come late. Set up a real cron job.")),
    "consent_api": (N_("A consent plugin is asked"), N_(
        "No consent plugin speaks the WP Consent API: choose on the plugin's page what is kept.")),
    "clock": (N_("The clock is right"), N_("Set the server's clock.")),
    "scopes": (N_("The app is allowed what it needs"),
               N_("Open the app in your shop, and allow it what it asks for.")),
    "places": (N_("The blocks know your placements"),
               N_("Nothing to do: the hub tells them again within the half hour.")),
    "pixel": (N_("The pixel is there"), N_(
        "Without it nothing is lost. Allow the app the pixel to see where a shopper's way was "
        "lost.")),
    "api_version": (N_("The platform speaks the version that the hub expects"),
                    N_("Whoever runs the hub brings it up to date.")),
    "page_cache": (N_("Pages are not kept for everybody"), N_(
        "A page cache is on. The plugin's script works with it; nothing to do.")),
}
"""A check of the plugin: what is good, and what to do where it is not."""

PIECES = {
    "carry": N_("Who sent a shopper, kept on the way to the order. Needs no look of its own."),
    "slate": N_("Partners' products, on a product's page or wherever it fits."),
    "bundle": N_("Gifts of several shops, in the cart."),
    "article": N_("One partner's product inside a text."),
    "claim": N_("The codes of the gifts, on the page after the purchase."),
}
"""What a merchant places in the shop by the platform's own editor."""

EXTRAS = {
    "payments": (N_("Payments"), N_(
        "Partners who owe you can pay in your own shop, by an invoice that the hub makes as a "
        "draft order. Shopify counts such invoices as sales in your figures, and may ask about "
        "them. Without it you are paid as you agree with each partner.")),
}
"""What a merchant may allow besides: what it is called, and what it does."""

_MOVED = N_("Go to Connect a store and write the address that the shop has now. If it is the same "
            "shop, say that it moved: everything stays.")
MENDING = {
    "call_unreadable": N_(
        "The person whose key made the webhooks may have lost the right to manage the shop. "
        "Connect the shop again as somebody who may."),
    "store_refused_key": N_(
        "Connect the shop again: go to Connect a store and write the same address. Orders, "
        "products and links stay."),
    "store_scope_missing": N_("Open the app in your shop, and allow it what it asks for."),
    "store_frozen": N_("Pay the shop's bill at its platform; the hub tries again by itself."),
    "store_locked": N_("Ask the platform's support why the shop is locked."),
    "store_gone": N_("If you closed the shop, disconnect it here."),
    "store_blocked": N_(
        "Ask whoever keeps the firewall or the security plugin to let the hub's calls to /wp-json "
        "through."),
    "store_certificate": N_("Renew the certificate at your host; the hub tries again by itself."),
    "store_redirected": _MOVED, "store_moved": _MOVED,
    "store_closed": N_("Leave maintenance mode; the hub tries again by itself."),
    "store_no_woocommerce": N_("Switch WooCommerce on again; the hub tries again by itself."),
    "store_not_json": N_(
        "Something answers in the shop's place: a maintenance page, a cache or a security plugin. "
        "Let /wp-json through."),
    "store_bad_answer": N_(
        "A plugin in the shop changes what WooCommerce answers. Whoever runs the hub finds the "
        "details in its log."),
}
"""What the owner of a store does about a trouble; others mend themselves."""


def topic(name: str) -> str:
    """What a kind of call tells of."""
    return gettext(TOPICS[name]) if name in TOPICS else name


def check(code: str) -> str:
    """What a check of the plugin looks at."""
    return gettext(CHECKS[code][0]) if code in CHECKS else code


def check_mending(code: str) -> str:
    """What to do where a check is not fine."""
    return str(gettext(CHECKS[code][1] if code in CHECKS else N_("Look at the plugin's own page.")))


def extra(name: str) -> str:
    """What an extra is called."""
    return str(gettext(EXTRAS[name][0])) if name in EXTRAS else name


def extra_says(name: str) -> str:
    """What an extra does, and what to think of before."""
    return str(gettext(EXTRAS[name][1])) if name in EXTRAS else ""


def piece(name: str) -> str:
    """What a piece of ours does in the shop."""
    return str(gettext(PIECES[name])) if name in PIECES else name


def mending(trouble: str) -> str:
    """What to do about a trouble."""
    return str(gettext(MENDING.get(trouble, N_(
        "Nothing to do now: the hub tries again by itself every ten minutes."))))
