<?php
/**
 * The plugin is deleted: nothing of it stays. Its words on orders are the order's own record of
 * where it came from, and stay unless the owner chose otherwise.
 *
 * @package Alliance
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;
defined( 'ABSPATH' ) || exit;

if ( is_multisite() ) {
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $alliance_site ) {
		switch_to_blog( $alliance_site );
		alliance_uninstall();
		restore_current_blog();
	}
} else {
	alliance_uninstall();
}

/** All that one shop kept; its hooks and keys too, which WooCommerce may not be here to remove. */
function alliance_uninstall() {
	$connection = get_option( 'alliance_connection' );
	$settings   = get_option( 'alliance_settings' );
	if ( is_array( $connection ) && ! empty( $connection['hub'] ) ) {
		alliance_uninstall_hub( $connection );
	}
	if ( is_array( $settings ) && ! empty( $settings['wipe_orders'] ) ) {
		alliance_uninstall_marks();
	}
	delete_option( 'alliance_connection' );
	delete_option( 'alliance_settings' );
	delete_transient( 'alliance_asked' );
	if ( function_exists( 'as_unschedule_all_actions' ) ) {
		as_unschedule_all_actions( '', array(), 'alliance' );
	}
}

/** The hub's webhooks and its key. */
function alliance_uninstall_hub( array $connection ) {
	global $wpdb;
	$start = $wpdb->esc_like( $connection['hub'] . '/stores/woocommerce/calls/' ) . '%';
	if ( alliance_has_table( 'wc_webhooks' ) ) {
		$wpdb->query( $wpdb->prepare( 'DELETE FROM %i WHERE delivery_url LIKE %s', $wpdb->prefix . 'wc_webhooks', $start ) ); // phpcs:ignore WordPress.DB.DirectDatabaseQuery
		wp_cache_flush_group( 'webhooks' );
		delete_transient( 'woocommerce_webhook_ids_status_active' );
	}
	if ( ! empty( $connection['key_id'] ) && alliance_has_table( 'woocommerce_api_keys' ) ) {
		$wpdb->delete( $wpdb->prefix . 'woocommerce_api_keys', array( 'key_id' => (int) $connection['key_id'] ), array( '%d' ) ); // phpcs:ignore WordPress.DB.DirectDatabaseQuery
	}
}

/** What this plugin wrote onto orders, where the owner wanted that gone as well. */
function alliance_uninstall_marks() {
	global $wpdb;
	foreach ( array( 'postmeta', 'wc_orders_meta' ) as $table ) {
		foreach ( alliance_has_table( $table ) ? array( '_alliance_click', '_alliance_code' ) : array() as $key ) {
			$wpdb->delete( $wpdb->prefix . $table, array( 'meta_key' => $key ), array( '%s' ) ); // phpcs:ignore WordPress.DB
		}
	}
}

/** Whether the shop has this table: WooCommerce may have gone before. */
function alliance_has_table( $name ) {
	global $wpdb;
	$table = $wpdb->prefix . $name;
	return $table === $wpdb->get_var( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->esc_like( $table ) ) ); // phpcs:ignore WordPress.DB.DirectDatabaseQuery
}
