<?php
final class ProofTest extends ShopCase {
	public function test_the_thank_you_page_proves_the_purchase_of_whoever_has_its_key() {
		$this->connect();
		$order = $this->thank( array( array( 101, '33.45', '6.35' ), array( 102, '8.32', '1.58' ) ) );

		$proof = alliance_proof( alliance_order_of_page() );

		$this->assertSame( array( 'o' => '1001', 'c' => 'EUR', 't' => $order->placed, 'l' => array( array( '101', 3980 ), array( '102', 990 ) ) ), self::said( $proof ) );
		$this->assertStringContainsString( 'proof="' . $proof . '"', printed( 'woocommerce_thankyou', 1001 ) );
	}

	public function test_a_wrong_key_or_none_proves_nothing() {
		$this->connect();
		$this->thank();

		foreach ( array( 'wrong', '', array( 'wc_order_key' ) ) as $key ) {
			$_GET['key'] = $key;
			$this->assertNull( alliance_order_of_page() );
		}
	}

	public function test_somebody_elses_order_proves_nothing_even_with_its_key() {
		$this->connect();
		$this->thank()->customer = 8;
		$this->assertNull( alliance_order_of_page() );

		Shop::$page['person'] = 9;
		$this->assertNull( alliance_order_of_page() );

		Shop::$page['person'] = 8;
		$this->assertNotNull( alliance_order_of_page() );
	}

	public function test_no_other_page_proves_anything() {
		$this->connect();
		$this->thank();
		Shop::$page['kind'] = 'cart';

		$this->assertSame( '', alliance_placement_html( self::CODES ) );
	}

	/** @dataProvider states */
	public function test_an_order_that_is_no_purchase_is_not_proven( $status ) {
		$this->connect();
		$order         = $this->thank();
		$order->status = $status;

		$this->assertSame( '', alliance_proof( $order ) );
	}

	public function states() {
		return array( array( 'failed' ), array( 'cancelled' ), array( 'refunded' ) );
	}

	public function test_after_a_day_there_is_no_proof() {
		$this->connect();
		$order         = $this->thank();
		$order->placed = time() - 86399;
		$this->assertNotSame( '', alliance_proof( $order ) );

		$order->placed = time() - 86400;
		$this->assertSame( '', alliance_proof( $order ) );
	}

	/** @dataProvider amounts */
	public function test_what_was_paid_is_whole_units_of_the_currency( $net, $tax, $currency, $minor ) {
		$this->assertSame( $minor, alliance_minor( array( $net, $tax ), $currency ) );
	}

	public function amounts() {
		return array(
			array( '4231', '804', 'JPY', 5035 ),
			array( '4231.00', '803.91', 'JPY', 5035 ),
			array( '1.234', '0.001', 'BHD', 1235 ),
			array( '1.2344999', '0', 'KWD', 1235 ),
			array( '8.318319', '1.580481', 'EUR', 990 ),
			array( '0.004', '0.001', 'EUR', 1 ),
			array( 1.005, 0, 'EUR', 101 ),
			array( 33.45, '6.35', 'EUR', 3980 ),
			array( '-5.005', '0', 'EUR', -501 ),
			array( '999999999999', '0', 'EUR', 99999999999900 ),
			array( '1e3', '', 'EUR', 0 ),
		);
	}

	public function test_a_deleted_product_and_a_line_below_zero_are_left_out() {
		$this->connect();
		$order = $this->thank( array( array( 0, '9', '1' ), array( 101, '-5', '0' ), array( 102, '0', '0' ) ) );

		$this->assertSame( array( array( '102', 0 ) ), self::said( alliance_proof( $order ) )['l'] );
	}

	public function test_a_hundred_lines_still_fit_into_a_proof() {
		$this->connect();
		$order = $this->thank( array_fill( 0, 150, array( 123456, '99999.99', '0' ) ) );

		$proof = alliance_proof( $order );

		$this->assertCount( 100, self::said( $proof )['l'] );
		$this->assertLessThanOrEqual( 4096, strlen( $proof ) );
	}
}
