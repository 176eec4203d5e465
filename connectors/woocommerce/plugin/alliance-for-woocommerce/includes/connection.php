<?php
/**
 * What the hub told this shop of itself: who it is, the key for proofs, and the placements.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

const ALLIANCE_SPOTS           = array( 'product_page', 'cart', 'thank_you', 'article', 'anywhere' );
const ALLIANCE_SHOWS           = array( 'slate', 'bundle', 'claim' );
const ALLIANCE_LAYOUTS         = array( 'row', 'grid', 'compact' );
const ALLIANCE_MOST_PLACEMENTS = 50;

/**
 * The connection, or null while there is none.
 *
 * @return array|null With hub, store, store_name, proof_secret, placements, heard_at, key_id.
 */
function alliance_connection() {
	$kept = get_option( 'alliance_connection', null );
	return is_array( $kept ) && ! empty( $kept['hub'] ) && ! empty( $kept['store'] ) ? $kept : null;
}

/** Whether this is an id of that kind, as the hub makes them: `plc_` and 26 letters or digits. */
function alliance_is_id( $prefix, $text ) {
	return is_string( $text ) && 1 === preg_match( '/^' . $prefix . '_[0-9a-hjkmnp-tv-z]{26}$/D', $text );
}

/**
 * One placement of the connection, if it is switched on.
 *
 * @return array|null With id, name, spot, shows, layout, heading, on.
 */
function alliance_placement( $id ) {
	$connection = alliance_connection();
	foreach ( $connection ? $connection['placements'] : array() as $placement ) {
		if ( $placement['id'] === $id && $placement['on'] ) {
			return $placement;
		}
	}
	return null;
}

/**
 * Read what the hub wrote. Every byte is looked at, and a refusal keeps nothing of it.
 *
 * @param mixed $told The decoded JSON.
 * @return array|WP_Error The connection without `heard_at` and `key_id`, or why it is refused.
 */
function alliance_read_connection( $told ) {
	if ( ! is_array( $told ) ) {
		return alliance_refusal( 'malformed', 'A connection is a JSON object.' );
	}
	$hub = alliance_hub_address( isset( $told['hub'] ) ? $told['hub'] : '' );
	if ( '' === $hub ) {
		return alliance_refusal( 'hub', 'The address of the hub is no https address.' );
	}
	if ( ! alliance_is_id( 'sto', isset( $told['store'] ) ? $told['store'] : '' ) ) {
		return alliance_refusal( 'store', 'The id of the store is malformed.' );
	}
	$name = alliance_plain( isset( $told['store_name'] ) ? $told['store_name'] : null, 200 );
	if ( null === $name ) {
		return alliance_refusal( 'store_name', 'The name of the store is malformed.' );
	}
	$secret = isset( $told['proof_secret'] ) ? $told['proof_secret'] : '';
	if ( ! is_string( $secret ) || 1 !== preg_match( '/^[0-9a-f]{64}$/D', $secret ) ) {
		return alliance_refusal( 'proof_secret', 'The secret for proofs is 64 hexadecimal digits.' );
	}
	$placements = alliance_read_placements( isset( $told['placements'] ) ? $told['placements'] : null );
	if ( is_wp_error( $placements ) ) {
		return $placements;
	}
	return array(
		'hub'          => $hub,
		'store'        => $told['store'],
		'store_name'   => $name,
		'proof_secret' => $secret,
		'placements'   => $placements,
	);
}

/**
 * The placements of what the hub wrote.
 *
 * @return array[]|WP_Error
 */
function alliance_read_placements( $told ) {
	if ( ! is_array( $told ) || count( $told ) > ALLIANCE_MOST_PLACEMENTS || array_values( $told ) !== $told ) {
		return alliance_refusal( 'placements', 'Placements are a list of at most 50.' );
	}
	$found = array();
	foreach ( $told as $one ) {
		$read = is_array( $one ) ? alliance_read_placement( $one ) : null;
		if ( null === $read || isset( $found[ $read['id'] ] ) ) {
			return alliance_refusal( 'placement', 'A placement is malformed, or is there twice.' );
		}
		$found[ $read['id'] ] = $read;
	}
	return array_values( $found );
}

/** One placement, or null when anything of it is not as agreed. */
function alliance_read_placement( array $one ) {
	$one    += array(
		'id'      => '',
		'name'    => null,
		'spot'    => '',
		'shows'   => '',
		'layout'  => '',
		'heading' => null,
		'on'      => null,
	);
	$name    = alliance_plain( $one['name'], 200 );
	$heading = alliance_plain( $one['heading'], 80 );
	$is_good = alliance_is_id( 'plc', $one['id'] ) && null !== $name && null !== $heading && is_bool( $one['on'] )
		&& in_array( $one['spot'], ALLIANCE_SPOTS, true ) && in_array( $one['shows'], ALLIANCE_SHOWS, true )
		&& in_array( $one['layout'], ALLIANCE_LAYOUTS, true );
	return $is_good ? array(
		'id'      => $one['id'],
		'name'    => $name,
		'spot'    => $one['spot'],
		'shows'   => $one['shows'],
		'layout'  => $one['layout'],
		'heading' => $heading,
		'on'      => $one['on'],
	) : null;
}

/**
 * The address of a hub without a slash at its end, or the empty text when it is none.
 *
 * Plain http is for a shop that is on http itself, which means a test on one machine.
 */
function alliance_hub_address( $text ) {
	$text  = is_string( $text ) ? rtrim( trim( $text ), '/' ) : '';
	$parts = strlen( $text ) <= 200 ? wp_parse_url( $text ) : false;
	if ( ! is_array( $parts ) || array_diff( array_keys( $parts ), array( 'scheme', 'host', 'port', 'path' ) ) ) {
		return '';
	}
	$schemes = alliance_may_be_plain() ? array( 'https', 'http' ) : array( 'https' );
	$is_good = isset( $parts['scheme'], $parts['host'] ) && in_array( $parts['scheme'], $schemes, true )
		&& 1 === preg_match( '/^[a-z0-9.\-]+$|^\[[0-9a-f:]+\]$/iD', $parts['host'] )
		&& 1 === preg_match( '#^[!-~]+$#D', $text ) && ! preg_match( '/["\'<>\\\\]/', $text );
	return $is_good ? $text : '';
}

/** Whether this shop is a test itself: on plain http, or on this very machine. */
function alliance_may_be_plain() {
	$home = wp_parse_url( home_url() );
	$host = isset( $home['host'] ) ? $home['host'] : '';
	return 'https' !== ( isset( $home['scheme'] ) ? $home['scheme'] : '' )
		|| in_array( $host, array( 'localhost', '127.0.0.1', '[::1]' ), true ) || '.localhost' === substr( $host, -10 );
}

/** A text of at most so many characters without markup or line breaks, or null if it is none. */
function alliance_plain( $text, $most ) {
	if ( ! is_string( $text ) || 1 !== preg_match( '/^[^\x00-\x1f\x7f]*$/uD', $text ) ) {
		return null;
	}
	$text = sanitize_text_field( $text );
	return mb_strlen( $text, 'UTF-8' ) <= $most ? $text : null;
}

/** A refusal that the hub reads: its code begins with `alliance_`. */
function alliance_refusal( $code, $detail, $status = 400 ) {
	return new WP_Error( 'alliance_' . $code, $detail, array( 'status' => $status ) );
}
