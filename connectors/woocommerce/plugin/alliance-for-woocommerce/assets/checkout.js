/** The block checkout takes along the click tokens of its address, where nothing is kept on the device. */
( function () {
	'use strict';

	const tokens = new URLSearchParams( location.search ).getAll( 'alc' ).filter( ( each ) => /^[\w.~-]{8,160}$/.test( each ) );

	function hand( store ) {
		const set = store.setExtensionData || store.__internalSetExtensionData;
		if ( set ) {
			set( 'alliance', { click: tokens.slice( -4 ).join( '!' ) } );
		}
	}

	function begin() {
		const data = window.wp && window.wp.data;
		if ( ! tokens.length || ! data ) {
			return;
		}
		// The checkout's store may be there later than this script.
		const stop = data.subscribe( () => {
			const store = data.dispatch( 'wc/store/checkout' );
			if ( store ) {
				stop();
				hand( store );
			}
		} );
	}

	if ( document.readyState === 'loading' ) {
		document.addEventListener( 'DOMContentLoaded', begin );
	} else {
		begin();
	}
} )();
