<?php
final class PrivacyTest extends ShopCase {
	private function orders( $count ) {
		Shop::$page['orders'] = array();
		for ( $at = 1; $at <= $count; $at++ ) {
			$order                       = new WC_Order();
			$order->id                   = $at;
			$order->meta                 = 1 === $at ? array( '_alliance_click' => array( self::TOKEN, self::SLATE ), '_alliance_code' => 'Mia' ) : array();
			Shop::$page['orders'][ $at ] = $order;
		}
		return Shop::$page['orders'][1];
	}

	public function test_an_export_tells_what_is_on_the_orders_of_a_person() {
		$this->orders( 2 );
		Shop::$people['mia@example.com'] = 12;

		$told = alliance_export( 'mia@example.com' );

		$this->assertSame( array( self::TOKEN . ', ' . self::SLATE, 'Mia' ), array_column( $told['data'][0]['data'], 'value' ) );
		$this->assertCount( 1, $told['data'] );
		$this->assertTrue( $told['done'] );
		$this->assertSame( array( 'mia@example.com', 12 ), Shop::$page['asked']['customer'] );
	}

	public function test_many_orders_are_read_page_by_page() {
		$this->orders( 11 );

		$this->assertFalse( alliance_export( 'mia@example.com', 1 )['done'] );
		$this->assertTrue( alliance_export( 'mia@example.com', 2 )['done'] );
	}

	public function test_erasing_follows_what_the_shop_does_with_its_orders() {
		$order = $this->orders( 1 );
		$kept  = alliance_erase( 'mia@example.com' );
		$this->assertSame( array( false, true, 2, 0 ), array( $kept['items_removed'], $kept['items_retained'], count( $order->meta ), $order->saved ) );
		$this->assertCount( 1, $kept['messages'] );

		Shop::$options['woocommerce_erasure_request_removes_order_data'] = 'yes';
		$gone = alliance_erase( 'mia@example.com' );
		$this->assertSame( array( true, false, array(), 1 ), array( $gone['items_removed'], $gone['items_retained'], $order->meta, $order->saved ) );
	}

	public function test_both_are_offered_and_a_text_for_the_policy() {
		$this->assertSame( 'alliance_export', apply_filters( 'wp_privacy_personal_data_exporters', array() )['alliance-for-woocommerce']['callback'] );
		$this->assertSame( 'alliance_erase', apply_filters( 'wp_privacy_personal_data_erasers', array() )['alliance-for-woocommerce']['callback'] );

		alliance_privacy_text();
		$this->assertStringContainsString( 'alliance_alc', Shop::$policy );
	}
}
