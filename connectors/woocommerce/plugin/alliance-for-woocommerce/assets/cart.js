/** A gift pack on the cart's page follows the cart: its blocks by their store, a classic cart by its marker. */
( function () {
	'use strict';

	/** Only a change is written: the element draws its progress anew for each. */
	function tell( amount, currency ) {
		for ( const pack of document.querySelectorAll( 'al-bundle' ) ) {
			for ( const [ name, value ] of [ [ 'amount', amount ], [ 'currency', currency ] ] ) {
				if ( value && pack.getAttribute( name ) !== value ) {
					pack.setAttribute( name, value );
				}
			}
		}
	}

	/** Goods as they are paid: discounts off, tax added, no shipping; as includes/cart.php counts them. */
	function readStore() {
		const totals = window.wp.data.select( 'wc/store/cart' ).getCartTotals();
		const sum = [ 'total_items', 'total_items_tax' ].reduce( ( all, name ) => all + Number( totals[ name ] ), 0 )
			- [ 'total_discount', 'total_discount_tax' ].reduce( ( all, name ) => all + Number( totals[ name ] ), 0 );
		const scale = totals.currency_minor_unit;
		if ( Number.isFinite( sum ) && totals.currency_code ) {
			tell( ( sum / 10 ** scale ).toFixed( scale ), totals.currency_code );
		}
	}

	function readMarker() {
		const marker = document.querySelector( '[data-alliance-amount]' );
		if ( marker ) {
			tell( marker.dataset.allianceAmount, marker.dataset.allianceCurrency );
		}
	}

	if ( document.querySelector( '.wp-block-woocommerce-cart' ) ) {
		const data = window.wp && window.wp.data;
		if ( data && data.select( 'wc/store/cart' ) ) {
			data.subscribe( readStore );
		}
	} else {
		new MutationObserver( readMarker ).observe( document.body, { childList: true, subtree: true } );
	}
} )();
