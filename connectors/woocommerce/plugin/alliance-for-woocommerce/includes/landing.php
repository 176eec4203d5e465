<?php
/**
 * A shopper lands with a click token: `?alc=…`. The server looks first; where a page comes out of a
 * cache, `assets/landing.js` does the same in the browser.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

add_action( 'init', 'alliance_land' );
add_action( 'wp_enqueue_scripts', 'alliance_landing_script' );

/** Keep the token of this address as far as the shopper's word allows. */
function alliance_land() {
	$tokens  = alliance_address_tokens();
	$is_ours = $tokens || isset( $_COOKIE['alliance_alc'] ) || isset( $_COOKIE['alliance_seen'] );
	if ( ! $is_ours || wp_doing_ajax() || wp_doing_cron() || is_admin() || ! alliance_connection() ) {
		return;
	}
	$word = alliance_word();
	if ( 'no' === $word || 'never' === alliance_keep_mode() ) {
		alliance_forget_cookies();
	} elseif ( 'unsaid' !== $word && $tokens ) {
		$all = alliance_tokens( array_merge( alliance_cookie( 'alliance_alc' ), $tokens ) );
		alliance_set_cookie( 'alliance_alc', implode( '!', $all ), 'month' === $word ? time() + MONTH_IN_SECONDS : 0 );
	}
}

/**
 * The click tokens that this address carries.
 *
 * @return string[]
 */
function alliance_address_tokens() {
	// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- A link from elsewhere cannot carry a nonce; nothing is acted on.
	$told = isset( $_GET['alc'] ) ? map_deep( wp_unslash( $_GET['alc'] ), 'sanitize_text_field' ) : array();
	return alliance_tokens( is_array( $told ) ? $told : array( $told ) );
}

/** After a no nothing of ours stays on the device. */
function alliance_forget_cookies() {
	foreach ( array( 'alliance_alc', 'alliance_seen' ) as $name ) {
		if ( isset( $_COOKIE[ $name ] ) ) {
			alliance_set_cookie( $name, '', 1 );
		}
	}
}

/** A first-party cookie that the elements' own script reads too, so it is open to scripts. */
function alliance_set_cookie( $name, $value, $until ) {
	if ( headers_sent() ) {
		return;
	}
	// An answer with a cookie in it belongs to one shopper and into no cache.
	nocache_headers();
	defined( 'DONOTCACHEPAGE' ) || define( 'DONOTCACHEPAGE', true ); // phpcs:ignore WordPress.NamingConventions.PrefixAllGlobals.NonPrefixedConstantFound -- A word that page caches share.
	setcookie(
		$name,
		$value,
		array(
			'expires'  => $until,
			'path'     => '/',
			'secure'   => is_ssl(),
			'samesite' => 'Lax',
		)
	);
	$_COOKIE[ $name ] = $value;
}

/** The same in the browser, on every page: a cache hands out pages that this plugin never sees. */
function alliance_landing_script() {
	$connection = alliance_connection();
	if ( ! $connection ) {
		return;
	}
	alliance_register_elements();
	wp_enqueue_script( 'alliance-landing' );
	if ( alliance_address_tokens() ) {
		wp_enqueue_script( 'alliance-elements' );
		if ( is_checkout() ) {
			wp_enqueue_script( 'alliance-checkout' );
		}
	}
}
