<?php
/**
 * What every test begins with: a shop that is open, and words for what tests do most.
 */

use PHPUnit\Framework\TestCase;

abstract class ShopCase extends TestCase {
	const SLATE   = 'plc_01j0000000000000000000000a';
	const PACK    = 'plc_01j0000000000000000000000b';
	const CODES   = 'plc_01j0000000000000000000000c';
	const ARTICLE = 'plc_01j0000000000000000000000d';
	const STORE   = 'sto_01j00000000000000000000000';
	const SECRET  = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
	const TOKEN   = 'token-one.abc';

	protected function setUp(): void {
		Shop::open();
		WC( true );
		WC_Coupon::$all  = array();
		Webhook::$all    = array();
		$GLOBALS['wpdb'] = new Database();
	}

	/** A placement as the hub writes it. */
	protected static function placement( $id, $spot, $shows, array $more = array() ) {
		return $more + array(
			'id'      => $id,
			'name'    => "The $shows",
			'spot'    => $spot,
			'shows'   => $shows,
			'layout'  => 'row',
			'heading' => '',
			'on'      => true,
		);
	}

	/** What the hub writes. */
	protected static function told( array $more = array() ) {
		return $more + array(
			'hub'          => 'https://hub.example',
			'store'        => self::STORE,
			'store_name'   => 'Li',
			'proof_secret' => self::SECRET,
			'placements'   => array(
				self::placement( self::SLATE, 'product_page', 'slate' ),
				self::placement( self::PACK, 'cart', 'bundle' ),
				self::placement( self::CODES, 'thank_you', 'claim' ),
				self::placement( self::ARTICLE, 'article', 'slate' ),
			),
		);
	}

	/** A shop that a hub has connected, with key 5. */
	protected function connect( array $more = array() ) {
		Shop::$options['alliance_connection'] = self::told( $more ) + array(
			'heard_at' => 1767225600,
			'key_id'   => 5,
		);
	}

	protected function choose( array $settings ) {
		Shop::$options['alliance_settings'] = $settings;
	}

	/** The thank-you page of an order placed a minute ago, opened with its key. */
	protected function thank( array $lines = array( array( 101, '33.45', '6.35' ) ) ) {
		$order             = new WC_Order();
		$order->placed     = time() - 60;
		$order->items      = array_map(
			function ( $line ) {
				return new Item( ...$line );
			},
			$lines
		);
		$_GET['key']       = 'wc_order_key';
		Shop::$page        = array(
			'kind'           => 'thank_you',
			'order-received' => '1001',
			'orders'         => array( 1001 => $order ),
		) + Shop::$page;
		return $order;
	}

	/** What a proof says, without its signature. */
	protected static function said( $proof ) {
		return json_decode( base64_decode( strtr( explode( '.', $proof )[0], '-_', '+/' ) ), true );
	}
}
