"""The viewer in a real browser: Chromium asks gunicorn, gunicorn asks a database the batch has filled."""
