"""What members give each other to recommend with: articles with product cards, and material."""
