"""A real HTTP server on loopback that behaves as badly as a test wants."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

# Names localhost and 127.0.0.1, is its own issuer, and is trusted nowhere else.
CERTIFICATE = Path(__file__).parent / "localhost.pem"
DRIP_SECONDS = 0.05


class Asked(NamedTuple):
    """A request as it came; names of headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Answer(BaseHTTPRequestHandler):
    """What a test writes to: the request is read, nothing is sent."""

    protocol_version = "HTTP/1.1"
    server: "HttpSource"

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send a whole answer; `Retry_After` is the header Retry-After."""
        self.begin(status, Content_Length=str(len(body)), **headers)
        self.wfile.write(body)

    def begin(self, status: int, **headers: str) -> None:
        """Send status and headers."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def raw(self, *pieces: bytes) -> None:
        """Send bytes, no more, and hang up."""
        self.close_connection = True
        for piece in pieces:
            self.wfile.write(piece)

    def endless(self, piece: bytes, seconds: float = 0) -> None:
        """Send the same for ever, with pauses between."""
        while not self.server.closing.wait(seconds):
            self.wfile.write(piece)

    def hang(self) -> None:
        """Send nothing, and keep the connection."""
        self.server.closing.wait()

    def do_GET(self) -> None:
        """As the test wants."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append(Asked(self.command, self.path, headers, body))
        self.server.was_asked.set()
        with suppress(OSError):  # the client has gone
            self.server.answer(self, len(self.server.asked))

    do_POST = do_GET  # noqa: N815 - the library's name

    def log_message(self, *_: object) -> None:
        """Nowhere."""


class HttpSource(ThreadingHTTPServer):
    """Runs until the block ends.

    `answer(answer, number)` is called for each request, from 1 on. `asked` are those that came.
    """

    # More would wait for answers that hang.
    block_on_close = False

    def __init__(
        self, answer: Callable[[Answer, int], None], tls: bool = False, host: str = "127.0.0.1"
    ) -> None:
        super().__init__((host, 0), Answer)
        self.answer = answer
        self.asked: list[Asked] = []
        self.was_asked, self.closing = Event(), Event()
        self.url = f"{'https' if tls else 'http'}://{host}:{self.server_port}"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def __enter__(self) -> "HttpSource":
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """A client that refuses the certificate is meant."""
