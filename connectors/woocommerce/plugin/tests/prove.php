<?php
/**
 * Reads an order as JSON and prints its proof: for a comparison with the hub's own.
 */

require __DIR__ . '/bootstrap_shop.php';

$told                                 = json_decode( stream_get_contents( STDIN ), true );
Shop::$options['alliance_connection'] = array(
	'hub'          => 'https://hub.example',
	'store'        => 'sto_01j00000000000000000000000',
	'proof_secret' => $told['secret'],
	'placements'   => array(),
);

$order           = new WC_Order();
$order->id       = $told['id'];
$order->currency = $told['currency'];
$order->placed   = $told['placed'];
$order->items    = array_map(
	function ( $line ) {
		return new Item( (int) $line[0], $line[1], $line[2] );
	},
	$told['lines']
);

echo alliance_sign( alliance_purchase( $order ), $told['secret'] );
