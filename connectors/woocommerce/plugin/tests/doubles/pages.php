<?php
/**
 * WordPress's pages, scripts, blocks, people and answers of other servers, as thin as needed.
 */

function is_admin() {
	return ! empty( Shop::$page['is_admin'] );
}
function wp_is_block_theme() {
	return ! empty( Shop::$page['is_block_theme'] );
}
function is_feed() {
	return ! empty( Shop::$page['is_feed'] );
}
function is_ssl() {
	return 0 === strpos( Shop::$home, 'https' );
}
function wp_doing_ajax() {
	return false;
}
function wp_doing_cron() {
	return false;
}
function nocache_headers() {
	Shop::$page['is_uncached'] = true;
}
function get_queried_object() {
	return isset( Shop::$page['post'] ) ? Shop::$page['post'] : null;
}
function get_queried_object_id() {
	return isset( Shop::$page['post'] ) ? Shop::$page['post']->ID : 0;
}
function get_query_var( $name ) {
	return isset( Shop::$page[ $name ] ) ? Shop::$page[ $name ] : '';
}
function get_post() {
	return isset( Shop::$page['checkout'] ) ? Shop::$page['checkout'] : null;
}
function has_block( $name, $post ) {
	return $post instanceof WP_Post && false !== strpos( $post->post_content, "<!-- wp:$name" );
}
function wp_script_is( $handle, $state ) {
	return 'registered' === $state && isset( Shop::$scripts[ $handle ] );
}
function wp_register_script( $handle, $address, $needs = array() ) {
	Shop::$scripts[ $handle ] = array( $address, $needs );
}
function wp_enqueue_script( $handle ) {
	Shop::$enqueued[ $handle ] = true;
}
function wp_localize_script( $handle, $name, $told ) {
	Shop::$localized[ $name ] = $told;
}
function register_block_type( $folder, $told ) {
	$name                  = json_decode( file_get_contents( "$folder/block.json" ), true )['name'];
	Shop::$blocks[ $name ] = $told['render_callback'];
}
function get_block_wrapper_attributes() {
	return 'class="wp-block"';
}
function add_shortcode( $name, $callback ) {
	Shop::$blocks[ "[$name]" ] = $callback;
}
function shortcode_atts( $known, $told ) {
	return array_intersect_key( (array) $told, $known ) + $known;
}
function register_rest_route( $namespace, $path, $routes ) {
	foreach ( $routes as $route ) {
		Shop::$routes[ $route['methods'] . ' ' . $namespace . $path ] = $route;
	}
}
function rest_ensure_response( $told ) {
	return $told;
}
function rest_authorization_required_code() {
	return get_current_user_id() ? 403 : 401;
}
/** A call of the hub, as the REST server makes it: permission first. */
function called( $method, $body = '' ) {
	$route = Shop::$routes[ "$method wc-alliance/v1/connection" ];
	$may   = call_user_func( $route['permission_callback'] );
	return true === $may ? call_user_func( $route['callback'], new WP_REST_Request( array(), $body ) ) : $may;
}
function current_user_can( $right ) {
	return in_array( $right, Shop::$may, true );
}
function get_current_user_id() {
	return isset( Shop::$page['person'] ) ? Shop::$page['person'] : 0;
}
function get_user_by( $field, $value ) {
	return isset( Shop::$people[ $value ] ) ? (object) array( 'ID' => Shop::$people[ $value ] ) : false;
}
function check_admin_referer( $action ) {
	if ( ! isset( $_POST['_wpnonce'] ) || "nonce-$action" !== $_POST['_wpnonce'] ) {
		throw new Ended( 'nonce' );
	}
}
function wp_nonce_field( $action ) {
	echo '<input type="hidden" name="_wpnonce" value="nonce-' . esc_attr( $action ) . '">';
}
function wp_die() {
	throw new Ended( 'died' );
}
function wp_redirect( $where ) {
	throw new Ended( $where );
}
function wp_safe_redirect( $where ) {
	throw new Ended( $where );
}
function checked( $one, $other ) {
	return $one === $other ? ' checked' : '';
}
function submit_button( $text ) {
	echo '<input type="submit" value="' . esc_attr( $text ) . '">';
}
function human_time_diff() {
	return '5 mins';
}
function get_gmt_from_date( $text ) {
	return $text;
}
function wp_add_privacy_policy_content( $name, $text ) {
	Shop::$policy = $text;
}
function wp_get_ready_cron_jobs() {
	return Shop::$cron;
}
function wp_cache_flush_group() {
	return true;
}
function wp_safe_remote_get( $address ) {
	Shop::$asked[] = $address;
	return isset( Shop::$answers[ $address ] ) ? Shop::$answers[ $address ] : new WP_Error( 'http_request_failed', 'No way.' );
}
function wp_safe_remote_head( $address ) {
	return wp_safe_remote_get( $address );
}
function wp_remote_retrieve_body( $answer ) {
	return $answer['body'];
}
function wp_remote_retrieve_response_code( $answer ) {
	return $answer['status'];
}
function wp_remote_retrieve_header( $answer, $name ) {
	return isset( $answer[ $name ] ) ? $answer[ $name ] : '';
}
