"""The hot path: what shoppers' browsers ask again and again, answered from memory."""
