"""A real HTTP server that takes alerts, and answers as a test wants."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "T00-B00-s3cretpath"


class Hook:
    """What came, and what is answered: the statuses in turn, the last one again and again; None hangs."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)
        self.payloads: list[dict] = []
        self.released = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.payloads.append(json.loads(body))
                answer = hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0]
                if answer is None:
                    hook.released.wait(60)
                    return
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/{SECRET}"

    @property
    def texts(self) -> list[str]:
        """The sentences of the alerts."""
        return [payload["text"] for payload in self.payloads]


@contextmanager
def listening(*answers: int | None) -> Iterator[Hook]:
    """A hook at work."""
    hook = Hook(*answers)
    thread = threading.Thread(target=hook.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        hook.released.set()
        hook.server.shutdown()
        hook.server.server_close()
