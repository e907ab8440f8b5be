"""Orders and daily sales."""
