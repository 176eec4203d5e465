<?php
final class LandingTest extends ShopCase {
	private function land( $token = self::TOKEN ) {
		$_GET['alc'] = $token;
		alliance_land();
		return isset( $_COOKIE['alliance_alc'] ) ? $_COOKIE['alliance_alc'] : null;
	}

	public function test_without_a_consent_tool_the_token_is_kept_for_the_visit() {
		$this->connect();

		$this->assertSame( self::TOKEN, $this->land() );
		$this->assertSame( 'visit', alliance_word() );
		$this->assertTrue( Shop::$page['is_uncached'] );
	}

	public function test_nothing_is_kept_before_a_hub_is_connected() {
		$this->assertNull( $this->land() );
	}

	public function test_global_privacy_control_is_a_no_and_takes_the_cookies_away() {
		$this->connect();
		$this->choose( array( 'consent' => 'none' ) );
		$_SERVER['HTTP_SEC_GPC']  = '1';
		$_COOKIE['alliance_seen'] = self::SLATE;

		$this->assertNull( $this->land() );
		$this->assertSame( 'no', alliance_word() );
		$this->assertSame( '', $_COOKIE['alliance_seen'] );
	}

	public function test_a_no_in_the_consent_tool_counts_more_than_the_owners_choice() {
		$this->connect();
		$this->choose( array( 'consent' => 'none' ) );
		$_COOKIE['wp_consent_marketing'] = 'deny';

		$this->assertNull( $this->land() );
	}

	/** @dataProvider choices */
	public function test_the_owner_chooses_what_is_kept( $choice, $word, $kept ) {
		$this->connect();
		$this->choose( array( 'consent' => $choice ) );

		$this->assertSame( $kept, $this->land() );
		$this->assertSame( $word, alliance_word() );
	}

	public function choices() {
		return array(
			array( 'none', 'month', self::TOKEN ),
			array( 'never', 'unsaid', null ),
			array( 'asked', 'unsaid', null ),
			array( 'made up', 'visit', self::TOKEN ),
		);
	}

	public function test_the_last_four_tokens_stay_newest_last_and_once_each() {
		$this->connect();
		$_COOKIE['alliance_alc'] = 'aaaaaaaa!bbbbbbbb!cccccccc!dddddddd';

		$this->assertSame( 'aaaaaaaa!cccccccc!dddddddd!bbbbbbbb', $this->land( 'bbbbbbbb' ) );
		$this->assertSame( 'cccccccc!dddddddd!bbbbbbbb!eeeeeeee', $this->land( 'eeeeeeee' ) );
	}

	/** @dataProvider hostile */
	public function test_what_is_no_token_is_not_kept( $token ) {
		$this->connect();

		$this->assertNull( $this->land( $token ) );
	}

	public function hostile() {
		return array(
			'short'     => array( 'abc' ),
			'long'      => array( str_repeat( 'a', 161 ) ),
			'markup'    => array( '<script>alert(1)</script>' ),
			'two lines' => array( "token-one\r\nSet-Cookie: a=b" ),
			'separator' => array( 'token-one!token-two' ),
			'a space'   => array( 'token one.abc' ),
			'nested'    => array( array( array( self::TOKEN ) ) ),
		);
	}

	public function test_a_cached_page_is_told_in_its_script_what_may_be_kept() {
		$this->connect();
		alliance_landing_script();

		$tag = apply_filters( 'script_loader_tag', '<script src="x"></script>', 'alliance-landing' );

		$this->assertSame( array( 'alliance-landing' => true ), Shop::$enqueued );
		$this->assertStringContainsString( 'data-keep="visit"', $tag );
		$this->assertStringContainsString( 'data-hub="https://hub.example"', $tag );
		$this->assertStringContainsString( 'assets/alliance-elements.js', $tag );
	}

	public function test_a_page_with_a_token_gets_the_script_that_carries_it() {
		$this->connect();
		$_GET['alc'] = self::TOKEN;

		alliance_landing_script();

		$this->assertArrayHasKey( 'alliance-elements', Shop::$enqueued );
		$this->assertArrayNotHasKey( 'alliance-checkout', Shop::$enqueued );
	}

	public function test_other_plugins_scripts_are_left_as_they_are() {
		$this->connect();

		$this->assertSame( '<script src="x"></script>', apply_filters( 'script_loader_tag', '<script src="x"></script>', 'jquery' ) );
	}
}
