"""An empty Flask view: what the warm page is measured against, on the same gunicorn."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def nothing() -> str:
    """Answer with nothing."""
    return ""
