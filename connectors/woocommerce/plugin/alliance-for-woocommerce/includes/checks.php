<?php
/**
 * The self-test: what this shop needs so that recommendations are counted, each as true, false or
 * null where it cannot be known. Nothing secret is in it; the hub reads the same.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

const ALLIANCE_CHECKED = 'alliance_asked';
const ALLIANCE_LATE    = HOUR_IN_SECONDS;
const ALLIANCE_ASTRAY  = 300;

/**
 * Every check by its code.
 *
 * @param bool $may_ask Whether this shop and the hub may be asked now; otherwise the last answers count.
 * @return array<string, bool|null>
 */
function alliance_checks( $may_ask ) {
	$asked = get_transient( ALLIANCE_CHECKED );
	if ( $may_ask && ! is_array( $asked ) ) {
		$asked = array(
			'rest_reachable' => alliance_ask_rest(),
			'clock'          => alliance_ask_clock(),
		);
		set_transient( ALLIANCE_CHECKED, $asked, 10 * MINUTE_IN_SECONDS );
	}
	$asked = ( is_array( $asked ) ? $asked : array() ) + array(
		'rest_reachable' => null,
		'clock'          => null,
	);
	return array(
		'https'               => 'https' === wp_parse_url( home_url(), PHP_URL_SCHEME ),
		'permalinks'          => '' !== (string) get_option( 'permalink_structure' ),
		'woocommerce_version' => version_compare( WC()->version, '9.0', '>=' ),
		'hpos'                => alliance_check_hpos(),
		'blocks_checkout'     => alliance_check_blocks(),
		'rest_reachable'      => $asked['rest_reachable'],
		'cron_runs'           => alliance_check_cron(),
		'consent_api'         => alliance_check_consent(),
		'clock'               => $asked['clock'],
		'page_cache'          => alliance_check_cache(),
	);
}

/** The checks as the hub reads them; whoever reads them has reached this shop. */
function alliance_told_checks() {
	$told = array();
	foreach ( array( 'rest_reachable' => true ) + alliance_checks( false ) as $code => $ok ) {
		$told[] = array(
			'code' => $code,
			'ok'   => $ok,
		);
	}
	return $told;
}

/** Orders in tables of their own: true; in the old table, which is fine as well: null. */
function alliance_check_hpos() {
	$orders = 'Automattic\WooCommerce\Utilities\OrderUtil';
	return class_exists( $orders ) && $orders::custom_orders_table_usage_is_enabled() ? true : null;
}

/** The checkout is WooCommerce's block: true; a classic one, which is fine as well: null. */
function alliance_check_blocks() {
	$page = get_post( wc_get_page_id( 'checkout' ) );
	return $page instanceof WP_Post && has_block( 'woocommerce/checkout', $page ) ? true : null;
}

/** Whether the jobs run by which WooCommerce tells the hub of orders: none is an hour late. */
function alliance_check_cron() {
	$late = array_filter(
		wp_get_ready_cron_jobs(),
		function ( $jobs, $due ) {
			// A shop may run WooCommerce's queue in another way than this job: what waits in it tells.
			$others = array_diff( array_keys( $jobs ), array( 'action_scheduler_run_queue' ) );
			return $others && (int) $due < time() - ALLIANCE_LATE;
		},
		ARRAY_FILTER_USE_BOTH
	);
	if ( $late || ! function_exists( 'as_get_scheduled_actions' ) ) {
		return ! $late;
	}
	$waiting = as_get_scheduled_actions(
		array(
			'status'       => 'pending',
			'date'         => gmdate( 'Y-m-d H:i:s', time() - ALLIANCE_LATE ),
			'date_compare' => '<=',
			'per_page'     => 1,
		),
		'ids'
	);
	return ! $waiting;
}

/** A consent tool that speaks the WP Consent API: true; the API with no tool behind it: false; neither: null. */
function alliance_check_consent() {
	if ( ! function_exists( 'wp_has_consent' ) || ! function_exists( 'wp_get_consent_type' ) ) {
		return null;
	}
	return (bool) wp_get_consent_type();
}

/** No page cache: true; one is there, and whether it spares the checkout cannot be seen from here: null. */
function alliance_check_cache() {
	$is_there = ( defined( 'WP_CACHE' ) && WP_CACHE ) || file_exists( WP_CONTENT_DIR . '/advanced-cache.php' );
	return $is_there ? null : true;
}

/** Whether the REST interface answers from outside, as far as a shop can ask itself. */
function alliance_ask_rest() {
	$answer = wp_safe_remote_get( rest_url( 'wc-alliance/v1' ), array( 'timeout' => 5 ) );
	if ( is_wp_error( $answer ) ) {
		// Many hosts do not let a shop call itself, which says nothing about others.
		return null;
	}
	$told = json_decode( wp_remote_retrieve_body( $answer ), true );
	return 200 === wp_remote_retrieve_response_code( $answer ) && is_array( $told ) && 'wc-alliance/v1' === ( isset( $told['namespace'] ) ? $told['namespace'] : '' );
}

/** Whether this shop's clock and the hub's agree to five minutes, which proofs of purchases need. */
function alliance_ask_clock() {
	$connection = alliance_connection();
	$answer     = $connection ? wp_safe_remote_head( $connection['hub'] . '/embed/v1.js', array( 'timeout' => 5 ) ) : null;
	$date       = $answer && ! is_wp_error( $answer ) ? wp_remote_retrieve_header( $answer, 'date' ) : '';
	$theirs     = is_string( $date ) && '' !== $date ? strtotime( $date ) : false;
	return false === $theirs ? null : abs( time() - $theirs ) <= ALLIANCE_ASTRAY;
}
