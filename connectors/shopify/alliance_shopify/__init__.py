"""The Shopify connector: one app, many shops, asked by Admin GraphQL with each shop's own token."""
