<?php
/**
 * Loads the doubles and then the whole plugin, as WordPress would.
 */

error_reporting( E_ALL );
require __DIR__ . '/doubles/wordpress.php';
require __DIR__ . '/doubles/pages.php';
require __DIR__ . '/doubles/woocommerce.php';

Shop::open();
Shop::$page['is_admin'] = true;
require dirname( __DIR__ ) . '/alliance-for-woocommerce/alliance-for-woocommerce.php';
alliance_start();
alliance_register_routes();
alliance_register_blocks();
