"""What a child process of ours does first, and what it asks of the system. No call here raises where the system has no such thing."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_M_ARENA_MAX = -8
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None


def die_with_parent(parent: int) -> None:
    """Linux ends this process when the thread that started it is gone (prctl(2)). `parent` is its id: it may be gone already."""
    libc = _libc()
    if libc is not None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.name == "posix" and os.getppid() != parent:
        os._exit(0)


def leave_signals_to_parent() -> None:
    """Ctrl-C reaches the whole group; when to stop is the front's to say, through the pipe."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def few_arenas(count: int = 2) -> None:
    """Keeps glibc from holding freed memory in an arena for each thread (mallopt(3))."""
    libc = _libc()
    if libc is not None and hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, count)


def trim() -> None:
    """Gives freed memory back to the system (malloc_trim(3))."""
    gc.collect()
    libc = _libc()
    if libc is not None and hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def no_new_rights() -> None:
    """No set-user-id program gives this process more, and no other process of the user reads its memory (prctl(2))."""
    libc = _libc()
    if libc is not None:
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0)


def no_network() -> bool:
    """Puts this process, which must have one thread, into a network of its own without any way out, where the system lets it."""
    libc = _libc()
    if libc is None or not hasattr(libc, "unshare"):
        return False
    return libc.unshare(_CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0


def limit(memory: int, files: int) -> None:
    """At most `memory` bytes of addresses and `files` open files; no file grows, no core is written (setrlimit(2))."""
    try:
        import resource
    except ImportError:  # not a Unix
        return
    wanted = {"RLIMIT_AS": memory, "RLIMIT_NOFILE": files, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0}
    for name, value in wanted.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        _, hard = resource.getrlimit(kind)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):  # macOS refuses some
            pass


def limit_processor_time(seconds: float) -> None:
    """The system ends this process when it has used that much more processor time."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 2
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
    except (ValueError, OSError):
        pass
