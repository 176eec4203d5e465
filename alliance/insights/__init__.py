"""What members read about their own trade: figures, orders, closings. It changes no row."""
