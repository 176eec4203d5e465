<?php
final class CouponTest extends ShopCase {
	private function land( $code, $name = 'alliance_coupon' ) {
		$_GET = array( $name => $code );
		alliance_keep_coupon();
		$_GET = array();
	}

	public function test_a_coupon_waits_in_silence_until_the_cart_allows_it() {
		WC_Coupon::$all['ten'] = array( 'minimum' => 50 );
		$this->land( 'TEN' );
		$this->assertSame( array(), WC()->cart->applied );

		WC()->cart->total = 30;
		printed( 'woocommerce_add_to_cart' );
		$this->assertSame( array(), WC()->cart->applied );
		$this->assertArrayNotHasKey( 'notices', Shop::$page );

		WC()->cart->total = 60;
		printed( 'woocommerce_after_calculate_totals' );
		$this->assertSame( array( 'ten' ), WC()->cart->applied );
	}

	public function test_it_is_used_when_the_cart_or_the_checkout_opens() {
		WC_Coupon::$all['ten'] = array( 'minimum' => 0, 'limit' => 5, 'used' => 4 );
		$this->land( 'ten' );
		WC()->cart->total   = 30;
		Shop::$page['kind'] = 'thank_you';
		alliance_try_coupon_on_page();
		$this->assertSame( array(), WC()->cart->applied );

		Shop::$page['kind'] = 'checkout';
		alliance_try_coupon_on_page();
		$this->assertSame( array( 'ten' ), WC()->cart->applied );
	}

	/** @dataProvider hopeless */
	public function test_why_it_can_never_be_used_is_said_once( $told, $sentence ) {
		WC_Coupon::$all['ten'] = $told;
		$this->land( 'ten' );
		WC()->cart->total = 60;

		printed( 'woocommerce_add_to_cart' );
		printed( 'woocommerce_add_to_cart' );

		$this->assertSame( array( array( 'notice', $sentence ) ), Shop::$page['notices'] );
		$this->assertSame( array(), WC()->cart->applied );
	}

	public function hopeless() {
		return array(
			array( array(), 'The coupon of your link does not exist here.' ),
			array( array( 'until' => 1000 ), 'The coupon of your link has ended.' ),
			array( array( 'limit' => 3, 'used' => 3 ), 'The coupon of your link is used up.' ),
		);
	}

	public function test_the_short_name_is_taken_only_if_the_owner_chose_so() {
		WC_Coupon::$all['ten'] = array( 'minimum' => 90 );
		$this->land( 'ten', 'coupon' );
		$this->assertNull( WC()->session->get( 'alliance_coupon' ) );

		$this->choose( array( 'coupon_name' => true ) );
		$this->land( 'ten', 'coupon' );
		$this->assertSame( 'ten', WC()->session->get( 'alliance_coupon' ) );
	}

	public function test_a_guest_gets_a_session_only_for_a_coupon() {
		$this->land( '' );
		$this->assertFalse( WC()->session->is_set );

		WC_Coupon::$all['ten'] = array( 'minimum' => 90 );
		$this->land( 'ten' );
		$this->assertTrue( WC()->session->is_set );
	}

	public function test_no_coupon_of_the_shopper_is_pushed_out() {
		WC_Coupon::$all['ten'] = array( 'alone' => true );
		WC()->cart->total      = 60;
		WC()->cart->applied    = array( 'mine' );

		$this->land( 'ten' );

		$this->assertSame( array( 'mine' ), WC()->cart->applied );
	}

	public function test_a_coupon_the_shopper_took_out_does_not_come_back() {
		WC_Coupon::$all['ten'] = array( 'minimum' => 50 );
		$this->land( 'ten' );
		printed( 'woocommerce_removed_coupon', 'TEN' );
		WC()->cart->total = 60;

		printed( 'woocommerce_add_to_cart' );

		$this->assertSame( array(), WC()->cart->applied );
	}

	public function test_what_is_too_long_or_no_text_is_no_code() {
		$this->land( str_repeat( 'a', 65 ) );
		$this->land( array( 'ten' ) );

		$this->assertNull( WC()->session->get( 'alliance_coupon' ) );
	}
}
