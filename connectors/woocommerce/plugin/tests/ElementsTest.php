<?php
final class ElementsTest extends ShopCase {
	private function product( $content = '' ) {
		Shop::$page = array(
			'kind' => 'product',
			'post' => new WP_Post( 42, $content ),
		) + Shop::$page;
	}

	public function test_a_product_page_shows_its_slate_once() {
		$this->connect();
		$this->product();

		$html = printed( 'woocommerce_after_single_product_summary' ) . printed( 'woocommerce_after_single_product' );

		$this->assertSame( 1, substr_count( $html, '<al-slate' ) );
		$this->assertStringContainsString( 'product="42"', $html );
		$this->assertStringContainsString( 'placement="' . self::SLATE . '"', $html );
		$this->assertArrayHasKey( 'alliance-elements', Shop::$enqueued );
		$this->assertArrayHasKey( 'alliance-seen', Shop::$enqueued );
	}

	public function test_what_the_owner_puts_up_by_hand_does_not_stand_by_itself() {
		$this->connect();
		$this->choose( array( 'by_hand' => array( self::SLATE ) ) );

		$this->assertSame( array(), alliance_automatic( 'product_page' ) );
		$this->assertSame( array( self::PACK ), alliance_automatic( 'cart' ) );
	}

	public function test_a_page_that_holds_the_placement_gets_no_second_one() {
		$this->connect();
		$this->product( '[alliance placement="' . self::SLATE . '"]' );

		$this->assertTrue( alliance_is_placed_by_hand( self::SLATE ) );
		$this->assertFalse( alliance_is_placed_by_hand( self::PACK ) );
	}

	public function test_a_placement_that_is_off_or_unknown_shows_nothing() {
		$this->connect( array( 'placements' => array( self::placement( self::SLATE, 'article', 'slate', array( 'on' => false ) ) ) ) );

		$this->assertSame( '', alliance_placement_html( self::SLATE ) );
		$this->assertSame( '', alliance_placement_html( self::PACK ) );
		$this->assertSame( array(), Shop::$enqueued );
	}

	public function test_without_a_hub_there_is_neither_element_nor_script() {
		$this->product();

		$this->assertSame( '', alliance_shortcode( array( 'placement' => self::SLATE ) ) );
		alliance_landing_script();
		$this->assertSame( array(), Shop::$enqueued );
	}

	public function test_a_pack_knows_the_cart_with_tax_and_currency() {
		$this->connect();
		WC()->cart->total = 40;
		WC()->cart->tax   = 7.5;

		$html = alliance_placement_html( self::PACK );

		$this->assertStringContainsString( 'amount="47.50" currency="EUR"', $html );
		$this->assertStringNotContainsString( ' met', $html );
	}

	public function test_the_shop_can_say_that_a_packs_condition_is_met() {
		$this->connect();
		add_filter(
			'alliance_pack_is_met',
			function ( $is_met, $id ) {
				return self::PACK === $id;
			},
			10,
			2
		);

		$html = alliance_placement_html( self::PACK );
		unset( Shop::$hooks['alliance_pack_is_met'] );

		$this->assertMatchesRegularExpression( '/ met[ >]/', $html );
	}

	public function test_the_carts_block_is_followed_by_its_pack_unless_it_is_empty() {
		$this->connect();
		Shop::$page['kind'] = 'cart';

		$this->assertSame( '<div>cart</div>', alliance_place_cart_block( '<div>cart</div>' ) );
		WC()->cart->total = 40;
		$this->assertMatchesRegularExpression( '#^<div>cart</div><div class="alliance-place" style="margin:1.5rem 0"><al-bundle #', alliance_place_cart_block( '<div>cart</div>' ) );
		$this->assertArrayHasKey( 'alliance-cart', Shop::$enqueued );
	}

	public function test_blocks_and_shortcodes_escape_what_an_author_wrote() {
		$this->connect();
		$heading = '"><script>alert(1)</script>';

		$block = call_user_func( Shop::$blocks['alliance/placement'], array( 'placement' => self::SLATE, 'heading' => $heading ) );
		$short = call_user_func( Shop::$blocks['[alliance]'], array( 'placement' => self::ARTICLE, 'heading' => $heading, 'onclick' => 'x' ) );

		$this->assertStringContainsString( 'heading="&quot;&gt;&lt;script&gt;', $block );
		$this->assertStringNotContainsString( '<script', $block . $short );
		$this->assertStringNotContainsString( 'onclick', $short );
	}

	public function test_a_card_in_an_article_needs_the_number_of_a_card() {
		$this->connect();
		$card = 'ast_01j0000000000000000000000c';

		$this->assertSame( "<div class=\"wp-block\"><al-article asset=\"$card\"></al-article></div>", alliance_card_block( array( 'asset' => " $card " ) ) );
		$this->assertSame( "<al-article asset=\"$card\"></al-article>", alliance_shortcode( array( 'card' => $card ) ) );
		$this->assertSame( '', alliance_card_block( array( 'asset' => self::SLATE ) ) );
		$this->assertSame( '', alliance_shortcode( array( 'card' => '"><b>' ) ) );
	}

	public function test_feeds_carry_no_elements() {
		$this->connect();
		Shop::$page['is_feed'] = true;

		$this->assertSame( '', alliance_shortcode( array( 'placement' => self::SLATE ) ) );
	}

	public function test_the_editor_knows_the_placements_by_name() {
		$this->connect();

		alliance_editor_words();

		$this->assertSame( 'The slate', Shop::$localized['alliance_editor']['placements'][0]['label'] );
	}

	public function test_the_classic_carts_marker_tells_the_sum() {
		$this->connect();
		WC()->cart->total = 12.3;

		$this->assertSame( '<span hidden data-alliance-amount="12.30" data-alliance-currency="EUR"></span>', printed( 'woocommerce_after_cart_totals' ) );
	}
}
