"""Which paths the door treats how."""

from __future__ import annotations

from starlette.types import Scope

OPEN = frozenset({"/health", "/ready", "/live"})
"""For probes: no key, no rate, and they do not count as requests that a drain waits for."""


def path_of(scope: Scope) -> str:
    """The path below the root path that a proxy may have put in front."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return (path[len(root) :] or "/") if root and (path + "/").startswith(root + "/") else path


def is_api(path: str) -> bool:
    """Whether the path belongs to the API rather than to the page."""
    return path == "/v1" or path.startswith("/v1/") or path in ("/metrics", "/openapi.json")
