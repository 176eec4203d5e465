/**
 * Which slates this visit was shown, and whether it was held out from one: marks for the order. Both
 * groups are marked at the same moment, when the hub's answer has come, or they could not be compared.
 */
( function () {
	'use strict';

	function note( slot, ...more ) {
		const placement = slot.getAttribute( 'placement' );
		if ( slot.localName === 'al-slate' && /^plc_[0-9a-hjkmnp-tv-z]{26}$/.test( placement || '' ) ) {
			[ placement, ...more ].forEach( window.alliance_mark );
		}
	}

	document.addEventListener( 'al-shown', ( { target } ) => note( target ) );
	document.addEventListener( 'al-empty', ( { target } ) => {
		if ( target.hasAttribute( 'held-out' ) ) {
			note( target, 'hold-out' );
		}
	} );
} )();
