<?php
/**
 * WooCommerce as thin as these tests need it: orders, the cart, coupons, webhooks.
 */

final class WooCommerce {
	public $version = '10.5.0';
	public $session;
	public $cart;
}

/** A session, as WooCommerce keeps one for each shopper. */
final class Session {
	public $kept   = array();
	public $is_set = false;

	public function get( $name, $default = null ) {
		return isset( $this->kept[ $name ] ) ? $this->kept[ $name ] : $default;
	}

	public function set( $name, $value ) {
		$this->kept[ $name ] = $value;
	}

	public function has_session() {
		return $this->is_set;
	}

	public function set_customer_session_cookie( $is_set ) {
		$this->is_set = $is_set;
	}
}

final class Cart {
	public $applied = array();
	public $total   = 0;
	public $tax     = 0;

	public function is_empty() {
		return 0 === $this->total;
	}

	public function has_discount( $code ) {
		return in_array( $code, $this->applied, true );
	}

	public function get_applied_coupons() {
		return $this->applied;
	}

	public function apply_coupon( $code ) {
		$this->applied[] = $code;
		// As in WooCommerce, which counts the cart anew whenever a coupon was applied.
		printed( 'woocommerce_after_calculate_totals' );
	}

	public function get_cart_contents_total() {
		return $this->total;
	}

	public function get_cart_contents_tax() {
		return $this->tax;
	}
}

/** A coupon out of those that a test wrote down. */
final class WC_Coupon {
	public static $all = array();
	public $told;

	public function __construct( $code ) {
		$this->told = isset( self::$all[ $code ] ) ? self::$all[ $code ] : array();
	}

	private function of( $name, $default ) {
		return isset( $this->told[ $name ] ) ? $this->told[ $name ] : $default;
	}

	public function get_id() {
		return $this->told ? 7 : 0;
	}

	public function get_virtual() {
		return $this->of( 'virtual', false );
	}

	public function get_individual_use() {
		return $this->of( 'alone', false );
	}

	public function get_usage_limit() {
		return $this->of( 'limit', 0 );
	}

	public function get_usage_count() {
		return $this->of( 'used', 0 );
	}

	public function get_date_expires() {
		return isset( $this->told['until'] ) ? new Moment( $this->told['until'] ) : null;
	}

	public function minimum() {
		return $this->of( 'minimum', 0 );
	}
}

final class WC_Discounts {
	private $cart;

	public function __construct( $cart ) {
		$this->cart = $cart;
	}

	public function is_coupon_valid( $coupon ) {
		return $this->cart->total >= $coupon->minimum() ? true : new WP_Error( 'invalid_coupon', 'Not yet.' );
	}
}

final class Moment {
	private $seconds;

	public function __construct( $seconds ) {
		$this->seconds = $seconds;
	}

	public function getTimestamp() {
		return $this->seconds;
	}
}

final class Item {
	private $told;

	public function __construct( $product, $total, $tax ) {
		$this->told = array( $product, $total, $tax );
	}

	public function get_product_id() {
		return $this->told[0];
	}

	public function get_total() {
		return $this->told[1];
	}

	public function get_total_tax() {
		return $this->told[2];
	}
}

final class WC_Order {
	public $meta     = array();
	public $items    = array();
	public $id       = 1001;
	public $currency = 'EUR';
	public $placed   = 0;
	public $status   = 'processing';
	public $customer = 0;
	public $saved    = 0;

	public function get_id() {
		return $this->id;
	}

	public function get_currency() {
		return $this->currency;
	}

	public function get_items() {
		return $this->items;
	}

	public function get_date_created() {
		return new Moment( $this->placed );
	}

	public function get_customer_id() {
		return $this->customer;
	}

	public function key_is_valid( $key ) {
		return 'wc_order_key' === $key;
	}

	public function has_status( array $states ) {
		return in_array( $this->status, $states, true );
	}

	public function get_checkout_order_received_url() {
		return 'https://shop.example/checkout/order-received/1001/?key=wc_order_key';
	}

	public function update_meta_data( $key, $value ) {
		$this->meta[ $key ] = $value;
	}

	public function delete_meta_data( $key ) {
		unset( $this->meta[ $key ] );
	}

	public function get_meta( $key ) {
		return isset( $this->meta[ $key ] ) ? $this->meta[ $key ] : '';
	}

	public function save() {
		++$this->saved;
	}
}

final class Webhook {
	public static $all = array();
	private $id;

	public function __construct( $id ) {
		$this->id = $id;
	}

	public function get_delivery_url() {
		return self::$all[ $this->id ];
	}

	public function delete() {
		unset( self::$all[ $this->id ] );
	}
}

final class WC_Data_Store {
	public static function load() {
		return new self();
	}

	public function search_webhooks() {
		return array_keys( Webhook::$all );
	}
}

/** The shop's one WooCommerce; a test that opens the shop anew gets a new cart and session. */
function WC( $is_new = false ) {
	static $one = null;
	if ( null === $one || $is_new ) {
		$one          = new WooCommerce();
		$one->session = new Session();
		$one->cart    = new Cart();
	}
	return $one;
}
function wc_get_webhook( $id ) {
	return new Webhook( $id );
}
function wc_get_order( $id ) {
	return isset( Shop::$page['orders'][ $id ] ) ? Shop::$page['orders'][ $id ] : false;
}
function wc_get_orders( array $asked ) {
	Shop::$page['asked'] = $asked;
	return array_slice( array_values( Shop::$page['orders'] ), ( $asked['page'] - 1 ) * $asked['limit'], $asked['limit'] );
}
function wc_api_hash( $key ) {
	return hash_hmac( 'sha256', $key, 'wc-api' );
}
function wc_coupons_enabled() {
	return true;
}
function wc_format_coupon_code( $code ) {
	return strtolower( trim( $code ) );
}
function wc_add_notice( $text, $kind ) {
	Shop::$page['notices'][] = array( $kind, $text );
}
function wc_format_decimal( $amount, $digits ) {
	return number_format( $amount, $digits, '.', '' );
}
function wc_get_price_decimals() {
	return 2;
}
function wc_get_page_id() {
	return 9;
}
function get_woocommerce_currency() {
	return 'EUR';
}
function is_product() {
	return 'product' === ( isset( Shop::$page['kind'] ) ? Shop::$page['kind'] : '' );
}
function is_cart() {
	return 'cart' === ( isset( Shop::$page['kind'] ) ? Shop::$page['kind'] : '' );
}
function is_checkout() {
	return in_array( isset( Shop::$page['kind'] ) ? Shop::$page['kind'] : '', array( 'checkout', 'thank_you' ), true );
}
function is_order_received_page() {
	return 'thank_you' === ( isset( Shop::$page['kind'] ) ? Shop::$page['kind'] : '' );
}
function woocommerce_store_api_register_endpoint_data( $told ) {
	Shop::$page['endpoint'] = $told;
}
function woocommerce_register_additional_checkout_field( $told ) {
	Shop::$page['field'] = $told;
}
