"""Good and bad input."""
