"""The jobs of a server, with what the server has: its rule for addresses, and who is waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmgpt.serve.jobs.jobs import Jobs
from mmgpt.serve.jobs.runner import Fetch
from mmgpt.serve.settings import Settings

if TYPE_CHECKING:
    from mmgpt.serve.backend import Backend


def open_jobs(settings: Settings, backend: Backend) -> Jobs:
    """The jobs of the server with these settings; nothing is opened or made before `start`."""
    return Jobs(settings, backend, fetch=_fetch(settings), busy=lambda: bool(getattr(backend, "waiting", 0)))


def _fetch(settings: Settings) -> Fetch | None:
    if not settings.media_hosts:
        return None
    from mmgpt.serve.remote import Fetcher

    fetcher = Fetcher(settings.media_hosts)

    async def fetch(url: str) -> bytes:
        return await fetcher.fetch(url, settings.max_body_bytes, "image_urls")

    return fetch
