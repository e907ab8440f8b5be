"""The meter archive."""
