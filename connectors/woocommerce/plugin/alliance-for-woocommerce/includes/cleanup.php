<?php
/**
 * Taking the hub out of this shop: what it wrote, the hooks it laid, and its key.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

/**
 * Forget the connection, with the hub's webhooks and its key.
 *
 * @return bool Whether the key went too; false where it is not known which it was.
 */
function alliance_disconnect() {
	$connection = alliance_connection();
	if ( ! $connection ) {
		return true;
	}
	alliance_delete_webhooks( $connection['hub'] );
	delete_option( 'alliance_connection' );
	delete_transient( ALLIANCE_CHECKED );
	return alliance_delete_key( $connection['key_id'] );
}

/** The webhooks by which this shop told that hub of its orders. */
function alliance_delete_webhooks( $hub ) {
	$start = $hub . '/stores/woocommerce/calls/';
	foreach ( WC_Data_Store::load( 'webhook' )->search_webhooks( array( 'limit' => -1 ) ) as $id ) {
		$webhook = wc_get_webhook( $id );
		if ( $webhook && 0 === strpos( $webhook->get_delivery_url(), $start ) ) {
			$webhook->delete( true );
		}
	}
}

/** A key of WooCommerce's REST interface, by its number. */
function alliance_delete_key( $key_id ) {
	global $wpdb;
	return $key_id > 0 && false !== $wpdb->delete( // phpcs:ignore WordPress.DB.DirectDatabaseQuery -- As WooCommerce itself revokes a key.
		$wpdb->prefix . 'woocommerce_api_keys',
		array( 'key_id' => $key_id ),
		array( '%d' )
	);
}

/** When the hub last used its key or wrote here, in seconds since 1970; null if never. */
function alliance_heard_at() {
	$connection = alliance_connection();
	if ( ! $connection ) {
		return null;
	}
	global $wpdb;
	$used = $wpdb->get_var( // phpcs:ignore WordPress.DB.DirectDatabaseQuery -- WooCommerce has no other way to its keys.
		$wpdb->prepare( 'SELECT last_access FROM %i WHERE key_id = %d', $wpdb->prefix . 'woocommerce_api_keys', $connection['key_id'] )
	);
	// WooCommerce keeps this time in the shop's own zone.
	$used = $used ? strtotime( get_gmt_from_date( $used ) . ' UTC' ) : 0;
	return max( (int) $used, (int) $connection['heard_at'] );
}
