<?php
/**
 * What PHPUnit begins with.
 */

require __DIR__ . '/bootstrap_shop.php';
require __DIR__ . '/ShopCase.php';
