"""A real HTTP server that gives recorded answers of InfluxDB and keeps what it was asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

# As InfluxDB 2.7 and 1.8 answer alike: nothing of another type, one measurement, two points in two lines.
NOTHING = '{"results":[{"statement_id":0}]}'
MEASUREMENT = (
    '{"results":[{"statement_id":0,"series":'
    '[{"name":"measurements","columns":["name"],"values":[["power"]]}]}]}'
)
COLUMNS = '"columns":["time","instant_power_w","energy_import_kwh","energy_export_kwh"]'
SERIES = '{"name":"power","tags":{"source":"meter1"},' + COLUMNS
FIRST_LINE = (
    '{"results":[{"statement_id":0,"series":['
    + SERIES
    + ',"values":[[1775001600000000000,415.5,1000.25,null]],"partial":true}],"partial":true}]}'
)
LAST_LINE = (
    '{"results":[{"statement_id":0,"series":['
    + SERIES
    + ',"values":[[1775001610000000000,null,1000.5,0]]}]}]}'
)
WHOLE = f"{FIRST_LINE}\n{LAST_LINE}\n"


class Recorded:
    """What is answered to the last question, the one for points; `None` for the body answers never."""

    def __init__(self, body: str | None = WHOLE, status: int = 200, **headers: str) -> None:
        self.asked: list[dict[str, str]] = []
        self.headers: list[Message] = []
        self.released = threading.Event()
        recorded = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked = {key: value for key, (value,) in parse_qs(urlsplit(self.path).query).items()}
                recorded.asked.append(asked)
                recorded.headers.append(self.headers)
                if "::" in asked["q"]:
                    self.answer(200, NOTHING, {})
                elif asked["q"].startswith("SHOW"):
                    self.answer(200, MEASUREMENT, {})
                elif body is None:
                    recorded.released.wait(60)
                    self.close_connection = True
                else:
                    self.answer(status, body, headers)

            def answer(self, status: int, body: str, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {"Transfer-Encoding": "chunked", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                raw = body.encode()
                for part in (*filter(None, [raw[:100], raw[100:]]), b""):
                    self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def statements(self) -> list[str]:
        """What was asked."""
        return [asked["q"] for asked in self.asked]


@contextmanager
def recorded(body: str | None = WHOLE, status: int = 200, **headers: str) -> Iterator[Recorded]:
    """A server at work."""
    made = Recorded(body, status, **headers)
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        made.released.set()
        made.server.shutdown()
        made.server.server_close()
