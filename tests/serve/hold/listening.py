"""A web server on this machine that counts who comes: at 127.0.0.2, which stands for the internet, and inside, where nobody may get."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.serve.hold.seamed import PUBLIC
from tests.serve.running import shot

INSIDE = ("127.0.0.1", "::1")


@dataclass
class Listener:
    """`hits`: the request lines that came, by the address at which they came; a connection alone counts, too."""

    port: int
    hits: dict[str, list[str]] = field(default_factory=lambda: {PUBLIC: [], **{address: [] for address in INSIDE}})

    @property
    def inside(self) -> int:
        """Connections that were made to this machine's own addresses."""
        return sum(len(self.hits[address]) for address in INSIDE)

    def answer(self, path: str, made: socket.socket) -> None:
        """What the server on the internet says."""
        ok = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%s\r\n"
        png = shot(9, 160, 64)
        if path == "/good.png":
            made.sendall(ok % (b"image/png", b"Content-Length: %d\r\n" % len(png)) + png)
        elif path.startswith("/to?"):
            target = path[4:].replace("PORT", str(self.port))
            made.sendall(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + target.encode() + b"\r\n\r\n")
        elif path == "/500":
            made.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
        elif path == "/html":
            made.sendall(ok % (b"text/html", b"Content-Length: 6\r\n") + b"<html>")
        elif path == "/short":
            made.sendall(ok % (b"image/png", b"Content-Length: 99999\r\n") + png)
        elif path == "/long":
            made.sendall(ok % (b"image/png", b"Content-Length: 5000000000\r\n") + png)
        elif path == "/gzip":
            made.sendall(ok % (b"image/png", b"Content-Encoding: gzip\r\n") + gzip.compress(bytes(10**6)))
        elif path == "/chunks":
            made.sendall(ok % (b"image/png", b"Transfer-Encoding: chunked\r\n"))
            for _ in range(100):  # 100 MiB, of which 20 may be taken
                made.sendall(b"100000\r\n" + bytes(2**20) + b"\r\n")
        elif path == "/silent":
            made.settimeout(5)
            made.recv(1)
        elif path == "/drip":
            made.sendall(ok % (b"image/png", b"Content-Length: 5000\r\n"))
            made.settimeout(0.1)
            for _ in range(50):
                made.sendall(b"x")
                with contextlib.suppress(TimeoutError):
                    made.recv(1)
        else:
            made.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    def take(self, made: socket.socket, address: str) -> None:
        """One connection."""
        with made, contextlib.suppress(OSError):
            number = len(self.hits[address])
            self.hits[address].append("")
            made.settimeout(5)
            data = made.recv(65536).decode("latin-1")
            self.hits[address][number] = data.split("\r\n", 1)[0]
            path = data.split(" ", 2)[1] if data.count(" ") > 1 else ""
            self.answer(path, made)


@contextmanager
def listening() -> Iterator[Listener]:
    """The server, at one port of all its addresses."""
    sockets: list[tuple[str, socket.socket]] = []
    first = socket.create_server((PUBLIC, 0))
    port = first.getsockname()[1]
    sockets.append((PUBLIC, first))
    for address in INSIDE:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with contextlib.suppress(OSError):  # no IPv6 here
            sockets.append((address, socket.create_server((address, port), family=family)))
    found = Listener(port)
    stopped = threading.Event()

    def accept(address: str, server: socket.socket) -> None:
        while not stopped.is_set():
            with contextlib.suppress(OSError):
                made, _ = server.accept()
                threading.Thread(target=found.take, args=(made, address), daemon=True).start()

    for address, server in sockets:
        server.settimeout(0.2)
        threading.Thread(target=accept, args=(address, server), daemon=True).start()
    try:
        yield found
    finally:
        stopped.set()
        for _, server in sockets:
            server.close()
