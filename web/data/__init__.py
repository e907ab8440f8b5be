"""The read-only database behind a 24 h cache, and the figures it gives."""
