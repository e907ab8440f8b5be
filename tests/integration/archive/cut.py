"""A proxy that drops the connection in the middle of an answer."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


@contextmanager
def cut_after(address: str, kept: int) -> Iterator[str]:
    """Stand before `address` and let `kept` bytes of its answers pass, all connections together."""
    server = urlsplit(address)
    left = [kept]
    with socket.create_server(("127.0.0.1", 0)) as entrance:
        arguments = (entrance, (server.hostname, server.port), left)
        threading.Thread(target=_serve, args=arguments, daemon=True).start()
        yield f"http://127.0.0.1:{entrance.getsockname()[1]}"
        # Wakes `accept`, which closing alone does not.
        entrance.shutdown(socket.SHUT_RDWR)


def _serve(entrance: socket.socket, server: tuple[str, int], left: list[int]) -> None:
    with suppress(OSError):
        while True:
            client, _ = entrance.accept()
            threading.Thread(target=_pass_on, args=(client, server, left), daemon=True).start()


def _pass_on(client: socket.socket, server: tuple[str, int], left: list[int]) -> None:
    with client, socket.create_connection(server) as upstream, suppress(OSError):
        upstream.sendall(client.recv(1 << 16))
        while left[0] and (part := upstream.recv(min(left[0], 1 << 16))):
            client.sendall(part)
            left[0] -= len(part)
