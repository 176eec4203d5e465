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

/**
 * A hub that was given new keys has forgotten those before: they would stay here for nobody. A key
 * that the owner made by hand may serve others too, and stays.
 */
function alliance_drop_old_key( $before, array $now ) {
	$is_renewed = $before && $before['hub'] === $now['hub'] && $before['store'] === $now['store']
		&& $now['key_id'] > 0 && $before['key_id'] > 0 && $before['key_id'] !== $now['key_id'];
	if ( ! $is_renewed ) {
		return;
	}
	global $wpdb;
	// What WooCommerce calls a key that it handed over on its own page: the asker's name and this.
	$made = $wpdb->get_var( // phpcs:ignore WordPress.DB.DirectDatabaseQuery -- WooCommerce has no other way to its keys.
		$wpdb->prepare( 'SELECT description FROM %i WHERE key_id = %d', $wpdb->prefix . 'woocommerce_api_keys', $before['key_id'] )
	);
	if ( is_string( $made ) && 0 === strpos( $made, 'Alliance - API' ) ) {
		alliance_delete_key( $before['key_id'] );
	}
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
