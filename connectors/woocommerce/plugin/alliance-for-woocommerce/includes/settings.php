<?php
/**
 * The owner's own choices, as the settings page keeps them.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

const ALLIANCE_CONSENT_CHOICES = array( 'auto', 'asked', 'none', 'never' );

/**
 * Every choice, with its default where nothing was chosen.
 *
 * @return array{consent: string, question: bool, email_line: bool, coupon_name: bool, by_hand: string[], wipe_orders: bool}
 */
function alliance_settings() {
	$kept   = get_option( 'alliance_settings', array() );
	$kept   = is_array( $kept ) ? $kept : array();
	$wanted = isset( $kept['consent'] ) ? $kept['consent'] : 'auto';
	$ids    = isset( $kept['by_hand'] ) && is_array( $kept['by_hand'] ) ? $kept['by_hand'] : array();
	return array(
		'consent'     => in_array( $wanted, ALLIANCE_CONSENT_CHOICES, true ) ? $wanted : 'auto',
		'question'    => ! empty( $kept['question'] ),
		'email_line'  => ! empty( $kept['email_line'] ),
		'coupon_name' => ! empty( $kept['coupon_name'] ),
		'by_hand'     => array_values( array_filter( $ids, 'is_string' ) ),
		'wipe_orders' => ! empty( $kept['wipe_orders'] ),
	);
}
