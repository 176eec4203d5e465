<?php
/**
 * The owner's choices: where elements stand by themselves, what is kept, what is asked.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

/** All choices in one form. */
function alliance_show_choices( array $placements ) {
	$settings = alliance_settings();
	alliance_open_form( 'alliance_save' );
	alliance_show_placements( $placements, $settings['by_hand'] );
	echo '<h2>' . esc_html__( 'Choices', 'alliance-for-woocommerce' ) . '</h2><table class="form-table" role="presentation">';
	alliance_show_consent( $settings['consent'] );
	alliance_show_box(
		__( 'Checkout', 'alliance-for-woocommerce' ),
		'question',
		$settings['question'],
		__( 'Ask “Who recommended us?”', 'alliance-for-woocommerce' ),
		__( 'One more field, which may stay empty. A code that a host was given counts when it is typed here.', 'alliance-for-woocommerce' )
	);
	alliance_show_box(
		__( 'E-mails', 'alliance-for-woocommerce' ),
		'email_line',
		$settings['email_line'],
		__( 'Add a line with a link to the mails of an order', 'alliance-for-woocommerce' ),
		__( 'It is marked as an ad and leads to your own page after the purchase. Shown only where a placement stands on that page.', 'alliance-for-woocommerce' )
	);
	alliance_show_box(
		__( 'Coupons in links', 'alliance-for-woocommerce' ),
		'coupon_name',
		$settings['coupon_name'],
		__( 'Also take ?coupon=CODE', 'alliance-for-woocommerce' ),
		__( '?alliance_coupon=CODE always works: the coupon is used once the cart allows it. Another plugin may use the shorter name.', 'alliance-for-woocommerce' )
	);
	alliance_show_box(
		__( 'When this plugin is deleted', 'alliance-for-woocommerce' ),
		'wipe_orders',
		$settings['wipe_orders'],
		__( 'Also take its marks off all orders', 'alliance-for-woocommerce' ),
		__( 'They show which recommendation led to an order, for as long as that is settled. Everything else goes in any case.', 'alliance-for-woocommerce' )
	);
	echo '</table>';
	submit_button( __( 'Save', 'alliance-for-woocommerce' ), 'primary', 'alliance-save' );
	echo '</form>';
}

/** Each placement: where it stands, whether by itself, and the shortcode for any other place. */
function alliance_show_placements( array $placements, array $by_hand ) {
	echo '<h2>' . esc_html__( 'Where elements are shown', 'alliance-for-woocommerce' ) . '</h2><p>';
	esc_html_e( 'Placements are made on your hub. Here you choose whether they stand in their place by themselves. Anywhere else, use the block “Alliance placement” or the shortcode.', 'alliance-for-woocommerce' );
	echo '</p>';
	if ( ! $placements ) {
		echo '<p><em>' . esc_html__( 'There are none yet.', 'alliance-for-woocommerce' ) . '</em></p>';
		return;
	}
	$heads = array(
		__( 'Placement', 'alliance-for-woocommerce' ),
		__( 'Shows', 'alliance-for-woocommerce' ),
		__( 'Place', 'alliance-for-woocommerce' ),
		__( 'By itself', 'alliance-for-woocommerce' ),
		__( 'Shortcode', 'alliance-for-woocommerce' ),
	);
	echo '<table class="widefat striped"><thead><tr>';
	foreach ( $heads as $head ) {
		echo '<th scope="col">' . esc_html( $head ) . '</th>';
	}
	echo '</tr></thead><tbody>';
	foreach ( $placements as $placement ) {
		alliance_show_placement( $placement, ! in_array( $placement['id'], $by_hand, true ) );
	}
	echo '</tbody></table>';
}

