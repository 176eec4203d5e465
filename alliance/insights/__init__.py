"""What members read about their own trade: figures, orders, closings. Nothing here changes a row."""
