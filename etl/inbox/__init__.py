"""Files on disk and what is refused of them; no database."""
