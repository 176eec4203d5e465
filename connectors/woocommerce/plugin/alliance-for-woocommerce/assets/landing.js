/**
 * A page out of a cache: what the server would have done with `?alc=…` is done here, under the same
 * word of the shopper. On every other page this looks once and is done.
 */
( function () {
	'use strict';

	const { keep: mode, hub, elements } = document.currentScript.dataset;
	const TOKEN = /^[\w.~-]{8,160}$/;
	const MONTH = 30 * 24 * 3600;
	/** What a consent tool told since the page was opened. */
	let told = '';

	/** What the shopper's word allows: `no`, `unsaid`, `visit` or `month`; as includes/consent.php has it. */
	function word() {
		if ( navigator.globalPrivacyControl || told === 'deny' || /(^|; )wp_consent_marketing=deny/.test( document.cookie ) ) {
			return 'no';
		}
		if ( mode !== 'asked' ) {
			return mode === 'never' ? 'unsaid' : mode;
		}
		const isAsked = window.wp_consent_type || window.wp_fallback_consent_type;
		return told === 'allow' || ( isAsked && window.wp_has_consent && window.wp_has_consent( 'marketing' ) ) ? 'month' : 'unsaid';
	}

	/** Add to one of our cookies what is new, newest last; after a no it goes. */
	function keep( name, values, most, isForVisit ) {
		const found = new RegExp( '(?:^|; )' + name + '=([^;]*)' ).exec( document.cookie );
		const kept = found ? found[ 1 ].split( '!' ).filter( Boolean ) : [];
		const allows = word();
		if ( allows === 'no' || mode === 'never' ) {
			if ( found ) {
				write( name, '', 0 );
			}
		} else if ( allows !== 'unsaid' && values.length ) {
			const all = [ ...new Set( [ ...kept, ...values ].reverse() ) ].reverse().slice( -most );
			if ( all.join() !== kept.join() ) {
				write( name, all.join( '!' ), allows === 'month' && ! isForVisit ? MONTH : undefined );
			}
		}
	}

	function write( name, value, age ) {
		const lasts = age === undefined ? '' : '; max-age=' + age;
		const secure = location.protocol === 'https:' ? '; secure' : '';
		document.cookie = name + '=' + value + '; path=/' + lasts + '; samesite=lax' + secure;
	}

	function land() {
		const tokens = new URLSearchParams( location.search ).getAll( 'alc' ).filter( ( each ) => TOKEN.test( each ) );
		keep( 'alliance_alc', tokens, 4, false );
		keep( 'alliance_seen', [], 10, true );
		// What carries a token along is in the elements' script, which a cached page may lack.
		if ( tokens.length && ! document.querySelector( 'script[src*="/alliance-elements.js"]' ) ) {
			const script = document.createElement( 'script' );
			script.src = elements;
			Object.assign( script.dataset, { hub, keep: mode } );
			document.head.append( script );
		}
	}

	/** For assets/seen.js: one more mark for this visit. */
	window.alliance_mark = ( mark ) => keep( 'alliance_seen', [ mark ], 10, true );

	document.addEventListener( 'wp_listen_for_consent_change', ( { detail } ) => {
		told = ( detail && detail.marketing ) || told;
		land();
	} );
	land();
} )();
