<?php
/**
 * The elements as HTML, and the scripts they need. The page never waits for the hub: only the
 * shopper's browser asks it, and what does not come leaves the page as it was.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

add_filter( 'script_loader_tag', 'alliance_script_attributes', 10, 2 );

const ALLIANCE_TAGS = array(
	'slate'  => 'al-slate',
	'bundle' => 'al-bundle',
	'claim'  => 'al-claim',
);

/**
 * A placement as its element, with its scripts on their way; empty where there is nothing to show.
 *
 * @param string $id     The placement.
 * @param array  $chosen Attributes that the page chose: heading, layout, seller-note, product.
 * @return string Escaped HTML.
 */
function alliance_placement_html( $id, array $chosen = array() ) {
	$placement = alliance_placement( $id );
	if ( ! $placement || is_feed() ) {
		return '';
	}
	$known = call_user_func( 'alliance_' . $placement['shows'] . '_attributes', $placement );
	if ( null === $known ) {
		return '';
	}
	$chosen = array_filter( $chosen, 'strlen' );
	$own    = array(
		'placement' => $placement['id'],
		'heading'   => $placement['heading'],
	);
	return alliance_element( ALLIANCE_TAGS[ $placement['shows'] ], $chosen + $known + $own );
}

/** A slate knows the product of its page. */
function alliance_slate_attributes() {
	$id = is_product() ? get_queried_object_id() : 0;
	return array( 'product' => $id ? (string) $id : '' );
}

/** A pack knows the cart, and whether the shop itself says that the pack's condition is met. */
function alliance_bundle_attributes( array $placement ) {
	$cart = alliance_cart_sum();
	/**
	 * Whether the cart holds what a pack for a product or a category asks for.
	 *
	 * @param bool   $is_met    False, since only the shop knows.
	 * @param string $placement The id of the placement.
	 */
	$is_met = apply_filters( 'alliance_pack_is_met', false, $placement['id'] );
	return array_filter(
		array(
			'amount'   => $cart['amount'],
			'currency' => $cart['currency'],
			'met'      => true === $is_met,
		)
	);
}

/** Codes are shown for a purchase that this page may prove, and for no other. */
function alliance_claim_attributes() {
	$order = alliance_order_of_page();
	$proof = $order ? alliance_proof( $order ) : '';
	return '' === $proof ? null : array( 'proof' => $proof );
}

/** One element as HTML; `true` is an attribute without a value. Its scripts are enqueued. */
function alliance_element( $tag, array $attributes ) {
	alliance_enqueue_elements();
	$html = '<' . tag_escape( $tag );
	foreach ( $attributes as $name => $value ) {
		if ( true === $value ) {
			$html .= ' ' . esc_attr( $name );
		} elseif ( '' !== (string) $value ) {
			$html .= ' ' . esc_attr( $name ) . '="' . esc_attr( $value ) . '"';
		}
	}
	return $html . '></' . tag_escape( $tag ) . '>';
}

/** What `wp_kses` lets through where an element is printed. */
function alliance_allowed() {
	$attributes = array_fill_keys(
		array( 'placement', 'asset', 'product', 'amount', 'currency', 'met', 'proof', 'locale', 'heading', 'seller-note', 'layout' ),
		true
	);
	return array_fill_keys( array( 'al-slate', 'al-bundle', 'al-claim', 'al-article' ), $attributes )
		+ array( 'div' => array_fill_keys( array( 'class', 'style' ), true ) );
}

/** The scripts of this plugin; they are registered once and sent only where they are enqueued. */
function alliance_register_elements() {
	if ( wp_script_is( 'alliance-elements', 'registered' ) ) {
		return;
	}
	$late  = array(
		'strategy'  => 'defer',
		'in_footer' => true,
	);
	$needs = array(
		'landing'  => array(),
		'seen'     => array( 'alliance-landing' ),
		'elements' => array( 'alliance-seen' ),
		'cart'     => array(),
		'checkout' => array(),
	);
	foreach ( $needs as $name => $others ) {
		$file = 'elements' === $name ? 'alliance-elements' : $name;
		wp_register_script( "alliance-$name", plugins_url( "assets/$file.js", ALLIANCE_FILE ), $others, ALLIANCE_VERSION, $late );
	}
}

/** What any page with an element needs. */
function alliance_enqueue_elements() {
	alliance_register_elements();
	wp_enqueue_script( 'alliance-seen' );
	wp_enqueue_script( 'alliance-elements' );
}

/** What the scripts are told in their own tags, since a cached page has no other way. */
function alliance_script_attributes( $tag, $handle ) {
	$connection = in_array( $handle, array( 'alliance-landing', 'alliance-elements' ), true ) ? alliance_connection() : null;
	if ( ! $connection ) {
		return $tag;
	}
	$told = array(
		'data-hub'  => $connection['hub'],
		'data-keep' => alliance_keep_mode(),
	);
	if ( 'alliance-landing' === $handle ) {
		$told['data-elements'] = plugins_url( 'assets/alliance-elements.js', ALLIANCE_FILE ) . '?ver=' . ALLIANCE_VERSION;
	}
	$tags = new WP_HTML_Tag_Processor( $tag );
	while ( $tags->next_tag( 'script' ) ) {
		if ( null !== $tags->get_attribute( 'src' ) ) {
			foreach ( $told as $name => $value ) {
				$tags->set_attribute( $name, $value );
			}
		}
	}
	return $tags->get_updated_html();
}
