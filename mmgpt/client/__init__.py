"""A client of `mmgpt serve`: pictures in, the schema's objects out; waits its turn where the server is busy.

    from mmgpt.client import Client

    with Client("http://127.0.0.1:8000", api_key="…") as client:
        found = client.diagnose("shot.png")
        print(found.message, found.cause, found.fixes)

Needs httpx (`pip install 'mmgpt[client]'`), and loads neither torch nor the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmgpt.client.errors import ApiConnectionError as ApiConnectionError
from mmgpt.client.errors import ApiError as ApiError

if TYPE_CHECKING:
    from mmgpt.client.asynchronous import AsyncClient
    from mmgpt.client.replies import Answer, Job, JobResult, Redacted
    from mmgpt.client.sending import picture_part
    from mmgpt.client.synchronous import Client

__all__ = [
    "Answer", "ApiConnectionError", "ApiError", "AsyncClient", "Client", "Job", "JobResult", "Redacted", "picture_part",
]  # fmt: skip

_HOMES = {
    "Answer": "replies",
    "AsyncClient": "asynchronous",
    "Client": "synchronous",
    "Job": "replies",
    "JobResult": "replies",
    "Redacted": "replies",
    "picture_part": "sending",
}


def __getattr__(name: str) -> Any:
    """Loads a class when it is first asked for. Raises ImportError, which names the extra, where httpx is missing."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(f"{__name__}.{home}"), name)
    except ModuleNotFoundError as error:
        if error.name != "httpx":
            raise
        raise ImportError("mmgpt.client needs the Python package httpx - run: pip install 'mmgpt[client]'") from error
