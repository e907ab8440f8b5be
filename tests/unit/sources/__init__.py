"""What fetches data, without a server."""
