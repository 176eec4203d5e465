<?php
final class PageTest extends ShopCase {
	/** Press a button of the page; tells where that ended. */
	private function press( $action, array $sent = array(), $nonce = null ) {
		$_POST = $sent + array( '_wpnonce' => null === $nonce ? "nonce-alliance_$action" : $nonce );
		try {
			printed( "admin_post_alliance_$action" );
		} catch ( Ended $ended ) {
			while ( ob_get_level() > 1 ) {
				ob_end_clean();
			}
			return $ended->where;
		}
		return 'nowhere';
	}

	/** @dataProvider buttons */
	public function test_a_button_asks_who_presses_it_and_whether_they_meant_to( $action ) {
		$this->connect();
		$before = Shop::$options;
		$sent   = array( 'alliance_hub' => 'https://other.example' );

		$this->assertSame( 'died', $this->press( $action, $sent ) );
		Shop::$may = array( 'manage_woocommerce' );
		$this->assertSame( 'nonce', $this->press( $action, $sent, 'forged' ) );
		$this->assertSame( $before, Shop::$options );
	}

	public function buttons() {
		return array( array( 'connect' ), array( 'leave' ), array( 'test' ), array( 'save' ) );
	}

	public function test_connect_goes_to_the_hub_and_keeps_nothing() {
		Shop::$may = array( 'manage_woocommerce' );

		$where = $this->press( 'connect', array( 'alliance_hub' => ' https://hub.example/ ' ) );

		$this->assertSame( 'https://hub.example/stores/woocommerce/install?address=https%3A%2F%2Fshop.example&back=https%3A%2F%2Fshop.example%2Fwp-admin%2Fadmin.php%3Fpage%3Dalliance', $where );
		$this->assertSame( array(), Shop::$options );
	}

	public function test_an_address_that_is_none_comes_back_with_a_word() {
		Shop::$may = array( 'manage_woocommerce' );

		$this->assertStringEndsWith( 'alliance_said=address', $this->press( 'connect', array( 'alliance_hub' => 'http://hub.example' ) ) );
	}

	public function test_leaving_says_whether_the_key_went_too() {
		Shop::$may = array( 'manage_woocommerce' );
		$this->connect();
		$this->assertStringEndsWith( 'alliance_said=gone', $this->press( 'leave' ) );

		$this->connect();
		Shop::$options['alliance_connection']['key_id'] = 0;
		$this->assertStringEndsWith( 'alliance_said=key_stays', $this->press( 'leave' ) );
		$this->assertNull( alliance_connection() );
	}

	public function test_choices_are_kept_and_only_such_as_there_are() {
		Shop::$may = array( 'manage_woocommerce' );
		$this->choose( array( 'by_hand' => array( self::CODES, self::PACK ) ) );

		$this->press(
			'save',
			array(
				'alliance_consent'   => 'never',
				'alliance_question'  => '1',
				'alliance_known'     => array( self::SLATE, self::PACK, 'plc_x' ),
				'alliance_automatic' => array( self::PACK ),
			)
		);

		$this->assertSame(
			array(
				'consent'     => 'never',
				'question'    => true,
				'email_line'  => false,
				'coupon_name' => false,
				'by_hand'     => array( self::SLATE, self::CODES ),
				'wipe_orders' => false,
			),
			alliance_settings()
		);
		$this->press( 'save', array( 'alliance_consent' => 'everything' ) );
		$this->assertSame( 'auto', alliance_settings()['consent'] );
	}

	public function test_the_page_tells_how_it_stands_and_never_the_secret() {
		Shop::$may = array( 'manage_woocommerce' );
		$this->connect( array( 'store_name' => 'Li & <b>Co</b>' ) );

		$html = $this->page();

		$this->assertStringContainsString( 'Li &amp; &lt;b&gt;Co', $html );
		$this->assertStringContainsString( '5 mins ago', $html );
		$this->assertStringContainsString( 'value="' . self::SLATE . '" aria-label="The slate stands in its place by itself" checked', $html );
		$this->assertStringContainsString( '[alliance placement="' . self::ARTICLE . '"]', $html );
		$this->assertStringNotContainsString( self::SECRET, $html );
	}

	public function test_without_a_hub_the_page_offers_to_connect() {
		Shop::$may = array( 'manage_woocommerce' );

		$html = $this->page();

		$this->assertStringContainsString( 'name="alliance_hub"', $html );
		$this->assertStringNotContainsString( 'alliance_leave', $html );
	}

	public function test_who_may_not_run_the_shop_sees_nothing_of_it() {
		$this->connect();

		$this->assertSame( '', $this->page() );
	}

	private function page() {
		ob_start();
		alliance_show_page();
		return ob_get_clean();
	}

	public function test_every_check_has_words_for_what_it_can_say() {
		foreach ( array_keys( alliance_checks( false ) ) as $code ) {
			$this->assertNotSame( $code, alliance_check_name( $code ) );
			$this->assertNotSame( '', alliance_check_words( $code, true ) );
		}
		$this->assertSame( 'This could not be found out.', alliance_check_words( 'https', null ) );
	}

	public function test_jobs_that_are_an_hour_late_are_told() {
		Shop::$cron = array( time() - 60 => array( 'wp_version_check' => array() ) );
		$this->assertTrue( alliance_checks( false )['cron_runs'] );

		Shop::$cron = array( time() - 3700 => array( 'action_scheduler_run_queue' => array() ) );
		$this->assertTrue( alliance_checks( false )['cron_runs'] );

		Shop::$cron = array( time() - 3700 => array( 'action_scheduler_run_queue' => array(), 'wp_version_check' => array() ) );
		$this->assertFalse( alliance_checks( false )['cron_runs'] );
	}

	public function test_the_shop_asks_itself_and_the_hub_once_in_ten_minutes() {
		$this->connect();
		Shop::$answers = array(
			'https://shop.example/wp-json/wc-alliance/v1' => array(
				'status' => 200,
				'body'   => '{"namespace":"wc-alliance/v1"}',
			),
			'https://hub.example/embed/v1.js'             => array( 'date' => gmdate( 'D, d M Y H:i:s', time() - 400 ) . ' GMT' ),
		);

		$first = alliance_checks( true );
		alliance_checks( true );

		$this->assertTrue( $first['rest_reachable'] );
		$this->assertFalse( $first['clock'] );
		$this->assertCount( 2, Shop::$asked );
	}

	public function test_a_page_of_html_in_place_of_an_answer_is_told() {
		Shop::$answers['https://shop.example/wp-json/wc-alliance/v1'] = array(
			'status' => 200,
			'body'   => '<html>',
		);

		$this->assertFalse( alliance_checks( true )['rest_reachable'] );
		$this->assertNull( alliance_checks( true )['clock'] );
	}
}
