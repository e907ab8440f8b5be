"""Static files under addresses with their hash: a browser may keep them for a year."""

import hashlib
from pathlib import Path

from flask import Flask, request
from werkzeug import Response


def register(app: Flask) -> None:
    """Add `v`, the beginning of the file's hash, to every address of a static file.

    Parameters
    ----------
    app : Flask
        Its static folder is read once.
    """
    folder = Path(app.static_folder or "")
    hashes = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in folder.rglob("*")
        if path.is_file()
    }

    @app.url_defaults
    def add_hash(endpoint: str, values: dict) -> None:
        if endpoint == "static":
            values["v"] = hashes[values["filename"]]

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint != "static":
            return response
        # Small files: as a whole they can be compressed for every client.
        response.direct_passthrough = False
        response.make_sequence()
        name = (request.view_args or {}).get("filename")
        if name in hashes and request.args.get("v") == hashes[name]:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
