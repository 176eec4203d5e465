<?php
/**
 * Elements placed by hand: two blocks and a shortcode.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

add_action( 'init', 'alliance_register_blocks' );
add_action( 'enqueue_block_editor_assets', 'alliance_editor_words' );
add_shortcode( 'alliance', 'alliance_shortcode' );

/** The block of a placement, and the block of an article's card. */
function alliance_register_blocks() {
	wp_register_script(
		'alliance-editor',
		plugins_url( 'assets/editor.js', ALLIANCE_FILE ),
		array( 'wp-blocks', 'wp-element', 'wp-block-editor', 'wp-components' ),
		ALLIANCE_VERSION,
		true
	);
	$blocks = dirname( ALLIANCE_FILE ) . '/blocks';
	register_block_type( "$blocks/placement", array( 'render_callback' => 'alliance_placement_block' ) );
	register_block_type( "$blocks/card", array( 'render_callback' => 'alliance_card_block' ) );
}

/** A placement where its author put it. */
function alliance_placement_block( $attributes ) {
	$id   = isset( $attributes['placement'] ) ? $attributes['placement'] : '';
	$html = alliance_placement_html( $id, array( 'heading' => isset( $attributes['heading'] ) ? $attributes['heading'] : '' ) );
	return alliance_wrapped( $html, $id );
}

/** One product's card in an article. */
function alliance_card_block( $attributes ) {
	$id = isset( $attributes['asset'] ) ? trim( $attributes['asset'] ) : '';
	if ( ! alliance_connection() || ! alliance_is_id( 'ast', $id ) || is_feed() ) {
		return '';
	}
	return alliance_wrapped( alliance_element( 'al-article', array( 'asset' => $id ) ), $id );
}

/** A block's own wrapper, with the width and the space that its author chose. */
function alliance_wrapped( $html, $id ) {
	if ( '' === $html ) {
		return '';
	}
	alliance_enqueue_for( $id );
	return '<div ' . get_block_wrapper_attributes() . '>' . $html . '</div>';
}

/**
 * `[alliance placement="plc_…"]`, or `[alliance card="ast_…"]`.
 *
 * @return string Escaped HTML.
 */
function alliance_shortcode( $attributes ) {
	$told = shortcode_atts(
		array(
			'placement'   => '',
			'card'        => '',
			'heading'     => '',
			'layout'      => '',
			'seller-note' => '',
			'product'     => '',
		),
		$attributes,
		'alliance'
	);
	$card = $told['card'];
	$id   = $told['placement'];
	unset( $told['card'], $told['placement'] );
	if ( '' !== $card ) {
		$is_good = alliance_connection() && alliance_is_id( 'ast', $card ) && ! is_feed();
		return $is_good ? alliance_element( 'al-article', array( 'asset' => $card ) + array_filter( $told, 'strlen' ) ) : '';
	}
	alliance_enqueue_for( $id );
	return alliance_placement_html( $id, $told );
}

/** A pack that stands on the cart's page follows the cart there. */
function alliance_enqueue_for( $id ) {
	$placement = alliance_placement( $id );
	if ( $placement && 'bundle' === $placement['shows'] && is_cart() ) {
		alliance_register_elements();
		alliance_enqueue_cart();
	}
}

/** What the editor's script shows: the placements by name, and its few words. */
function alliance_editor_words() {
	$connection = alliance_connection();
	$choices    = array();
	foreach ( $connection ? $connection['placements'] : array() as $placement ) {
		$choices[] = array(
			'value' => $placement['id'],
			'label' => $placement['name'],
			'isOn'  => $placement['on'],
		);
	}
	wp_localize_script(
		'alliance-editor',
		'alliance_editor',
		array(
			'placements' => $choices,
			'words'      => array(
				'choose'   => __( 'Choose a placement', 'alliance-for-woocommerce' ),
				'none'     => __( 'No placement yet. Make one on your hub, then come back.', 'alliance-for-woocommerce' ),
				'off'      => __( 'This placement is switched off on the hub.', 'alliance-for-woocommerce' ),
				'shown'    => __( 'Shoppers see recommendations of your allies here.', 'alliance-for-woocommerce' ),
				'heading'  => __( 'Heading', 'alliance-for-woocommerce' ),
				'asset'    => __( 'Number of the card', 'alliance-for-woocommerce' ),
				'ask'      => __( 'Copy it from the card’s page on your hub. It begins with ast_.', 'alliance-for-woocommerce' ),
				'wrong'    => __( 'This is not the number of a card.', 'alliance-for-woocommerce' ),
				'card'     => __( 'Readers see this product’s card here, with the price of the day.', 'alliance-for-woocommerce' ),
				'settings' => __( 'Placement', 'alliance-for-woocommerce' ),
			),
		)
	);
}
