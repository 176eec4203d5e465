<?php
/**
 * Where elements stand by themselves: product page, cart and thank-you page, in classic pages and blocks.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

add_action( 'woocommerce_after_single_product_summary', 'alliance_place_product', 12 );
add_action( 'woocommerce_after_single_product', 'alliance_place_product', 12 );
add_action( 'woocommerce_before_cart_collaterals', 'alliance_place_cart' );
add_filter( 'render_block_woocommerce/cart', 'alliance_place_cart_block' );
add_action( 'woocommerce_thankyou', 'alliance_place_thank_you', 20 );

/** Below the product; a theme without the first place has the second. */
function alliance_place_product() {
	alliance_print_spot( 'product_page' );
}

/** Between the classic cart's table and its totals. */
function alliance_place_cart() {
	alliance_print_spot( 'cart' );
}

/** Below the cart's block: outside of it, since it draws itself anew. */
function alliance_place_cart_block( $content ) {
	$is_page = is_cart() && ! is_admin() && WC()->cart && ! WC()->cart->is_empty();
	return $is_page ? $content . alliance_spot_html( 'cart' ) : $content;
}

/** On the page after the purchase, which classic pages and blocks draw by the same hook. */
function alliance_place_thank_you() {
	if ( alliance_order_of_page() ) {
		alliance_print_spot( 'thank_you' );
	}
}

/** Print the placements of a spot. */
function alliance_print_spot( $spot ) {
	echo wp_kses( alliance_spot_html( $spot ), alliance_allowed() );
}

/** The placements of a spot that stand by themselves, each once a page. */
function alliance_spot_html( $spot ) {
	static $placed = array();
	$html          = '';
	foreach ( alliance_automatic( $spot ) as $id ) {
		if ( ! isset( $placed[ $id ] ) && ! alliance_is_placed_by_hand( $id ) ) {
			$element       = alliance_placement_html( $id );
			$html         .= '' === $element ? '' : '<div class="' . esc_attr( alliance_place_class() ) . '" style="margin:1.5rem 0">' . $element . '</div>';
			$placed[ $id ] = true;
		}
	}
	if ( 'cart' === $spot && '' !== $html ) {
		alliance_enqueue_cart();
	}
	return $html;
}

/** A block theme holds what it does not know as narrow as its text; a slate is as wide as a shelf. */
function alliance_place_class() {
	return wp_is_block_theme() ? 'alliance-place alignwide' : 'alliance-place';
}

/**
 * Ids of the placements of a spot that are on, and that the owner has not taken into their own hands.
 *
 * @return string[]
 */
function alliance_automatic( $spot ) {
	$connection = alliance_connection();
	$by_hand    = alliance_settings()['by_hand'];
	$found      = array();
	foreach ( $connection ? $connection['placements'] : array() as $placement ) {
		if ( $placement['on'] && $placement['spot'] === $spot && ! in_array( $placement['id'], $by_hand, true ) ) {
			$found[] = $placement['id'];
		}
	}
	return $found;
}

/** Whether the page's own text already holds this placement, as a block or shortcode. */
function alliance_is_placed_by_hand( $id ) {
	$page = get_queried_object();
	return $page instanceof WP_Post && false !== strpos( $page->post_content, $id );
}
