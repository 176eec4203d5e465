"""What pages say in each language: gettext catalogues, English in the code itself."""
