<?php
/**
 * Where the hub writes the connection, with the WooCommerce keys that the owner gave it.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

add_action( 'rest_api_init', 'alliance_register_routes' );
add_filter( 'woocommerce_rest_is_request_to_rest_api', 'alliance_is_rest_request' );

/** One resource: the connection. */
function alliance_register_routes() {
	$methods = array(
		'GET'    => 'alliance_get_connection',
		'PUT'    => 'alliance_put_connection',
		'DELETE' => 'alliance_delete_connection',
	);
	$routes  = array();
	foreach ( $methods as $method => $callback ) {
		$routes[] = array(
			'methods'             => $method,
			'callback'            => $callback,
			'permission_callback' => 'alliance_may_connect',
		);
	}
	register_rest_route( 'wc-alliance/v1', '/connection', $routes );
}

/**
 * WooCommerce looks for its keys where the address holds `wp-json/wc-`. A shop with plain
 * permalinks has `?rest_route=/wc-…` instead.
 */
function alliance_is_rest_request( $is_one ) {
	// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- Keys are what proves the caller; this says where to look for them.
	$route = isset( $_GET['rest_route'] ) && is_string( $_GET['rest_route'] ) ? sanitize_text_field( wp_unslash( $_GET['rest_route'] ) ) : '';
	return $is_one || 0 === strpos( ltrim( $route, '/' ), 'wc-alliance/' );
}

/** Who runs the shop, or a key of theirs. */
function alliance_may_connect() {
	if ( current_user_can( 'manage_woocommerce' ) ) {
		return true;
	}
	return alliance_refusal( 'not_allowed', 'This needs a key of somebody who runs the shop.', rest_authorization_required_code() );
}

/** How it stands. */
function alliance_get_connection() {
	$connection = alliance_connection();
	if ( $connection && alliance_calling_key() === $connection['key_id'] && $connection['key_id'] > 0 ) {
		$connection['heard_at'] = time();
		update_option( 'alliance_connection', $connection, false );
	}
	return rest_ensure_response( alliance_told_connection() );
}

/** The hub writes it; what is not as agreed is refused whole. */
function alliance_put_connection( $request ) {
	if ( strlen( $request->get_body() ) > 100000 ) {
		return alliance_refusal( 'too_long', 'A connection is at most 100,000 bytes.' );
	}
	$read = alliance_read_connection( $request->get_json_params() );
	if ( is_wp_error( $read ) ) {
		return $read;
	}
	$read['heard_at'] = time();
	$read['key_id']   = alliance_calling_key();
	$before           = alliance_connection();
	update_option( 'alliance_connection', $read, false );
	alliance_drop_old_key( $before, $read );
	delete_transient( ALLIANCE_CHECKED );
	return rest_ensure_response( alliance_told_connection() );
}

/** The hub takes itself out: what it wrote, its hooks, and the key with which it asked. */
function alliance_delete_connection() {
	$key = alliance_calling_key();
	alliance_disconnect();
	alliance_delete_key( $key );
	return rest_ensure_response( alliance_told_connection() );
}

/**
 * The connection as it is told: never the secret.
 *
 * @return array
 */
function alliance_told_connection() {
	$connection = alliance_connection();
	$placements = $connection ? $connection['placements'] : array();
	return array(
		'plugin'     => ALLIANCE_VERSION,
		'connected'  => null !== $connection,
		'hub'        => $connection ? $connection['hub'] : '',
		'store'      => $connection ? $connection['store'] : '',
		'store_name' => $connection ? $connection['store_name'] : '',
		'heard_at'   => $connection ? $connection['heard_at'] : null,
		'placements' => array_column( $placements, 'id' ),
		'checks'     => alliance_told_checks(),
	);
}

/** The number of the WooCommerce key that this request came with; 0 if it came in another way. */
function alliance_calling_key() {
	$key = '';
	// phpcs:disable WordPress.Security.NonceVerification.Recommended -- WooCommerce has proven this key by now; it is looked up again by its hash.
	if ( isset( $_GET['consumer_key'] ) && is_string( $_GET['consumer_key'] ) ) {
		$key = sanitize_text_field( wp_unslash( $_GET['consumer_key'] ) );
	} elseif ( isset( $_SERVER['PHP_AUTH_USER'] ) ) {
		$key = sanitize_text_field( wp_unslash( $_SERVER['PHP_AUTH_USER'] ) );
	} elseif ( isset( $_GET['oauth_consumer_key'] ) && is_string( $_GET['oauth_consumer_key'] ) ) {
		$key = sanitize_text_field( wp_unslash( $_GET['oauth_consumer_key'] ) );
	}
	// phpcs:enable WordPress.Security.NonceVerification.Recommended
	$header = isset( $_SERVER['HTTP_AUTHORIZATION'] ) ? sanitize_text_field( wp_unslash( $_SERVER['HTTP_AUTHORIZATION'] ) ) : '';
	if ( '' === $key && preg_match( '/^OAuth .*oauth_consumer_key="?([A-Za-z0-9_]+)/', $header, $found ) ) {
		$key = $found[1];
	}
	if ( '' === $key ) {
		return 0;
	}
	global $wpdb;
	return (int) $wpdb->get_var( // phpcs:ignore WordPress.DB.DirectDatabaseQuery -- WooCommerce has no other way to its keys.
		$wpdb->prepare(
			'SELECT key_id FROM %i WHERE consumer_key = %s AND truncated_key = %s AND user_id = %d',
			$wpdb->prefix . 'woocommerce_api_keys',
			wc_api_hash( $key ),
			substr( $key, -7 ),
			get_current_user_id()
		)
	);
}
