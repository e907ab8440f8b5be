"""Fetching data from elsewhere than the inbox, no more."""
