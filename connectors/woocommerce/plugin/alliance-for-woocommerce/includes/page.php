<?php
/**
 * The page under WooCommerce: how the connection stands, and the owner's choices.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

add_action( 'admin_menu', 'alliance_add_page', 60 );
add_action( 'admin_enqueue_scripts', 'alliance_page_style' );
add_filter( 'plugin_action_links_' . plugin_basename( ALLIANCE_FILE ), 'alliance_page_link' );

/** In the menu of WooCommerce. */
function alliance_add_page() {
	$name = __( 'Alliance', 'alliance-for-woocommerce' );
	add_submenu_page( 'woocommerce', $name, $name, 'manage_woocommerce', 'alliance', 'alliance_show_page' );
}

/** The page's address. */
function alliance_page_address( array $more = array() ) {
	return add_query_arg( array( 'page' => 'alliance' ) + $more, admin_url( 'admin.php' ) );
}

/** A few lines of style, on this page alone. */
function alliance_page_style( $hook ) {
	if ( 'woocommerce_page_alliance' === $hook ) {
		wp_enqueue_style( 'alliance-page', plugins_url( 'assets/page.css', ALLIANCE_FILE ), array(), ALLIANCE_VERSION );
	}
}

/** A link beside the plugin's name. */
function alliance_page_link( $links ) {
	$link = '<a href="' . esc_url( alliance_page_address() ) . '">' . esc_html__( 'Settings', 'alliance-for-woocommerce' ) . '</a>';
	return array_merge( array( $link ), $links );
}

/** The whole page. */
function alliance_show_page() {
	if ( ! current_user_can( 'manage_woocommerce' ) ) {
		return;
	}
	$connection = alliance_connection();
	echo '<div class="wrap alliance"><h1>' . esc_html__( 'Alliance', 'alliance-for-woocommerce' ) . '</h1>';
	alliance_show_said();
	if ( $connection ) {
		alliance_show_connected( $connection );
	} else {
		alliance_show_connect();
	}
	alliance_show_checks();
	alliance_show_choices( $connection ? $connection['placements'] : array() );
	echo '</div>';
}

/** What the last press of a button did. */
function alliance_show_said() {
	// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- Only chooses one of these sentences.
	$said  = isset( $_GET['alliance_said'] ) ? sanitize_key( wp_unslash( $_GET['alliance_said'] ) ) : '';
	$words = array(
		'saved'     => array( 'success', __( 'Saved.', 'alliance-for-woocommerce' ) ),
		'address'   => array( 'error', __( 'This is not the address of a hub. It begins with https://', 'alliance-for-woocommerce' ) ),
		'gone'      => array( 'success', __( 'Disconnected. The hub’s webhooks and its key are gone from this shop.', 'alliance-for-woocommerce' ) ),
		'key_stays' => array( 'warning', __( 'Disconnected, and the hub’s webhooks are gone. Which key was the hub’s is not known: please remove it under WooCommerce, Settings, Advanced, REST API.', 'alliance-for-woocommerce' ) ),
	);
	if ( isset( $words[ $said ] ) ) {
		echo '<div class="notice notice-' . esc_attr( $words[ $said ][0] ) . ' is-dismissible"><p>' . esc_html( $words[ $said ][1] ) . '</p></div>';
	}
}

/** While there is no hub: what will happen, and where to go. */
function alliance_show_connect() {
	echo '<h2>' . esc_html__( 'Connect', 'alliance-for-woocommerce' ) . '</h2><p>';
	esc_html_e( 'Your hub keeps your alliances: who recommends whom, and what that earns. It asks you to sign in, then this shop asks you whether the hub may read products and orders and make coupons. Then you are back here.', 'alliance-for-woocommerce' );
	echo '</p>';
	alliance_open_form( 'alliance_connect' );
	echo '<table class="form-table" role="presentation"><tr><th scope="row"><label for="alliance-hub">'
		. esc_html__( 'Address of your hub', 'alliance-for-woocommerce' ) . '</label></th><td>'
		. '<input type="url" id="alliance-hub" name="alliance_hub" class="regular-text code" placeholder="https://" required> ';
	submit_button( __( 'Connect', 'alliance-for-woocommerce' ), 'primary', 'alliance-connect', false );
	echo '</td></tr></table></form>';
}

/** While there is one: which, as what, and when it was last heard. */
function alliance_show_connected( array $connection ) {
	$heard = alliance_heard_at();
	echo '<h2>' . esc_html__( 'Connected', 'alliance-for-woocommerce' ) . '</h2><table class="form-table alliance-state" role="presentation">';
	alliance_show_row( __( 'Hub', 'alliance-for-woocommerce' ), $connection['hub'] );
	alliance_show_row( __( 'This shop is there', 'alliance-for-woocommerce' ), '' === $connection['store_name'] ? $connection['store'] : $connection['store_name'] );
	alliance_show_row(
		__( 'Last heard', 'alliance-for-woocommerce' ),
		/* translators: %s: a span of time, such as "5 minutes" */
		$heard ? sprintf( __( '%s ago', 'alliance-for-woocommerce' ), human_time_diff( $heard ) ) : __( 'not yet', 'alliance-for-woocommerce' )
	);
	echo '</table>';
	alliance_open_form( 'alliance_leave' );
	echo '<p>';
	submit_button( __( 'Disconnect', 'alliance-for-woocommerce' ), 'secondary', 'alliance-leave', false );
	echo ' <span class="description">' . esc_html__( 'Removes the hub’s webhooks and its key from this shop. What was earned stays on the hub.', 'alliance-for-woocommerce' ) . '</span></p></form>';
}

/** A row of what is known. */
function alliance_show_row( $name, $value ) {
	echo '<tr><th scope="row">' . esc_html( $name ) . '</th><td>' . esc_html( $value ) . '</td></tr>';
}

/** The self-test. */
function alliance_show_checks() {
	$signs = array(
		'good'    => __( 'Good', 'alliance-for-woocommerce' ),
		'bad'     => __( 'To mend', 'alliance-for-woocommerce' ),
		'unknown' => __( 'For your information', 'alliance-for-woocommerce' ),
	);
	echo '<h2>' . esc_html__( 'Self-test', 'alliance-for-woocommerce' ) . '</h2><ul class="alliance-checks">';
	foreach ( alliance_checks( true ) as $code => $ok ) {
		$how = true === $ok ? 'good' : ( false === $ok ? 'bad' : 'unknown' );
		echo '<li class="is-' . esc_attr( $how ) . '"><span class="screen-reader-text">' . esc_html( $signs[ $how ] ) . ': </span><strong>'
			. esc_html( alliance_check_name( $code ) ) . '</strong> ' . esc_html( alliance_check_words( $code, $ok ) ) . '</li>';
	}
	echo '</ul>';
	alliance_open_form( 'alliance_test' );
	submit_button( __( 'Test again', 'alliance-for-woocommerce' ), 'secondary', 'alliance-test', false );
	echo '</form>';
}

/** A form that WordPress takes at its own address, with its nonce. */
function alliance_open_form( $action ) {
	echo '<form method="post" action="' . esc_url( admin_url( 'admin-post.php' ) ) . '"><input type="hidden" name="action" value="' . esc_attr( $action ) . '">';
	wp_nonce_field( $action );
}
