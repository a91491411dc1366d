"""The socket that the server listens on, made before anything is loaded: what is wrong with it is said at once."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import stat
from pathlib import Path

from mmgpt.serve.settings import Settings

BACKLOG = 1024


class ListenError(OSError):
    """There is no listening there. The message says why and what to do, in one line."""


def listen(settings: Settings) -> socket.socket:
    """A bound and listening socket. Raises ListenError."""
    if settings.uds is not None:
        return _unix(Path(settings.uds))
    where = f"{settings.host} port {settings.port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise ListenError(f"{settings.host} is not an address of this machine - check --host") from error
    made = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # :: means IPv6 on every system
        made.bind(address)
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise ListenError(_why(error, where)) from error
    made.setblocking(False)
    return made


def address_of(sock: socket.socket, secure: bool) -> str:
    """The URL of a listening socket, with the port that the system chose for port 0; for a Unix socket its path."""
    name = sock.getsockname()
    if not isinstance(name, tuple):
        return f"unix:{os.fsdecode(name)}"
    host = f"[{name[0]}]" if sock.family == socket.AF_INET6 else name[0]
    return f"http{'s' if secure else ''}://{host}:{name[1]}"


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """What HTTPS is spoken with; None where it is not. Raises ListenError for a certificate or a key that cannot be used."""
    if settings.ssl_certfile is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    key = settings.ssl_keyfile or settings.ssl_certfile
    try:
        context.load_cert_chain(settings.ssl_certfile, key, password=lambda: "")  # nobody is there to type one
    except (OSError, ValueError) as error:  # an SSLError is an OSError; its words are OpenSSL's and help nobody
        raise ListenError(
            "HTTPS cannot be spoken with these files - check --ssl-certfile (PEM, the server's own certificate first) and "
            "--ssl-keyfile (PEM, the key of that certificate, without a password)"
        ) from error
    return context


def _why(error: OSError, where: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{where} is in use - stop what listens there, or choose another with --port (0: any that is free)"
    if error.errno == errno.EACCES:
        return f"{where} may not be listened on by this user - choose a port above 1023 with --port"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{where} is not an address of this machine - check --host"
    return f"{where} cannot be listened on ({error.strerror})"


def _unix(path: Path) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise ListenError("there are no Unix sockets on this system - use --host and --port")
    _make_way(path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(str(path))
        os.chmod(path, 0o660)
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        reason = error.strerror or "its path is too long"
        raise ListenError(f"the socket file cannot be made ({reason}) - check --uds") from error
    made.setblocking(False)
    return made


def _make_way(path: Path) -> None:
    """Removes a socket file that a server which is gone left behind; anything else stays and is an error."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(mode):
        raise ListenError("the file of --uds exists and is no socket - choose another")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError:
            pass
    raise ListenError("the socket of --uds is in use - stop the server there, or choose another")
