<?php
/**
 * A line in the mails of an order, if the owner wants it: text and a link to the shop's own page.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

const ALLIANCE_MAILS = array( 'customer_processing_order', 'customer_on_hold_order', 'customer_completed_order' );

add_action( 'woocommerce_email_after_order_table', 'alliance_email_line', 20, 4 );

/** The label that says it is an ad, and a link to the thank-you page, where the elements are. */
function alliance_email_line( $order, $sent_to_admin, $plain_text, $email = null ) {
	$is_ours = ! $sent_to_admin && is_object( $email ) && in_array( $email->id, ALLIANCE_MAILS, true ) && alliance_settings()['email_line'];
	if ( ! $is_ours || ! $order instanceof WC_Order ) {
		return;
	}
	$words = alliance_email_words( $order );
	if ( ! $words ) {
		return;
	}
	$link = $order->get_checkout_order_received_url();
	if ( $plain_text ) {
		echo "\n" . esc_html( wp_strip_all_tags( $words['label'] . ' ' . $words['link'] ) ) . ' ' . esc_url_raw( $link ) . "\n\n";
	} else {
		echo '<p>' . esc_html( $words['label'] ) . '<br><a href="' . esc_url( $link ) . '">' . esc_html( $words['link'] ) . '</a></p>';
	}
}

/**
 * What the line says, by what the thank-you page shows for this order; null if that is nothing.
 *
 * @return array{label: string, link: string}|null
 */
function alliance_email_words( $order ) {
	$shows = array();
	foreach ( alliance_automatic( 'thank_you' ) as $id ) {
		$shows[] = alliance_placement( $id )['shows'];
	}
	if ( in_array( 'claim', $shows, true ) && '' !== alliance_proof( $order ) ) {
		return array(
			'label' => __( 'A gift from our partners · Ad', 'alliance-for-woocommerce' ),
			'link'  => __( 'See your gift (until tomorrow)', 'alliance-for-woocommerce' ),
		);
	}
	if ( in_array( 'slate', $shows, true ) ) {
		return array(
			'label' => __( 'Recommended by our partner · Ad', 'alliance-for-woocommerce' ),
			'link'  => __( 'See what our partners recommend', 'alliance-for-woocommerce' ),
		);
	}
	return null;
}
