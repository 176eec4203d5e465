<?php
/**
 * What the shopper's browser carried is written onto the order, and nothing about the person.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

add_action( 'woocommerce_checkout_create_order', 'alliance_stamp_classic', 10, 1 );
add_action( 'woocommerce_store_api_checkout_update_order_from_request', 'alliance_stamp_blocks', 10, 2 );
add_action( 'woocommerce_checkout_before_customer_details', 'alliance_carry_into_form' );
add_action( 'woocommerce_blocks_loaded', 'alliance_register_checkout_words' );

/** The classic checkout: WooCommerce saves the order after this. */
function alliance_stamp_classic( $order ) {
	// phpcs:ignore WordPress.Security.NonceVerification.Missing -- WooCommerce checked its checkout's nonce before this hook.
	$carried = isset( $_POST['alliance_alc'] ) ? sanitize_text_field( wp_unslash( $_POST['alliance_alc'] ) ) : '';
	alliance_stamp( $order, explode( '!', $carried ) );
}

/** The block checkout: likewise. */
function alliance_stamp_blocks( $order, $request ) {
	$extensions = $request->get_param( 'extensions' );
	$carried    = is_array( $extensions ) && isset( $extensions['alliance']['click'] ) ? $extensions['alliance']['click'] : '';
	alliance_stamp( $order, explode( '!', is_string( $carried ) ? $carried : '' ) );
}

/** Tokens and marks of views onto the order, unless the shopper said no. */
function alliance_stamp( $order, array $carried ) {
	if ( ! alliance_connection() || 'no' === alliance_word() ) {
		return;
	}
	$tokens = alliance_tokens( array_merge( alliance_cookie( 'alliance_alc' ), $carried ) );
	$views  = alliance_views( alliance_cookie( 'alliance_seen' ) );
	// Whoever was held out is counted as such, however much else they saw.
	$held  = array_intersect( array( 'hold-out' ), $views );
	$marks = array_slice( array_merge( $tokens, $held, array_diff( $views, $held ) ), 0, ALLIANCE_MOST_MARKS );
	if ( $marks ) {
		$order->update_meta_data( '_alliance_click', $marks );
	}
}

/** Without storage the token is in the checkout's address: its form takes it along. */
function alliance_carry_into_form() {
	$tokens = alliance_address_tokens();
	if ( $tokens ) {
		echo '<input type="hidden" name="alliance_alc" value="' . esc_attr( implode( '!', $tokens ) ) . '">';
	}
}

/** The block checkout hands on what `assets/checkout.js` found in the address. */
function alliance_register_checkout_words() {
	if ( ! function_exists( 'woocommerce_store_api_register_endpoint_data' ) ) {
		return;
	}
	woocommerce_store_api_register_endpoint_data(
		array(
			'endpoint'        => 'checkout',
			'namespace'       => 'alliance',
			'schema_callback' => 'alliance_checkout_schema',
			'schema_type'     => ARRAY_A,
		)
	);
}

/** One text, and it may be missing. */
function alliance_checkout_schema() {
	return array(
		'click' => array(
			'description' => 'Click tokens that the address carried, joined by "!".',
			'type'        => array( 'string', 'null' ),
			'context'     => array(),
			'maxLength'   => 700,
		),
	);
}
