<?php
/**
 * The self-test in words: what was found, and how to mend it.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

/** What a check is called. */
function alliance_check_name( $code ) {
	$names = array(
		'https'               => __( 'Safe address', 'alliance-for-woocommerce' ),
		'permalinks'          => __( 'Permalinks', 'alliance-for-woocommerce' ),
		'woocommerce_version' => __( 'WooCommerce', 'alliance-for-woocommerce' ),
		'hpos'                => __( 'Order tables', 'alliance-for-woocommerce' ),
		'blocks_checkout'     => __( 'Checkout', 'alliance-for-woocommerce' ),
		'rest_reachable'      => __( 'REST interface', 'alliance-for-woocommerce' ),
		'cron_runs'           => __( 'Background jobs', 'alliance-for-woocommerce' ),
		'consent_api'         => __( 'Consent tool', 'alliance-for-woocommerce' ),
		'clock'               => __( 'Clock', 'alliance-for-woocommerce' ),
		'page_cache'          => __( 'Page cache', 'alliance-for-woocommerce' ),
	);
	return isset( $names[ $code ] ) ? $names[ $code ] : $code;
}

/** What was found, in a sentence; where something is wrong, with the way to mend it. */
function alliance_check_words( $code, $ok ) {
	$words = alliance_good_words();
	if ( true === $ok ) {
		return $words[ $code ];
	}
	$words = false === $ok ? alliance_bad_words() : alliance_unknown_words();
	return isset( $words[ $code ] ) ? $words[ $code ] : __( 'This could not be found out.', 'alliance-for-woocommerce' );
}

/** Where all is well. */
function alliance_good_words() {
	return array(
		'https'               => __( 'The shop is on https.', 'alliance-for-woocommerce' ),
		'permalinks'          => __( 'Addresses can be read.', 'alliance-for-woocommerce' ),
		'woocommerce_version' => __( 'New enough.', 'alliance-for-woocommerce' ),
		'hpos'                => __( 'Orders are in tables of their own.', 'alliance-for-woocommerce' ),
		'blocks_checkout'     => __( 'Your checkout is made of blocks. Both kinds work.', 'alliance-for-woocommerce' ),
		'rest_reachable'      => __( 'It answers.', 'alliance-for-woocommerce' ),
		'cron_runs'           => __( 'They run on time, so the hub hears of orders at once.', 'alliance-for-woocommerce' ),
		'consent_api'         => __( 'Your consent tool is heard.', 'alliance-for-woocommerce' ),
		'clock'               => __( 'The clocks of shop and hub agree.', 'alliance-for-woocommerce' ),
		'page_cache'          => __( 'There is none in the way.', 'alliance-for-woocommerce' ),
	);
}

/** Where something is to be mended. */
function alliance_bad_words() {
	return array(
		'https'               => __( 'The shop is on plain http. Ask your host for a certificate, then change both addresses under Settings, General.', 'alliance-for-woocommerce' ),
		'permalinks'          => __( 'The shop has plain permalinks. Choose another kind under Settings, Permalinks.', 'alliance-for-woocommerce' ),
		'woocommerce_version' => __( 'WooCommerce is older than 9.0. Update it.', 'alliance-for-woocommerce' ),
		'rest_reachable'      => __( 'It does not answer. A security plugin or the host may block it: allow addresses that begin with /wp-json/wc.', 'alliance-for-woocommerce' ),
		'cron_runs'           => __( 'Jobs are more than an hour late, so the hub hears of orders late. Ask your host to call wp-cron.php every minute.', 'alliance-for-woocommerce' ),
		'consent_api'         => __( 'WP Consent API is there, but no consent tool speaks with it. Nothing is kept until one does.', 'alliance-for-woocommerce' ),
		'clock'               => __( 'The clocks of shop and hub differ by more than five minutes. Ask your host to set the clock; until then codes may be refused.', 'alliance-for-woocommerce' ),
	);
}

/** Where nothing can be said, or both ways are fine. */
function alliance_unknown_words() {
	return array(
		'hpos'            => __( 'Orders are in the old table. That works.', 'alliance-for-woocommerce' ),
		'blocks_checkout' => __( 'Your checkout is a classic one. Both kinds work.', 'alliance-for-woocommerce' ),
		'rest_reachable'  => __( 'The shop cannot call itself. That is common and does no harm if the hub was heard lately.', 'alliance-for-woocommerce' ),
		'consent_api'     => __( 'No consent tool with the WP Consent API was found. See “Consent” below.', 'alliance-for-woocommerce' ),
		'clock'           => __( 'The hub could not be asked just now.', 'alliance-for-woocommerce' ),
		'page_cache'      => __( 'There is one. Let it leave out cart, checkout and the pages of an account, as WooCommerce asks for.', 'alliance-for-woocommerce' ),
	);
}
