"""Servers on loopback for the scenarios, good and bad ones, and a name server that knows no name. Only the standard library.

Ports: 8080 a web server whose path says the answer (/404, /500, /slow, /empty, /loop, /cut), 8443 the same behind a self-signed
certificate, 9009 closes every connection, 9010 says nothing, 2222 is no SSH server.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

REASONS = {
    200: "OK",
    201: "Created",
    301: "Moved Permanently",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    413: "Payload Too Large",
    418: "I'm a teapot",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_NEW_CERTIFICATE = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split()
BODY = '{"status": "ok", "items": [1, 2, 3]}\n'


def answer(request: bytes, connection: socket.socket) -> None:
    """Answer a request by its path."""
    words = request.split(b" ")
    path = words[1].decode("ascii", "replace") if len(words) > 1 else "/"
    part = path.strip("/").split("/")[0]
    if part == "empty":
        return
    if part == "slow":
        time.sleep(30)
        return
    if part == "cut":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\nContent-Type: text/plain\r\n\r\nabc")
        return
    if part == "garbage":
        connection.sendall(b"\x15\x03\x01\x00\x02\x02\x16 hello\r\n\r\n")
        return
    status = int(part) if part.isdigit() and int(part) in REASONS else 200
    extra = ""
    if part == "loop":
        status, extra = 301, f"Location: {path}\r\n"
    if status == 401:
        extra = 'WWW-Authenticate: Basic realm="api"\r\n'
    body = BODY if status < 300 else f'{{"error": "{REASONS[status]}"}}\n'
    head = f"HTTP/1.1 {status} {REASONS[status]}\r\nServer: nginx/1.22.1\r\nContent-Type: application/json\r\n{extra}"
    connection.sendall(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())


def web(connection: socket.socket) -> None:
    """One request."""
    connection.settimeout(20)
    request = connection.recv(65536)
    if request:
        answer(request, connection)


def silent(connection: socket.socket) -> None:
    """Say nothing for a while."""
    time.sleep(40)
    connection.close()


def banner(connection: socket.socket) -> None:
    """Greet like a mail server."""
    connection.sendall(b"220 mail ESMTP ready\r\n" * 3)
    time.sleep(0.2)


def closing(connection: socket.socket) -> None:
    """Hang up."""
    connection.close()


def listen(port: int, serve: Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> None:
    """Serve a port, a thread a connection."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", port))
    listener.listen(64)

    def one(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) if context else connection as stream:
                serve(stream)
        except (OSError, ValueError):
            connection.close()

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=one, args=(connection,), daemon=True).start()


def names() -> None:
    """A name server on 127.0.0.54 that answers every question with "no such name"."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.54", 53))
    while True:
        question, client = server.recvfrom(4096)
        end = 12
        while end < len(question) and question[end]:
            end += question[end] + 1
        # Only the question goes back: what follows it (EDNS) would need a record of its own in the answer.
        head = question[:2] + b"\x81\x83" + question[4:6] + b"\0\0\0\0\0\0"
        server.sendto(head + question[12 : end + 5], client)


def certificate(name: str, *options: str) -> ssl.SSLContext:
    """A server's settings with a self-signed certificate."""
    files = f"/run/{name}.pem", f"/run/{name}.key"
    subprocess.run(
        [*_NEW_CERTIFICATE, "-out", files[0], "-keyout", files[1], "-subj", f"/CN={name}.example.net", *options],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


def main() -> None:
    """Serve until the namespace ends."""
    jobs: list[tuple[Callable[..., None], tuple[object, ...]]] = [
        (names, ()),
        (listen, (8080, web)),
        (listen, (9009, closing)),
        (listen, (9010, silent)),
        (listen, (2222, banner)),
        (listen, (8443, web, certificate("shop", "-days", "30"))),
    ]
    for job, arguments in jobs:
        threading.Thread(target=job, args=arguments, daemon=True).start()
    time.sleep(0.1)
    Path("/run/peers.ready").touch()
    threading.Event().wait()


if __name__ == "__main__":
    main()