/** One placement of the table. */
function alliance_show_placement( array $placement, $is_automatic ) {
	$name  = '' === $placement['name'] ? $placement['id'] : $placement['name'];
	$shows = alliance_show_names();
	$spots = alliance_spot_names();
	echo '<tr><td>' . esc_html( $name ) . ( $placement['on'] ? '' : ' <em>' . esc_html__( '(switched off on the hub)', 'alliance-for-woocommerce' ) . '</em>' )
		. '</td><td>' . esc_html( $shows[ $placement['shows'] ] ) . '</td><td>' . esc_html( $spots[ $placement['spot'] ] ) . '</td><td>';
	if ( in_array( $placement['spot'], array( 'product_page', 'cart', 'thank_you' ), true ) ) {
		/* translators: %s: the name of a placement */
		$label = sprintf( __( '%s stands in its place by itself', 'alliance-for-woocommerce' ), $name );
		echo '<input type="hidden" name="alliance_known[]" value="' . esc_attr( $placement['id'] ) . '"><input type="checkbox" name="alliance_automatic[]" value="'
			. esc_attr( $placement['id'] ) . '" aria-label="' . esc_attr( $label ) . '"' . checked( $is_automatic, true, false ) . '>';
	} else {
		echo '—';
	}
	echo '</td><td><code>[alliance placement="' . esc_html( $placement['id'] ) . '"]</code></td></tr>';
}

/** What a placement shows, in words. */
function alliance_show_names() {
	return array(
		'slate'  => __( 'Products of allies', 'alliance-for-woocommerce' ),
		'bundle' => __( 'A gift pack, and how far the cart is', 'alliance-for-woocommerce' ),
		'claim'  => __( 'The codes of a gift pack', 'alliance-for-woocommerce' ),
	);
}

/** Where a placement stands, in words. */
function alliance_spot_names() {
	return array(
		'product_page' => __( 'Below a product', 'alliance-for-woocommerce' ),
		'cart'         => __( 'In the cart', 'alliance-for-woocommerce' ),
		'thank_you'    => __( 'After the purchase', 'alliance-for-woocommerce' ),
		'article'      => __( 'In an article', 'alliance-for-woocommerce' ),
		'anywhere'     => __( 'Anywhere', 'alliance-for-woocommerce' ),
	);
}

/** What may be kept on a shopper's device. */
function alliance_show_consent( $chosen ) {
	$words = array(
		'auto'  => __( 'As my consent tool says; without one, until the browser is closed', 'alliance-for-woocommerce' ),
		'asked' => __( 'Only after a yes in my consent tool', 'alliance-for-woocommerce' ),
		'none'  => __( 'My shop needs no consent: 30 days', 'alliance-for-woocommerce' ),
		'never' => __( 'Never keep anything', 'alliance-for-woocommerce' ),
	);
	echo '<tr><th scope="row">' . esc_html__( 'Consent', 'alliance-for-woocommerce' ) . '</th><td><fieldset><legend class="screen-reader-text">'
		. esc_html__( 'Consent', 'alliance-for-woocommerce' ) . '</legend><p>' . esc_html__( 'How long may the number of a recommendation be kept on a shopper’s device?', 'alliance-for-woocommerce' ) . '</p>';
	foreach ( $words as $value => $text ) {
		echo '<label><input type="radio" name="alliance_consent" value="' . esc_attr( $value ) . '"' . checked( $chosen, $value, false ) . '> ' . esc_html( $text ) . '</label><br>';
	}
	echo '<p class="description">' . esc_html__( 'A no in the consent tool, or Global Privacy Control, always counts. Where nothing is kept, the number goes from page to page in the address and is gone after the visit.', 'alliance-for-woocommerce' )
		. '</p></fieldset></td></tr>';
}

/** A choice that is on or off. */
function alliance_show_box( $head, $name, $is_on, $label, $description ) {
	echo '<tr><th scope="row">' . esc_html( $head ) . '</th><td><label><input type="checkbox" name="alliance_' . esc_attr( $name ) . '" value="1"'
		. checked( $is_on, true, false ) . '> ' . esc_html( $label ) . '</label><p class="description">' . esc_html( $description ) . '</p></td></tr>';
}
