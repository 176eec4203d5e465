<?php
/**
 * The checkout's question who recommended the shop, if the owner wants it asked.
 *
 * @package Alliance
 */

defined( 'ABSPATH' ) || exit;

const ALLIANCE_QUESTION = 'alliance/code';

add_filter( 'woocommerce_checkout_fields', 'alliance_ask_classic' );
add_action( 'woocommerce_init', 'alliance_ask_blocks' );
add_action( 'woocommerce_checkout_create_order', 'alliance_answer_classic', 20, 2 );
add_action( 'woocommerce_store_api_checkout_update_order_from_request', 'alliance_answer_blocks', 20, 2 );

/** A field beside the order's notes. */
function alliance_ask_classic( $fields ) {
	if ( alliance_settings()['question'] ) {
		$fields['order']['alliance_code'] = array(
			'type'              => 'text',
			'label'             => __( 'Who recommended us?', 'alliance-for-woocommerce' ),
			'required'          => false,
			'maxlength'         => 64,
			'custom_attributes' => array( 'autocomplete' => 'off' ),
		);
	}
	return $fields;
}

/** The same field where WooCommerce's blocks can have fields of others. */
function alliance_ask_blocks() {
	if ( ! alliance_settings()['question'] || ! function_exists( 'woocommerce_register_additional_checkout_field' ) ) {
		return;
	}
	woocommerce_register_additional_checkout_field(
		array(
			'id'                         => ALLIANCE_QUESTION,
			'label'                      => __( 'Who recommended us?', 'alliance-for-woocommerce' ),
			'location'                   => 'order',
			'type'                       => 'text',
			'required'                   => false,
			'attributes'                 => array(
				'autocomplete' => 'off',
				'maxLength'    => 64,
			),
			'show_in_order_confirmation' => false,
			'sanitize_callback'          => 'alliance_spoken',
		)
	);
}

/** The answer of the classic form. */
function alliance_answer_classic( $order, $data ) {
	alliance_answer( $order, isset( $data['alliance_code'] ) ? $data['alliance_code'] : '' );
}

/** The answer of the blocks; the copy that WooCommerce makes of it is not needed. */
function alliance_answer_blocks( $order, $request ) {
	$fields = $request->get_param( 'additional_fields' );
	alliance_answer( $order, is_array( $fields ) && isset( $fields[ ALLIANCE_QUESTION ] ) ? $fields[ ALLIANCE_QUESTION ] : '' );
	$order->delete_meta_data( '_wc_other/' . ALLIANCE_QUESTION );
}

/** What was typed is kept on the order, if the question was asked and answered. */
function alliance_answer( $order, $typed ) {
	$code = alliance_spoken( $typed );
	if ( '' !== $code && alliance_settings()['question'] ) {
		$order->update_meta_data( '_alliance_code', $code );
	}
}

/** A typed code as one short line. */
function alliance_spoken( $typed ) {
	return is_string( $typed ) ? mb_substr( sanitize_text_field( $typed ), 0, 64, 'UTF-8' ) : '';
}
