<?php
final class RestTest extends ShopCase {
	private function put( array $told ) {
		return called( 'PUT', json_encode( $told ) );
	}

	private function own() {
		Shop::$may             = array( 'manage_woocommerce' );
		Shop::$page['person']  = 3;
		$_SERVER['PHP_AUTH_USER'] = 'ck_0123456789abcdef';
		$GLOBALS['wpdb']->values  = array( 'SELECT key_id' => '5' );
	}

	public function test_nobody_without_the_right_reads_writes_or_deletes() {
		$this->connect();
		foreach ( array( 'GET', 'PUT', 'DELETE' ) as $method ) {
			$this->assertSame( 'alliance_not_allowed', called( $method, json_encode( self::told() ) )->get_error_code() );
		}
		$this->assertNotNull( alliance_connection() );
	}

	public function test_the_hub_writes_the_connection_and_reads_it_without_the_secret() {
		$this->own();

		$told = $this->put( self::told() );

		$this->assertSame( array( '0.1.0', true, 'https://hub.example', self::STORE, 'Li' ), array( $told['plugin'], $told['connected'], $told['hub'], $told['store'], $told['store_name'] ) );
		$this->assertSame( array( self::SLATE, self::PACK, self::CODES, self::ARTICLE ), $told['placements'] );
		$this->assertEqualsWithDelta( time(), $told['heard_at'], 2 );
		$this->assertStringNotContainsString( self::SECRET, json_encode( array( $told, called( 'GET' ) ) ) );
		$this->assertSame( 5, alliance_connection()['key_id'] );
		$this->assertSame( self::SECRET, alliance_connection()['proof_secret'] );
	}

	public function test_the_key_is_found_by_its_hash_its_end_and_its_owner() {
		$this->own();
		$this->put( self::told() );
		$asked = end( $GLOBALS['wpdb']->asked );

		$this->assertStringContainsString( 'consumer_key = ' . wc_api_hash( 'ck_0123456789abcdef' ), $asked );
		$this->assertStringContainsString( 'truncated_key = 9abcdef AND user_id = 3', $asked );
	}

	/** @dataProvider malformed */
	public function test_what_is_not_as_agreed_is_refused_and_changes_nothing( $told, $code ) {
		$this->own();
		$this->connect( array( 'store_name' => 'Before' ) );

		$refused = called( 'PUT', is_string( $told ) ? $told : json_encode( $told + self::told() ) );

		$this->assertSame( "alliance_$code", $refused->get_error_code() );
		$this->assertSame( array( 'status' => 400 ), $refused->get_error_data() );
		$this->assertSame( 'Before', alliance_connection()['store_name'] );
	}

	public function malformed() {
		$bad = function ( array $more ) {
			return array( 'placements' => array( $more + self::placement( self::SLATE, 'cart', 'slate' ) ) );
		};
		return array(
			'no JSON'            => array( '{"hub":', 'malformed' ),
			'a number'           => array( '7', 'malformed' ),
			'plain http'         => array( array( 'hub' => 'http://hub.example' ), 'hub' ),
			'with a password'    => array( array( 'hub' => 'https://a:b@hub.example' ), 'hub' ),
			'with a query'       => array( array( 'hub' => 'https://hub.example/?a=b' ), 'hub' ),
			'with markup'        => array( array( 'hub' => 'https://hub.example/"><b>' ), 'hub' ),
			'a script'           => array( array( 'hub' => 'javascript:alert(1)' ), 'hub' ),
			'hub is a list'      => array( array( 'hub' => array() ), 'hub' ),
			'another kind of id' => array( array( 'store' => self::SLATE ), 'store' ),
			'an i in an id'      => array( array( 'store' => 'sto_01j0000000000000000000000i' ), 'store' ),
			'a line more'        => array( array( 'store' => self::STORE . "\n" ), 'store' ),
			'a long name'        => array( array( 'store_name' => str_repeat( 'a', 201 ) ), 'store_name' ),
			'a short secret'     => array( array( 'proof_secret' => 'abcd' ), 'proof_secret' ),
			'no list'            => array( array( 'placements' => array( 'a' => array() ) ), 'placements' ),
			'too many'           => array( array( 'placements' => array_fill( 0, 51, array() ) ), 'placements' ),
			'twice'              => array( array( 'placements' => array_fill( 0, 2, self::placement( self::SLATE, 'cart', 'slate' ) ) ), 'placement' ),
			'an unknown spot'    => array( $bad( array( 'spot' => 'footer' ) ), 'placement' ),
			'an unknown element' => array( $bad( array( 'shows' => 'popup' ) ), 'placement' ),
			'an unknown layout'  => array( $bad( array( 'layout' => 'wall' ) ), 'placement' ),
			'on is a word'       => array( $bad( array( 'on' => 'yes' ) ), 'placement' ),
			'a long heading'     => array( $bad( array( 'heading' => str_repeat( 'é', 81 ) ) ), 'placement' ),
		);
	}

