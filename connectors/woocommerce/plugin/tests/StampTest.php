<?php
final class StampTest extends ShopCase {
	private function classic( array $data = array() ) {
		$order = new WC_Order();
		printed( 'woocommerce_checkout_create_order', $order, $data );
		return $order->meta;
	}

	private function blocks( array $params = array() ) {
		$order       = new WC_Order();
		$order->meta = array( '_wc_other/alliance/code' => 'x' );
		printed( 'woocommerce_store_api_checkout_update_order_from_request', $order, new WP_REST_Request( $params ) );
		return $order->meta;
	}

	public function test_both_checkouts_write_tokens_and_views_as_one_list() {
		$this->connect();
		$_COOKIE['alliance_alc']  = 'aaaaaaaa!' . self::TOKEN;
		$_COOKIE['alliance_seen'] = self::SLATE . '!hold-out';
		$wanted                   = array( '_alliance_click' => array( 'aaaaaaaa', self::TOKEN, 'hold-out', self::SLATE ) );

		$this->assertSame( $wanted, $this->classic() );
		$this->assertSame( $wanted, $this->blocks() );
	}

	public function test_an_order_without_marks_gets_no_words() {
		$this->connect();

		$this->assertSame( array(), $this->classic() );
	}

	public function test_after_a_no_nothing_is_written() {
		$this->connect();
		$_COOKIE['alliance_alc'] = self::TOKEN;
		$_SERVER['HTTP_SEC_GPC'] = '1';

		$this->assertSame( array(), $this->classic() );
		$this->assertSame( array(), $this->blocks() );
	}

	public function test_without_storage_the_checkout_itself_carries_the_token() {
		$this->connect();
		$_GET['alc'] = self::TOKEN;

		$this->assertStringContainsString( 'name="alliance_alc" value="' . self::TOKEN . '"', printed( 'woocommerce_checkout_before_customer_details' ) );
		$_POST['alliance_alc'] = self::TOKEN;
		$this->assertSame( array( '_alliance_click' => array( self::TOKEN ) ), $this->classic() );
		$this->assertSame( array( '_alliance_click' => array( self::TOKEN ) ), $this->blocks( array( 'extensions' => array( 'alliance' => array( 'click' => self::TOKEN ) ) ) ) );
	}

	public function test_at_most_ten_words_are_written_and_none_that_is_no_mark() {
		$this->connect();
		$views                    = self::many( 'abcdefghjkmn' );
		$_COOKIE['alliance_alc']  = 'aaaaaaaa!bbbbbbbb!cccccccc!dddddddd!eeeeeeee!<b>';
		$_COOKIE['alliance_seen'] = implode( '!', $views ) . '!plc_short!me@example.com';

		$words = $this->classic()['_alliance_click'];

		$this->assertCount( 10, $words );
		$this->assertSame( array( 'bbbbbbbb', 'cccccccc', 'dddddddd', 'eeeeeeee' ), array_slice( $words, 0, 4 ) );
		$this->assertSame( array(), array_diff( array_slice( $words, 4 ), $views ) );
	}

	private static function many( $letters ) {
		return array_map(
			function ( $letter ) {
				return 'plc_01j0000000000000000000000' . $letter;
			},
			str_split( $letters )
		);
	}

	public function test_the_hold_out_is_never_crowded_out_by_views() {
		$this->connect();
		$_COOKIE['alliance_alc']  = 'aaaaaaaa!bbbbbbbb!cccccccc!dddddddd';
		$_COOKIE['alliance_seen'] = implode( '!', self::many( 'abcdefghj' ) ) . '!hold-out';

		$this->assertContains( 'hold-out', $this->classic()['_alliance_click'] );
	}

	public function test_the_question_is_asked_in_both_checkouts_only_if_the_owner_wants() {
		$this->assertSame( array( 'order' => array() ), alliance_ask_classic( array( 'order' => array() ) ) );
		alliance_ask_blocks();
		$this->assertArrayNotHasKey( 'field', Shop::$page );

		$this->choose( array( 'question' => true ) );
		alliance_ask_blocks();
		$this->assertSame( 'Who recommended us?', alliance_ask_classic( array() )['order']['alliance_code']['label'] );
		$this->assertSame( 'alliance/code', Shop::$page['field']['id'] );
		$this->assertFalse( Shop::$page['field']['required'] );
	}

	public function test_the_answer_is_one_short_line_and_the_only_copy() {
		$this->choose( array( 'question' => true ) );

		$this->assertSame( array( '_alliance_code' => 'Mia' ), $this->classic( array( 'alliance_code' => " <b>Mia</b>\n" ) ) );
		$this->assertSame( array( '_alliance_code' => str_repeat( 'é', 64 ) ), $this->blocks( array( 'additional_fields' => array( 'alliance/code' => str_repeat( 'é', 70 ) ) ) ) );
	}

	public function test_an_answer_to_a_question_nobody_asked_is_not_kept() {
		$this->assertSame( array(), $this->classic( array( 'alliance_code' => 'Mia' ) ) );
	}
}
