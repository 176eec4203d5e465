<?php
/**
 * Plugin Name:          Alliance for WooCommerce
 * Description:          Recommends the products of shops you are allied with, and tells your hub which orders a recommendation brought.
 * Version:              0.1.0
 * Requires at least:    6.6
 * Requires PHP:         7.4
 * Requires Plugins:     woocommerce
 * WC requires at least: 9.0
 * WC tested up to:      10.5
 * Author:               The alliance hub maintainers
 * License:              GPL-2.0-or-later
 * License URI:          https://www.gnu.org/licenses/old-licenses/gpl-2.0.html
 * Text Domain:          alliance-for-woocommerce
 * Domain Path:          /languages
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

define( 'ALLIANCE_VERSION', '0.1.0' );
define( 'ALLIANCE_FILE', __FILE__ );

add_action( 'before_woocommerce_init', 'alliance_declare_features' );
add_action( 'plugins_loaded', 'alliance_start' );
add_action( 'init', 'alliance_load_words', 1 );

/** Orders in tables of their own, and the blocks of cart and checkout, are fine with this plugin. */
function alliance_declare_features() {
	$features = 'Automattic\WooCommerce\Utilities\FeaturesUtil';
	if ( class_exists( $features ) ) {
		$features::declare_compatibility( 'custom_order_tables', ALLIANCE_FILE, true );
		$features::declare_compatibility( 'cart_checkout_blocks', ALLIANCE_FILE, true );
	}
}

/** Read the parts, each of which hooks itself in; without WooCommerce there is nothing to do. */
function alliance_start() {
	if ( ! class_exists( 'WooCommerce' ) ) {
		return;
	}
	$parts = array(
		'settings',
		'connection',
		'consent',
		'landing',
		'stamp',
		'question',
		'coupon',
		'elements',
		'proof',
		'cart',
		'places',
		'blocks',
		'email',
		'checks',
		'rest',
		'cleanup',
		'privacy',
	);
	foreach ( $parts as $part ) {
		require_once __DIR__ . "/includes/$part.php";
	}
	if ( is_admin() ) {
		require_once __DIR__ . '/includes/check-words.php';
		require_once __DIR__ . '/includes/page.php';
		require_once __DIR__ . '/includes/page-choices.php';
		require_once __DIR__ . '/includes/page-actions.php';
	}
}

/** The translations that came with the plugin. */
function alliance_load_words() {
	load_plugin_textdomain( 'alliance-for-woocommerce', false, dirname( plugin_basename( ALLIANCE_FILE ) ) . '/languages' );
}
