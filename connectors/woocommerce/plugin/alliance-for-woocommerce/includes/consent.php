<?php
/**
 * What may be kept on a shopper's device. One no counts more than any yes, and silence is neither.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

const ALLIANCE_MOST_TOKENS = 4;
const ALLIANCE_MOST_MARKS  = 10;

add_filter( 'wp_consent_api_registered_' . plugin_basename( ALLIANCE_FILE ), '__return_true' );

/** How long the owner lets marks be kept: `visit`, `month`, `never`, or as it is `asked` for. */
function alliance_keep_mode() {
	$modes  = array(
		'none'  => 'month',
		'asked' => 'asked',
		'never' => 'never',
	);
	$chosen = alliance_settings()['consent'];
	if ( isset( $modes[ $chosen ] ) ) {
		return $modes[ $chosen ];
	}
	return function_exists( 'wp_has_consent' ) ? 'asked' : 'visit';
}

/** What this shopper's word allows: `no`, `unsaid` (keep nothing, carry on), `visit` or `month`. */
function alliance_word() {
	$gpc    = isset( $_SERVER['HTTP_SEC_GPC'] ) ? sanitize_text_field( wp_unslash( $_SERVER['HTTP_SEC_GPC'] ) ) : '';
	$answer = isset( $_COOKIE['wp_consent_marketing'] ) ? sanitize_key( wp_unslash( $_COOKIE['wp_consent_marketing'] ) ) : '';
	if ( '1' === $gpc || 'deny' === $answer ) {
		return 'no';
	}
	$mode = alliance_keep_mode();
	if ( 'asked' === $mode ) {
		return alliance_is_allowed() ? 'month' : 'unsaid';
	}
	return 'never' === $mode ? 'unsaid' : $mode;
}

/** Whether the consent tool says yes; without a type of consent there is no tool behind its yes. */
function alliance_is_allowed() {
	return function_exists( 'wp_has_consent' ) && function_exists( 'wp_get_consent_type' )
		&& wp_get_consent_type() && wp_has_consent( 'marketing' );
}

/**
 * Those of these texts that look like click tokens, once each, the last four, newest last.
 *
 * @param mixed[] $texts
 * @return string[]
 */
function alliance_tokens( array $texts ) {
	return alliance_last( $texts, '/^[A-Za-z0-9_.~-]{8,160}$/D', ALLIANCE_MOST_TOKENS );
}

/**
 * Those of these texts that are marks of views: ids of placements, or `hold-out`.
 *
 * @param mixed[] $texts
 * @return string[]
 */
function alliance_views( array $texts ) {
	return alliance_last( $texts, '/^(plc_[0-9a-hjkmnp-tv-z]{26}|hold-out)$/D', ALLIANCE_MOST_MARKS );
}

/** The last so many texts of a pattern, once each, where each stood last. */
function alliance_last( array $texts, $pattern, $most ) {
	$good = array();
	foreach ( $texts as $text ) {
		if ( is_string( $text ) && 1 === preg_match( $pattern, $text ) ) {
			$good[] = $text;
		}
	}
	return array_slice( array_reverse( array_unique( array_reverse( $good ) ) ), -$most );
}

/** The parts of a cookie of ours, as they came. */
function alliance_cookie( $name ) {
	$text = isset( $_COOKIE[ $name ] ) && is_string( $_COOKIE[ $name ] ) ? sanitize_text_field( wp_unslash( $_COOKIE[ $name ] ) ) : '';
	return strlen( $text ) <= 2000 ? explode( '!', $text ) : array();
}