	public function test_a_body_without_end_is_refused_before_it_is_read() {
		$this->own();

		$this->assertSame( 'alliance_too_long', called( 'PUT', str_repeat( ' ', 100001 ) )->get_error_code() );
	}

	public function test_markup_in_names_is_text_by_the_time_it_is_kept() {
		$this->own();
		$this->put( self::told( array( 'store_name' => '<b>Li</b>' ) ) );

		$this->assertSame( 'Li', alliance_connection()['store_name'] );
	}

	public function test_a_test_shop_on_plain_http_takes_a_hub_on_plain_http() {
		Shop::$home = 'http://localhost:8080';

		$this->assertSame( 'http://127.0.0.1:8000', alliance_hub_address( 'http://127.0.0.1:8000/' ) );
	}

	public function test_delete_forgets_everything_and_the_key_that_asked() {
		$this->own();
		$this->connect( array( 'hub' => 'https://hub.example' ) );
		Webhook::$all = array(
			1 => 'https://hub.example/stores/woocommerce/calls/abc',
			2 => 'https://hub.example.evil/stores/woocommerce/calls/abc',
			3 => 'https://other.example/hook',
		);

		$told = called( 'DELETE' );

		$this->assertFalse( $told['connected'] );
		$this->assertNull( $told['heard_at'] );
		$this->assertSame( array(), Shop::$options );
		$this->assertSame( array( 2, 3 ), array_keys( Webhook::$all ) );
		$this->assertContains( array( 'wp_woocommerce_api_keys', array( 'key_id' => 5 ) ), $GLOBALS['wpdb']->deleted );
	}

	/** @dataProvider earlier */
	public function test_a_hub_with_new_keys_leaves_none_of_the_old( array $before, $made, $is_gone ) {
		$this->own();
		$GLOBALS['wpdb']->values['SELECT description'] = $made;
		$this->connect( $before );

		$this->put( self::told() );

		$this->assertSame( 5, alliance_connection()['key_id'] );
		$this->assertSame( $is_gone ? array( array( 'wp_woocommerce_api_keys', array( 'key_id' => 4 ) ) ) : array(), $GLOBALS['wpdb']->deleted );
	}

	public function earlier() {
		$handed = 'Alliance - API (2026-11-30 08:46:00)';
		return array(
			'handed over'    => array( array( 'key_id' => 4 ), $handed, true ),
			'made by hand'   => array( array( 'key_id' => 4 ), 'For our stock', false ),
			'gone already'   => array( array( 'key_id' => 4 ), null, false ),
			'the same'       => array( array( 'key_id' => 5 ), $handed, false ),
			'never known'    => array( array( 'key_id' => 0 ), $handed, false ),
			'of another hub' => array( array( 'key_id' => 4, 'hub' => 'https://other.example' ), $handed, false ),
		);
	}

	public function test_keys_are_looked_for_with_plain_permalinks_too() {
		$this->assertFalse( alliance_is_rest_request( false ) );
		$_GET['rest_route'] = '/wc-alliance/v1/connection';
		$this->assertTrue( alliance_is_rest_request( false ) );
		$_GET['rest_route'] = '/wp/v2/users';
		$this->assertFalse( alliance_is_rest_request( false ) );
		$this->assertTrue( alliance_is_rest_request( true ) );
	}

	public function test_the_checks_are_told_by_code_and_hold_nothing_secret() {
		$this->own();
		$checks = called( 'GET' )['checks'];

		$this->assertSame(
			array( 'blocks_checkout', 'clock', 'consent_api', 'cron_runs', 'hpos', 'https', 'page_cache', 'permalinks', 'rest_reachable', 'woocommerce_version' ),
			$this->sorted( array_column( $checks, 'code' ) )
		);
		$this->assertContains( array( 'code' => 'rest_reachable', 'ok' => true ), $checks );
		$this->assertSame( array(), Shop::$asked );
	}

	private function sorted( array $words ) {
		sort( $words );
		return $words;
	}
}
