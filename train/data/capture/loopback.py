"""Small misbehaving servers on loopback ports, each for the length of a block."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from train.data.capture.core import CaptureError

Answer = Callable[[bytes], bytes | None]
"""Request bytes -> answer bytes; None closes the connection without a word."""


def certificate(folder: Path, *names: str, options: tuple[str, ...] = ("-days", "30")) -> tuple[Path, Path]:
    """A self-signed certificate for the names; returns the paths of certificate and key."""
    certificate_path, key_path = folder / "cert.pem", folder / "key.pem"
    subject = ",".join(f"DNS:{name}" for name in names)
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            str(key_path),
            "-out",
            str(certificate_path),
            *options,
            "-subj",
            f"/CN={names[0]}",
            "-addext",
            f"subjectAltName={subject}",
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    return certificate_path, key_path


@contextmanager
def answering(
    port: int, answer: Answer, *, tls: tuple[str, ...] = (), tls_options: tuple[str, ...] = ("-days", "30")
) -> Iterator[int]:
    """A server that gives every request the same treatment; with `tls` behind a self-signed certificate of those names."""
    with TemporaryDirectory(prefix="capture-") as folder, socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise CaptureError(f"port {port} is taken; stop what listens there and run again") from error
        listener.listen(16)
        listener.settimeout(0.2)
        wrapper = None
        if tls:
            wrapper = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            wrapper.load_cert_chain(*certificate(Path(folder), *tls, options=tls_options))
        ended = threading.Event()

        def handle(connection: socket.socket) -> None:
            try:
                connection.settimeout(10)
                channel = wrapper.wrap_socket(connection, server_side=True) if wrapper else connection
                with channel:
                    reply = answer(channel.recv(65536))
                    if reply is not None:
                        channel.sendall(reply)
            except OSError:
                pass  # browsers close probing connections as they like

        def accept() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

        worker = threading.Thread(target=accept, daemon=True)
        worker.start()
        try:
            yield port
        finally:
            ended.set()
            worker.join(3)


def response(status: str, body: str = "", *headers: str, kind: str = "text/html; charset=utf-8") -> bytes:
    """The bytes of an HTTP/1.1 response."""
    content = body.encode()
    head = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(content)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*head, "", ""]).encode() + content
