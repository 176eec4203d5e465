<?php
/**
 * WordPress as thin as these tests need it: what was stored, hooked, sent and said can be looked at.
 */

const ABSPATH           = '/shop/';
const ARRAY_A           = 'ARRAY_A';
const MINUTE_IN_SECONDS = 60;
const HOUR_IN_SECONDS   = 3600;
const DAY_IN_SECONDS    = 86400;
const MONTH_IN_SECONDS  = 2592000;
const WP_CONTENT_DIR    = '/nowhere/wp-content';

/** Everything that a shop keeps and is asked; each test begins with a fresh one. */
final class Shop {
	public static $options    = array();
	public static $transients = array();
	public static $hooks      = array();
	public static $blocks     = array();
	public static $routes     = array();
	public static $scripts    = array();
	public static $enqueued   = array();
	public static $localized  = array();
	public static $answers    = array();
	public static $asked      = array();
	public static $may        = array();
	public static $page       = array();
	public static $people     = array();
	public static $cron       = array();
	public static $policy     = '';
	public static $home       = 'https://shop.example';

	/** A shop on https, of which the visitor is nobody in particular. */
	public static function open() {
		foreach ( array( 'options', 'transients', 'enqueued', 'localized', 'answers', 'asked', 'may', 'page', 'people', 'cron' ) as $name ) {
			self::$$name = array();
		}
		self::$scripts = array();
		self::$policy  = '';
		self::$home    = 'https://shop.example';
		$_GET          = array();
		$_POST         = array();
		$_COOKIE       = array();
		$_SERVER       = array_diff_key( $_SERVER, array_flip( array( 'HTTP_SEC_GPC', 'PHP_AUTH_USER', 'HTTP_AUTHORIZATION' ) ) );
	}
}

/** Where a request ended: a redirect, or a refusal. */
final class Ended extends Exception {
	public $where;

	public function __construct( $where ) {
		parent::__construct( $where );
		$this->where = $where;
	}
}

final class WP_Error {
	private $code;
	private $message;
	private $data;

	public function __construct( $code, $message, $data = array() ) {
		$this->code    = $code;
		$this->message = $message;
		$this->data    = $data;
	}

	public function get_error_code() {
		return $this->code;
	}

	public function get_error_data() {
		return $this->data;
	}
}

final class WP_Post {
	public $ID           = 0;
	public $post_content = '';

	public function __construct( $id, $content ) {
		$this->ID           = $id;
		$this->post_content = $content;
	}
}

final class WP_REST_Request {
	private $params;
	private $body;

	public function __construct( array $params, $body = '' ) {
		$this->params = $params;
		$this->body   = $body;
	}

	public function get_param( $name ) {
		return isset( $this->params[ $name ] ) ? $this->params[ $name ] : null;
	}

	public function get_body() {
		return $this->body;
	}

	public function get_json_params() {
		return json_decode( $this->body, true );
	}
}

/** Only what is used: attributes of script tags. */
final class WP_HTML_Tag_Processor {
	private $html;
	private $seen  = 0;
	private $start = 0;

	public function __construct( $html ) {
		$this->html = $html;
	}

	public function next_tag( $name ) {
		$found = preg_match( "/<$name\\b[^>]*>/", $this->html, $match, PREG_OFFSET_CAPTURE, $this->seen );
		if ( $found ) {
			$this->start = $match[0][1];
			$this->seen  = $match[0][1] + strlen( $match[0][0] );
		}
		return 1 === $found;
	}

	public function get_attribute( $name ) {
		$tag = substr( $this->html, $this->start, $this->seen - $this->start );
		return preg_match( "/\\s$name=\"([^\"]*)\"/", $tag, $match ) ? $match[1] : null;
	}

	public function set_attribute( $name, $value ) {
		$text       = ' ' . $name . '="' . esc_attr( $value ) . '"';
		$this->html = substr_replace( $this->html, $text, $this->start + strlen( '<script' ), 0 );
		$this->seen = $this->seen + strlen( $text );
	}

	public function get_updated_html() {
		return $this->html;
	}
}

/** The database: it remembers what was asked of it, and answers with what a test laid ready. */
final class Database {
	public $prefix  = 'wp_';
	public $deleted = array();
	public $asked   = array();
	public $values  = array();

	public function prepare( $query, ...$values ) {
		foreach ( $values as $value ) {
			$query = preg_replace( '/%[isd]/', str_replace( array( '\\', '$' ), array( '\\\\', '\\$' ), (string) $value ), $query, 1 );
		}
		return $query;
	}

	public function get_var( $query ) {
		$this->asked[] = $query;
		foreach ( $this->values as $part => $value ) {
			if ( false !== strpos( $query, (string) $part ) ) {
				return $value;
			}
		}
		return null;
	}

	public function query( $query ) {
		$this->asked[] = $query;
		return 1;
	}

