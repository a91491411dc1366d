"""Puts the page into the service's application: at `/`, behind the same door, with a policy that lets nothing in or out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.datastructures import MutableHeaders
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mmgpt.serve.door.paths import OPEN, is_api, path_of
from mmgpt.ui.desk import Desk
from mmgpt.ui.page import build
from mmgpt.ui.render import asset
from mmgpt.ui.rival import Rival
from mmgpt.ui.shelf import Shelf
from mmgpt.ui.theme import theme

if TYPE_CHECKING:
    from fastapi import FastAPI

    from mmgpt.serve.backend import Backend
    from mmgpt.serve.settings import Settings

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio starts by an inline script and compiles templates
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "frame-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_LOOKS = 0.25  # seconds
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
}


def mount_page(app: FastAPI, backend: Backend, settings: Settings, *, own_machine: bool) -> FastAPI:
    """See `mmgpt.ui.mount`."""
    from mmgpt.serve.door.origins import is_loopback

    local = settings.uds is None and is_loopback(settings.host)
    desk = Desk(backend, settings, Shelf())
    rival = Rival(settings, allowed=own_machine and local)
    page = build(desk, rival, settings, local=local)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        root_path=settings.root_path or None,
        allowed_paths=[],
        show_error=False,
        max_file_size=settings.max_body_bytes,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        theme=theme(),
        css=asset("style.css"),
        head=f"<script>{asset('script.js')}</script>",
    )
    _close_with(app, rival, _leave_the_api(app))
    app.add_middleware(PageHeaders)
    return app


class PageMount(Mount):
    """A mount at `/` that leaves the API's paths alone, so that what is wrong there is answered as before."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http":
            path = path_of(scope)
            if is_api(path) or path in OPEN:
                return Match.NONE, {}
        return super().matches(scope)


def _leave_the_api(app: FastAPI) -> Any:
    """Swaps Gradio's mount for one of ours; returns Gradio's application."""
    for place, route in enumerate(app.router.routes):
        if type(route) is Mount and route.path == "" and route.app.__class__.__module__ == "gradio.routes":
            app.router.routes[place] = PageMount("/", app=route.app)
            return route.app
    raise RuntimeError("Gradio has mounted its page in a way that is not known here - install a gradio below 7")


def _close_with(app: FastAPI, rival: Rival, page: Any) -> None:
    """Ends the second model's processes with the server, and open pages' connections as soon as it drains: they would never end."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(application: Any) -> AsyncIterator[Any]:
        async with inner(application) as state:
            watch = asyncio.ensure_future(_let_go(app, page))
            try:
                yield state
            finally:
                watch.cancel()
                await rival.close()

    app.router.lifespan_context = lifespan


async def _let_go(app: FastAPI, page: Any) -> None:
    while not app.state.door.draining:
        await asyncio.sleep(_LOOKS)
    page.stop_event.set()


class PageHeaders:
    """ASGI middleware: the headers of everything that is no API."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_api(path_of(scope)) or path_of(scope) in OPEN:
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, sending)
