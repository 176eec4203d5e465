<?php
final class EmailTest extends ShopCase {
	private function line( $order, $mail = 'customer_processing_order', $to_admin = false, $is_plain = false ) {
		return printed( 'woocommerce_email_after_order_table', $order, $to_admin, $is_plain, (object) array( 'id' => $mail ) );
	}

	public function test_a_line_says_that_it_is_an_ad_and_leads_to_the_shops_own_page() {
		$this->connect();
		$this->choose( array( 'email_line' => true ) );

		$html = $this->line( $this->thank() );

		$this->assertStringContainsString( 'A gift from our partners · Ad', $html );
		$this->assertStringContainsString( 'href="https://shop.example/checkout/order-received/1001/?key=wc_order_key"', $html );
		$this->assertStringNotContainsString( 'hub.example', $html );
	}

	public function test_in_plain_text_it_has_no_markup() {
		$this->connect();
		$this->choose( array( 'email_line' => true ) );

		$text = $this->line( $this->thank(), 'customer_processing_order', false, true );

		$this->assertStringContainsString( 'https://shop.example/checkout/order-received/1001/', $text );
		$this->assertStringNotContainsString( '<', $text );
	}

	public function test_nothing_is_added_without_the_owners_choice_or_to_other_mails() {
		$this->connect();
		$this->assertSame( '', $this->line( $this->thank() ) );

		$this->choose( array( 'email_line' => true ) );
		$this->assertSame( '', $this->line( $this->thank(), 'customer_refunded_order' ) );
		$this->assertSame( '', $this->line( $this->thank(), 'new_order', true ) );
		$this->assertSame( '', printed( 'woocommerce_email_after_order_table', $this->thank(), false, false ) );
	}

	public function test_a_gift_is_not_promised_that_can_no_longer_be_claimed() {
		$this->connect();
		$this->choose( array( 'email_line' => true ) );
		$order         = $this->thank();
		$order->placed = time() - 90000;

		$this->assertSame( '', $this->line( $order ) );
	}
}
