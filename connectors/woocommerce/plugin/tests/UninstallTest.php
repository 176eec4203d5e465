<?php
final class UninstallTest extends ShopCase {
	private function uninstall() {
		defined( 'WP_UNINSTALL_PLUGIN' ) || define( 'WP_UNINSTALL_PLUGIN', 'alliance-for-woocommerce/alliance-for-woocommerce.php' );
		if ( function_exists( 'alliance_uninstall' ) ) {
			alliance_uninstall();
		} else {
			require dirname( __DIR__ ) . '/alliance-for-woocommerce/uninstall.php';
		}
	}

	protected function setUp(): void {
		parent::setUp();
		$this->connect();
		$this->choose( array( 'question' => true ) );
		Shop::$transients['alliance_asked'] = array();
		$GLOBALS['wpdb']->values            = array(
			'wp\_wc\_webhooks'           => 'wp_wc_webhooks',
			'wp\_woocommerce\_api\_keys' => 'wp_woocommerce_api_keys',
			'wp\_postmeta'               => 'wp_postmeta',
		);
	}

	public function test_nothing_of_ours_is_left_but_the_orders_own_record() {
		$this->uninstall();

		$this->assertSame( array(), Shop::$options );
		$this->assertSame( array(), Shop::$transients );
		$this->assertSame( array( array( 'wp_woocommerce_api_keys', array( 'key_id' => 5 ) ) ), $GLOBALS['wpdb']->deleted );
		$this->assertContains( 'DELETE FROM wp_wc_webhooks WHERE delivery_url LIKE https://hub.example/stores/woocommerce/calls/%', $GLOBALS['wpdb']->asked );
	}

	public function test_the_marks_on_orders_go_if_the_owner_chose_so() {
		$this->choose( array( 'wipe_orders' => true ) );

		$this->uninstall();

		$this->assertContains( array( 'wp_postmeta', array( 'meta_key' => '_alliance_click' ) ), $GLOBALS['wpdb']->deleted );
		$this->assertContains( array( 'wp_postmeta', array( 'meta_key' => '_alliance_code' ) ), $GLOBALS['wpdb']->deleted );
	}

	public function test_a_shop_without_woocommerce_by_then_is_no_trouble() {
		$GLOBALS['wpdb']->values = array();

		$this->uninstall();

		$this->assertSame( array(), $GLOBALS['wpdb']->deleted );
		$this->assertSame( array(), Shop::$options );
	}
}
