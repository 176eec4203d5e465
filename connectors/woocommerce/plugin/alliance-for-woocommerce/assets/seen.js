/** Which slates were before the shopper's eyes, and whether none were on purpose: marks for the order. */
( function () {
	'use strict';

	document.addEventListener( 'al-seen', ( { target } ) => {
		const placement = target.getAttribute( 'placement' );
		if ( /^plc_[0-9a-hjkmnp-tv-z]{26}$/.test( placement || '' ) ) {
			window.alliance_mark( placement );
		}
	} );
	document.addEventListener( 'al-empty', ( { target } ) => {
		if ( target.hasAttribute( 'held-out' ) ) {
			window.alliance_mark( 'hold-out' );
		}
	} );
} )();