	public function delete( $table, $where ) {
		$this->deleted[] = array( $table, $where );
		return 1;
	}

	public function esc_like( $text ) {
		return addcslashes( $text, '_%\\' );
	}
}

function add_action( $name, $callback, $priority = 10, $count = 1 ) {
	Shop::$hooks[ $name ][] = array( $callback, $priority, $count );
}
function add_filter( $name, $callback, $priority = 10, $count = 1 ) {
	add_action( $name, $callback, $priority, $count );
}
function apply_filters( $name, $value, ...$more ) {
	$hooked = isset( Shop::$hooks[ $name ] ) ? Shop::$hooks[ $name ] : array();
	foreach ( $hooked as list( $callback, , $count ) ) {
		$value = call_user_func_array( $callback, array_slice( array_merge( array( $value ), $more ), 0, $count ) );
	}
	return $value;
}
/** What the hooked functions print, in the order of their priorities. */
function printed( $name, ...$told ) {
	$hooked = isset( Shop::$hooks[ $name ] ) ? Shop::$hooks[ $name ] : array();
	usort(
		$hooked,
		function ( $one, $other ) {
			return $one[1] - $other[1];
		}
	);
	ob_start();
	foreach ( $hooked as list( $callback, , $count ) ) {
		call_user_func_array( $callback, array_slice( $told, 0, $count ) );
	}
	return ob_get_clean();
}
function did_action() {
	return 1;
}
function __return_true() {
	return true;
}
function get_option( $name, $default = false ) {
	return array_key_exists( $name, Shop::$options ) ? Shop::$options[ $name ] : $default;
}
function update_option( $name, $value ) {
	Shop::$options[ $name ] = $value;
}
function delete_option( $name ) {
	unset( Shop::$options[ $name ] );
}
function get_transient( $name ) {
	return isset( Shop::$transients[ $name ] ) ? Shop::$transients[ $name ] : false;
}
function set_transient( $name, $value ) {
	Shop::$transients[ $name ] = $value;
}
function delete_transient( $name ) {
	unset( Shop::$transients[ $name ] );
}
function plugin_basename( $file ) {
	return basename( dirname( $file ) ) . '/' . basename( $file );
}
function plugins_url( $path ) {
	return "https://shop.example/plugins/alliance-for-woocommerce/$path";
}
function home_url() {
	return Shop::$home;
}
function rest_url( $path ) {
	return Shop::$home . "/wp-json/$path";
}
function admin_url( $path ) {
	return Shop::$home . "/wp-admin/$path";
}
function is_multisite() {
	return false;
}
function is_wp_error( $value ) {
	return $value instanceof WP_Error;
}
function wp_unslash( $value ) {
	return is_array( $value ) ? array_map( 'wp_unslash', $value ) : stripslashes( $value );
}
function map_deep( $value, $callback ) {
	if ( ! is_array( $value ) ) {
		return $callback( $value );
	}
	foreach ( $value as $key => $one ) {
		$value[ $key ] = map_deep( $one, $callback );
	}
	return $value;
}
function sanitize_text_field( $text ) {
	return trim( preg_replace( '/[\r\n\t ]+/', ' ', strip_tags( (string) $text ) ) );
}
function sanitize_key( $text ) {
	return preg_replace( '/[^a-z0-9_\-]/', '', strtolower( (string) $text ) );
}
function wp_strip_all_tags( $text ) {
	return trim( strip_tags( $text ) );
}
function absint( $value ) {
	return abs( (int) $value );
}
function esc_html( $text ) {
	return htmlspecialchars( (string) $text, ENT_QUOTES );
}
function esc_attr( $text ) {
	return htmlspecialchars( (string) $text, ENT_QUOTES );
}
function esc_url( $text ) {
	return preg_match( '#^https?://#', $text ) ? esc_html( $text ) : '';
}
function esc_url_raw( $text ) {
	return preg_match( '#^https?://#', $text ) ? $text : '';
}
function tag_escape( $text ) {
	return strtolower( preg_replace( '/[^a-zA-Z0-9_:\-]/', '', $text ) );
}
function wp_kses( $html, array $allowed ) {
	return preg_replace_callback(
		'#</?([a-z-]+)[^>]*>#',
		function ( $tag ) use ( $allowed ) {
			return isset( $allowed[ $tag[1] ] ) ? $tag[0] : '';
		},
		$html
	);
}
function wp_kses_post( $html ) {
	return $html;
}
function wp_json_encode( $value, $flags = 0 ) {
	return json_encode( $value, $flags );
}
function wp_parse_url( $text, $part = -1 ) {
	return parse_url( $text, $part );
}
function add_query_arg( array $more, $address ) {
	return $address . '?' . http_build_query( $more );
}
function __( $text ) {
	return $text;
}
function esc_html__( $text ) {
	return esc_html( $text );
}
function esc_html_e( $text ) {
	echo esc_html( $text );
}
