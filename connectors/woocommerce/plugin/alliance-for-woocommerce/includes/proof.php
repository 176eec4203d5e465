<?php
/**
 * The proof of a purchase: what was bought, signed with the key that the hub gave this shop.
 *
 * Nothing of the shopper is in it. It is made on the server, for the one who may see the order.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

const ALLIANCE_SCALES     = array(
	'BIF' => 0,
	'CLP' => 0,
	'DJF' => 0,
	'GNF' => 0,
	'ISK' => 0,
	'JPY' => 0,
	'KMF' => 0,
	'KRW' => 0,
	'PYG' => 0,
	'RWF' => 0,
	'UGX' => 0,
	'UYI' => 0,
	'VND' => 0,
	'VUV' => 0,
	'XAF' => 0,
	'XOF' => 0,
	'XPF' => 0,
	'BHD' => 3,
	'IQD' => 3,
	'JOD' => 3,
	'KWD' => 3,
	'LYD' => 3,
	'OMR' => 3,
	'TND' => 3,
	'CLF' => 4,
	'UYW' => 4,
);
const ALLIANCE_MOST_LINES = 100;

/**
 * The order of the thank-you page, if whoever looks at it has its key and is not somebody else.
 *
 * @return WC_Order|null
 */
function alliance_order_of_page() {
	$id    = is_order_received_page() ? absint( get_query_var( 'order-received' ) ) : 0;
	$order = $id ? wc_get_order( $id ) : null;
	// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- The order's own key is what proves the viewer.
	$key = isset( $_GET['key'] ) && is_string( $_GET['key'] ) ? sanitize_text_field( wp_unslash( $_GET['key'] ) ) : '';
	if ( ! $order instanceof WC_Order || '' === $key || ! $order->key_is_valid( $key ) ) {
		return null;
	}
	$owner = (int) $order->get_customer_id();
	return 0 === $owner || get_current_user_id() === $owner ? $order : null;
}

/** The proof of an order, or the empty text if there is nothing that may be proven. */
function alliance_proof( $order ) {
	$connection = alliance_connection();
	$placed     = $order->get_date_created();
	if ( ! $connection || ! $placed || ! alliance_proof_lines( $order ) || time() - $placed->getTimestamp() >= DAY_IN_SECONDS
		|| $order->has_status( array( 'failed', 'cancelled', 'refunded', 'trash' ) ) ) {
		return '';
	}
	return alliance_sign( alliance_purchase( $order ), $connection['proof_secret'] );
}

/** What is signed: the order, its currency, when it was placed, and its lines, as JSON. */
function alliance_purchase( $order ) {
	return wp_json_encode(
		array(
			'o' => (string) $order->get_id(),
			'c' => $order->get_currency(),
			't' => $order->get_date_created()->getTimestamp(),
			'l' => alliance_proof_lines( $order ),
		),
		JSON_UNESCAPED_SLASHES
	);
}

/** `<base64url of the text>.<base64url of its HMAC>`: what is signed is the first part as sent. */
function alliance_sign( $text, $secret ) {
	$said = alliance_base64url( $text );
	return $said . '.' . alliance_base64url( hash_hmac( 'sha256', $said, hex2bin( $secret ), true ) );
}

/**
 * Each line of goods: the product as the hub knows it, and what was paid for it.
 *
 * @return array[] Of [product id as text, whole number of the currency's smallest unit].
 */
function alliance_proof_lines( $order ) {
	$lines = array();
	foreach ( $order->get_items( 'line_item' ) as $item ) {
		// The parent of a variation, since that is what the hub lists; 0: deleted since.
		$product = (int) $item->get_product_id();
		$paid    = alliance_minor( array( $item->get_total(), $item->get_total_tax() ), $order->get_currency() );
		if ( $product > 0 && $paid >= 0 ) {
			$lines[] = array( (string) $product, $paid );
		}
	}
	return array_slice( $lines, 0, ALLIANCE_MOST_LINES );
}

/** Decimal amounts added and rounded half up to the smallest unit of the currency, whatever the shop shows. */
function alliance_minor( array $amounts, $currency ) {
	$millionths = array_sum( array_map( 'alliance_millionths', $amounts ) );
	$scale      = isset( ALLIANCE_SCALES[ $currency ] ) ? ALLIANCE_SCALES[ $currency ] : 2;
	$unit       = (int) pow( 10, 6 - $scale );
	$half       = $millionths < 0 ? -intdiv( $unit, 2 ) : intdiv( $unit, 2 );
	return intdiv( $millionths + $half, $unit );
}

/** An amount in millionths, which is as fine as WooCommerce keeps them; a text is read digit by digit. */
function alliance_millionths( $amount ) {
	$text = is_string( $amount ) ? trim( $amount ) : number_format( (float) $amount, 6, '.', '' );
	if ( 1 !== preg_match( '/^(-?)([0-9]{1,12})(?:\.([0-9]*))?$/D', $text, $parts ) ) {
		return 0;
	}
	$rest  = isset( $parts[3] ) ? $parts[3] : '';
	$whole = (int) $parts[2] * 1000000 + (int) str_pad( substr( $rest, 0, 6 ), 6, '0' );
	$whole = $whole + ( (int) substr( $rest, 6, 1 ) >= 5 ? 1 : 0 );
	return '-' === $parts[1] ? -$whole : $whole;
}

/** Base64 as it may stand in an address, without `=`. */
function alliance_base64url( $raw ) {
	return rtrim( strtr( base64_encode( $raw ), '+/', '-_' ), '=' ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.obfuscation_base64_encode -- The written form of a signature.
}
