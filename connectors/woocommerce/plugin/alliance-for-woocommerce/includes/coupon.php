<?php
/**
 * A coupon from a link: kept in the shop's own session, used once the cart allows it.
 *
 * Nothing is said while it is not valid yet. Once it is clear that it never will be, that is said
 * once, and the coupon is forgotten.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

add_action( 'wp_loaded', 'alliance_keep_coupon', 30 );
// After each change of the cart WooCommerce counts anew, and only then knows what the cart allows.
add_action( 'woocommerce_add_to_cart', 'alliance_try_coupon', 30, 0 );
add_action( 'woocommerce_after_calculate_totals', 'alliance_try_coupon', 30, 0 );
add_action( 'template_redirect', 'alliance_try_coupon_on_page' );
add_action( 'woocommerce_removed_coupon', 'alliance_drop_coupon' );

/** The code of this address, in the words in which the shop compares codes. */
function alliance_address_coupon() {
	$names = alliance_settings()['coupon_name'] ? array( 'alliance_coupon', 'coupon' ) : array( 'alliance_coupon' );
	foreach ( $names as $name ) {
		// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- A link from elsewhere cannot carry a nonce; a coupon is what anybody may type.
		$told = isset( $_GET[ $name ] ) && is_string( $_GET[ $name ] ) ? sanitize_text_field( wp_unslash( $_GET[ $name ] ) ) : '';
		if ( '' !== $told && mb_strlen( $told, 'UTF-8' ) <= 64 ) {
			return wc_format_coupon_code( $told );
		}
	}
	return '';
}

/** Remember the code of this address for as long as the shop's session lasts. */
function alliance_keep_coupon() {
	$code = is_admin() || wp_doing_ajax() ? '' : alliance_address_coupon();
	// WooCommerce's own checkout links apply their coupon themselves.
	if ( '' === $code || ! wc_coupons_enabled() || ! WC()->session || ! WC()->cart || isset( $_GET['products'] ) ) { // phpcs:ignore WordPress.Security.NonceVerification.Recommended -- Only whether it is there.
		return;
	}
	if ( ! WC()->session->has_session() ) {
		WC()->session->set_customer_session_cookie( true );
	}
	WC()->session->set( 'alliance_coupon', $code );
	alliance_try_coupon();
}

/** On the pages where a notice can be read and a total is shown. */
function alliance_try_coupon_on_page() {
	if ( is_cart() || ( is_checkout() && ! is_order_received_page() ) ) {
		alliance_try_coupon();
	}
}

/** Use the coupon if the cart allows it now; drop it, with a word, if it never can. */
function alliance_try_coupon() {
	$code = WC()->session && WC()->cart ? (string) WC()->session->get( 'alliance_coupon', '' ) : '';
	if ( '' === $code || ! wc_coupons_enabled() ) {
		return;
	}
	if ( WC()->cart->has_discount( $code ) ) {
		alliance_drop_coupon( $code );
		return;
	}
	$coupon = new WC_Coupon( $code );
	$never  = alliance_never_valid( $coupon );
	if ( '' !== $never ) {
		alliance_drop_coupon( $code );
		wc_add_notice( $never, 'notice' );
	} elseif ( alliance_is_valid_now( $coupon ) ) {
		alliance_drop_coupon( $code );
		WC()->cart->apply_coupon( $code );
	}
}

/** Why a coupon can never be used, in a sentence for the shopper; the empty text if it may be. */
function alliance_never_valid( $coupon ) {
	if ( ! $coupon->get_id() && ! $coupon->get_virtual() ) {
		return __( 'The coupon of your link does not exist here.', 'alliance-for-woocommerce' );
	}
	$expires = $coupon->get_date_expires();
	if ( $expires && time() > $expires->getTimestamp() ) {
		return __( 'The coupon of your link has ended.', 'alliance-for-woocommerce' );
	}
	if ( $coupon->get_usage_limit() > 0 && $coupon->get_usage_count() >= $coupon->get_usage_limit() ) {
		return __( 'The coupon of your link is used up.', 'alliance-for-woocommerce' );
	}
	return '';
}

/** Whether the cart takes the coupon now, without pushing out another that the shopper chose. */
function alliance_is_valid_now( $coupon ) {
	$applied = WC()->cart->get_applied_coupons();
	if ( WC()->cart->is_empty() || ( $applied && $coupon->get_individual_use() ) ) {
		return false;
	}
	foreach ( $applied as $code ) {
		$other = new WC_Coupon( $code );
		if ( $other->get_individual_use() ) {
			return false;
		}
	}
	$discounts = new WC_Discounts( WC()->cart );
	return true === $discounts->is_coupon_valid( $coupon );
}

/** Forget the code: it was used, the shopper took it out, or it can never be used. */
function alliance_drop_coupon( $code ) {
	if ( WC()->session && wc_format_coupon_code( $code ) === WC()->session->get( 'alliance_coupon' ) ) {
		WC()->session->set( 'alliance_coupon', null );
	}
}
