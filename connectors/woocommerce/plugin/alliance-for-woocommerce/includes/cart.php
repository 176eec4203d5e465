<?php
/**
 * What is in the cart, for the progress of a pack: goods as they are paid, without shipping.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

add_action( 'woocommerce_after_cart_totals', 'alliance_cart_marker' );

/**
 * The sum of the cart's goods, discounts off and tax included.
 *
 * @return array{amount: string, currency: string} The amount with a point; empty without a cart.
 */
function alliance_cart_sum() {
	$cart   = function_exists( 'WC' ) ? WC()->cart : null;
	$amount = '';
	if ( $cart && did_action( 'woocommerce_cart_loaded_from_session' ) ) {
		$amount = wc_format_decimal( (float) $cart->get_cart_contents_total() + (float) $cart->get_cart_contents_tax(), wc_get_price_decimals() );
	}
	return array(
		'amount'   => $amount,
		'currency' => get_woocommerce_currency(),
	);
}

/** The classic cart replaces its totals without a new page: `assets/cart.js` reads them here. */
function alliance_cart_marker() {
	if ( alliance_connection() ) {
		$sum = alliance_cart_sum();
		echo '<span hidden data-alliance-amount="' . esc_attr( $sum['amount'] ) . '" data-alliance-currency="' . esc_attr( $sum['currency'] ) . '"></span>';
	}
}

/** A pack in the cart follows the cart. */
function alliance_enqueue_cart() {
	// The cart's blocks keep what is in the cart in a store of their own, which has to be there first.
	if ( wp_script_is( 'wc-blocks-data-store', 'registered' ) && has_block( 'woocommerce/cart', wc_get_page_id( 'cart' ) ) ) {
		wp_scripts()->query( 'alliance-cart' )->deps = array( 'wp-data', 'wc-blocks-data-store' );
	}
	wp_enqueue_script( 'alliance-cart' );
}
