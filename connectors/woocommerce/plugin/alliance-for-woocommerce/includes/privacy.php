<?php
/**
 * A person's right to know and to be forgotten: for what this plugin wrote onto their orders.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

const ALLIANCE_A_PAGE = 10;

add_filter( 'wp_privacy_personal_data_exporters', 'alliance_add_exporter' );
add_filter( 'wp_privacy_personal_data_erasers', 'alliance_add_eraser' );
add_action( 'admin_init', 'alliance_privacy_text' );

/** Ours among the exporters. */
function alliance_add_exporter( $exporters ) {
	$exporters['alliance-for-woocommerce'] = array(
		'exporter_friendly_name' => __( 'Recommendations on orders', 'alliance-for-woocommerce' ),
		'callback'               => 'alliance_export',
	);
	return $exporters;
}

/** Ours among the erasers. */
function alliance_add_eraser( $erasers ) {
	$erasers['alliance-for-woocommerce'] = array(
		'eraser_friendly_name' => __( 'Recommendations on orders', 'alliance-for-woocommerce' ),
		'callback'             => 'alliance_erase',
	);
	return $erasers;
}

/** What is on the orders of this address, a few orders at a time. */
function alliance_export( $email, $page = 1 ) {
	$orders = alliance_orders_of( $email, $page );
	$found  = array();
	foreach ( $orders as $order ) {
		$told = alliance_kept_words( $order );
		if ( $told ) {
			$found[] = array(
				'group_id'    => 'alliance',
				'group_label' => __( 'Recommendations on orders', 'alliance-for-woocommerce' ),
				'item_id'     => 'alliance-order-' . $order->get_id(),
				'data'        => $told,
			);
		}
	}
	return array(
		'data' => $found,
		'done' => count( $orders ) < ALLIANCE_A_PAGE,
	);
}

/** Take it off those orders, if the shop takes personal data off orders at all. */
function alliance_erase( $email, $page = 1 ) {
	$may     = 'yes' === get_option( 'woocommerce_erasure_request_removes_order_data', 'no' );
	$orders  = alliance_orders_of( $email, $page );
	$removed = false;
	$kept    = false;
	foreach ( $orders as $order ) {
		$has     = array() !== alliance_kept_words( $order );
		$removed = $removed || ( $has && $may );
		$kept    = $kept || ( $has && ! $may );
		if ( $has && $may ) {
			$order->delete_meta_data( '_alliance_click' );
			$order->delete_meta_data( '_alliance_code' );
			$order->save();
		}
	}
	$why = __( 'What shows which recommendation led to an order was kept: this shop keeps its orders.', 'alliance-for-woocommerce' );
	return array(
		'items_removed'  => $removed,
		'items_retained' => $kept,
		'messages'       => $kept ? array( $why ) : array(),
		'done'           => count( $orders ) < ALLIANCE_A_PAGE,
	);
}

/**
 * The orders that were placed with this address, or by whose account has it.
 *
 * @return WC_Order[]
 */
function alliance_orders_of( $email, $page ) {
	$person = get_user_by( 'email', $email );
	return wc_get_orders(
		array(
			'customer' => $person ? array( $email, $person->ID ) : array( $email ),
			'type'     => 'shop_order',
			'limit'    => ALLIANCE_A_PAGE,
			'page'     => max( 1, (int) $page ),
			'orderby'  => 'ID',
			'order'    => 'ASC',
		)
	);
}

/** Our words on an order, as an export names them. */
function alliance_kept_words( $order ) {
	$marks = $order->get_meta( '_alliance_click' );
	$told  = array(
		__( 'Recommendations followed or seen', 'alliance-for-woocommerce' ) => implode( ', ', array_filter( (array) $marks, 'is_string' ) ),
		__( 'Who recommended us?', 'alliance-for-woocommerce' ) => (string) $order->get_meta( '_alliance_code' ),
	);
	$found = array();
	foreach ( array_filter( $told, 'strlen' ) as $name => $value ) {
		$found[] = array(
			'name'  => $name,
			'value' => $value,
		);
	}
	return $found;
}

/** A text for the shop's own privacy policy. */
function alliance_privacy_text() {
	$paragraphs = array(
		__( 'We recommend products of other shops, and other shops recommend ours. When you come to us by such a recommendation, its link carries a number that says which recommendation it was. It says nothing about you.', 'alliance-for-woocommerce' ),
		__( 'As far as you agreed, we keep the last four of these numbers in the cookie alliance_alc, for 30 days at most, and in the cookie alliance_seen, until you close the browser, which recommendations you saw. Otherwise the number stays in the address during your visit. If your browser sends Global Privacy Control, or you say no, nothing is kept and nothing is counted.', 'alliance-for-woocommerce' ),
		__( 'When you order, the numbers are kept with the order, as is the answer to the question who recommended us if you give one. A hub reads them together with the order, to work out what the recommending shop earns. It keeps no name, address or e-mail.', 'alliance-for-woocommerce' ),
		__( 'To show recommendations your browser asks the hub. The hub then sees your network address, as every web server does, and sets no cookie.', 'alliance-for-woocommerce' ),
	);
	wp_add_privacy_policy_content( 'Alliance for WooCommerce', wp_kses_post( '<p>' . implode( '</p><p>', $paragraphs ) . '</p>' ) );
}
