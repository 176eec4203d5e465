/** The editor's two blocks. What shoppers see comes from the hub, so the editor shows a quiet sign of it. */
( function () {
	'use strict';

	const { blocks, element, blockEditor, components } = window.wp;
	const { placements, words } = window.alliance_editor;
	const { createElement: make, Fragment } = element;
	const { InspectorControls, useBlockProps } = blockEditor;
	const { PanelBody, Placeholder, SelectControl, TextControl } = components;
	const CARD = /^ast_[0-9a-hjkmnp-tv-z]{26}$/;

	function choice( attributes, setAttributes ) {
		return make( SelectControl, {
			label: words.settings,
			value: attributes.placement,
			options: [ { value: '', label: words.choose }, ...placements ],
			onChange: ( placement ) => setAttributes( { placement } ),
			__nextHasNoMarginBottom: true,
			__next40pxDefaultSize: true,
		} );
	}

	blocks.registerBlockType( 'alliance/placement', {
		edit( { attributes, setAttributes } ) {
			const chosen = placements.find( ( { value } ) => value === attributes.placement );
			const says = ! placements.length ? words.none : ! chosen ? words.choose : chosen.isOn ? words.shown : words.off;
			return make( Fragment, null,
				make( InspectorControls, null, make( PanelBody, { title: words.settings },
					choice( attributes, setAttributes ),
					make( TextControl, {
						label: words.heading,
						value: attributes.heading,
						maxLength: 80,
						onChange: ( heading ) => setAttributes( { heading } ),
						__nextHasNoMarginBottom: true,
						__next40pxDefaultSize: true,
					} ) ) ),
				make( 'div', useBlockProps(), make( Placeholder, {
					icon: 'store',
					label: chosen ? chosen.label : words.settings,
					instructions: says,
				}, chosen || ! placements.length ? null : choice( attributes, setAttributes ) ) ) );
		},
		save: () => null,
	} );

	blocks.registerBlockType( 'alliance/card', {
		edit( { attributes, setAttributes } ) {
			const says = ! attributes.asset ? words.ask : CARD.test( attributes.asset ) ? words.card : words.wrong;
			return make( 'div', useBlockProps(), make( Placeholder, {
				icon: 'id',
				label: words.asset,
				instructions: says,
			}, make( TextControl, {
				label: words.asset,
				hideLabelFromVision: true,
				value: attributes.asset,
				placeholder: 'ast_…',
				onChange: ( asset ) => setAttributes( { asset: asset.trim() } ),
				__nextHasNoMarginBottom: true,
				__next40pxDefaultSize: true,
			} ) ) );
		},
		save: () => null,
	} );
} )();
