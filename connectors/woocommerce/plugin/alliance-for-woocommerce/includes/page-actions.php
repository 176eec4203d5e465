<?php
/**
 * The buttons of the page. Each asks who presses it and whether they meant to.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

add_action( 'admin_post_alliance_connect', 'alliance_on_connect' );
add_action( 'admin_post_alliance_leave', 'alliance_on_leave' );
add_action( 'admin_post_alliance_test', 'alliance_on_test' );
add_action( 'admin_post_alliance_save', 'alliance_on_save' );

/** Off to the hub. Nothing is kept by this: only the hub's own call with the shop's keys connects. */
function alliance_on_connect() {
	alliance_check_right();
	check_admin_referer( 'alliance_connect' );
	$hub = alliance_hub_address( isset( $_POST['alliance_hub'] ) ? sanitize_text_field( wp_unslash( $_POST['alliance_hub'] ) ) : '' );
	if ( '' === $hub ) {
		alliance_back( 'address' );
	}
	wp_redirect( alliance_install_address( $hub ) ); // phpcs:ignore WordPress.Security.SafeRedirect.wp_redirect_wp_redirect -- The owner typed where to go.
	exit;
}

/** Where a hub begins to connect this shop, and where it brings its owner back to. */
function alliance_install_address( $hub ) {
	return $hub . '/stores/woocommerce/install?' . http_build_query(
		array(
			'address' => home_url(),
			'back'    => alliance_page_address(),
		)
	);
}

/** Take the hub out of this shop. */
function alliance_on_leave() {
	alliance_check_right();
	check_admin_referer( 'alliance_leave' );
	alliance_back( alliance_disconnect() ? 'gone' : 'key_stays' );
}

/** Ask again what was asked in the last minutes. */
function alliance_on_test() {
	alliance_check_right();
	check_admin_referer( 'alliance_test' );
	delete_transient( ALLIANCE_CHECKED );
	alliance_back( '' );
}

/** Keep the owner's choices. */
function alliance_on_save() {
	alliance_check_right();
	check_admin_referer( 'alliance_save' );
	$consent   = isset( $_POST['alliance_consent'] ) ? sanitize_key( wp_unslash( $_POST['alliance_consent'] ) ) : 'auto';
	$known     = isset( $_POST['alliance_known'] ) ? map_deep( wp_unslash( (array) $_POST['alliance_known'] ), 'sanitize_text_field' ) : array();
	$automatic = isset( $_POST['alliance_automatic'] ) ? map_deep( wp_unslash( (array) $_POST['alliance_automatic'] ), 'sanitize_text_field' ) : array();
	update_option(
		'alliance_settings',
		array(
			'consent'     => in_array( $consent, ALLIANCE_CONSENT_CHOICES, true ) ? $consent : 'auto',
			'question'    => isset( $_POST['alliance_question'] ),
			'email_line'  => isset( $_POST['alliance_email_line'] ),
			'coupon_name' => isset( $_POST['alliance_coupon_name'] ),
			'by_hand'     => alliance_by_hand( $known, $automatic ),
			'wipe_orders' => isset( $_POST['alliance_wipe_orders'] ),
		)
	);
	alliance_back( 'saved' );
}

/**
 * Placements that the owner puts up by hand: of those the form knew the unticked ones, and those
 * chosen before that it did not know, for as long as there is no hub.
 *
 * @return string[]
 */
function alliance_by_hand( array $known, array $automatic ) {
	$before = array_diff( alliance_settings()['by_hand'], $known );
	$found  = array();
	foreach ( array_merge( array_diff( $known, $automatic ), $before ) as $id ) {
		if ( alliance_is_id( 'plc', $id ) ) {
			$found[] = $id;
		}
	}
	return array_slice( array_values( array_unique( $found ) ), 0, ALLIANCE_MOST_PLACEMENTS );
}

/** Only who runs the shop. */
function alliance_check_right() {
	if ( ! current_user_can( 'manage_woocommerce' ) ) {
		wp_die( esc_html__( 'You may not change this.', 'alliance-for-woocommerce' ), '', array( 'response' => 403 ) );
	}
}

/** Back to the page, which says what was done. */
function alliance_back( $said ) {
	wp_safe_redirect( alliance_page_address( '' === $said ? array() : array( 'alliance_said' => $said ) ) );
	exit;
}
