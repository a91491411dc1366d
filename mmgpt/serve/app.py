"""The application: routes behind the door, in front of a backend."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from mmgpt import __version__
from mmgpt.serve.door import health
from mmgpt.serve.door.bodies import BodyLimit
from mmgpt.serve.door.handlers import add_handlers
from mmgpt.serve.door.keys import KeyRing, Keys
from mmgpt.serve.door.metrics import Metrics
from mmgpt.serve.door.openapi import describe
from mmgpt.serve.door.origins import Origins
from mmgpt.serve.door.rates import Limits, Rates
from mmgpt.serve.door.state import Door
from mmgpt.serve.door.trace import Trace
from mmgpt.serve.settings import Settings

if TYPE_CHECKING:
    from mmgpt.serve.backend import Backend

_LOADING_SECONDS = 600.0
OURS = ("x-mmgpt-covered", "x-mmgpt-kinds", "x-mmgpt-left", "x-mmgpt-ignored")
"""Headers of answers that a page's script may read."""
_log = logging.getLogger("mmgpt.serve")


def create_app(settings: Settings, backend: Backend | None = None) -> FastAPI:
    """The service as an ASGI application. Its lifespan starts the backend and the jobs, and drains them at the end.

    `app.state` holds settings, backend, jobs, observer and door. Raises KeyFileError where the file of keys cannot be used.
    """
    metrics = Metrics()
    door = Door(settings, KeyRing(settings.api_key_file), metrics, Rates(settings.requests_per_minute, settings.burst))
    if backend is None:
        from mmgpt.serve.backend import Backend

        backend = Backend(settings, metrics, door.memory)
    app = FastAPI(
        title="mmgpt",
        version=__version__,
        lifespan=_lifespan,
        docs_url=None,  # both pages load their scripts from elsewhere; /openapi.json can be opened in any viewer
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings, app.state.backend, app.state.door = settings, backend, door
    app.state.observer, app.state.jobs = metrics, None
    app.include_router(health.router)
    if settings.metrics:
        app.include_router(health.metrics)
    _add_routes(app)
    add_handlers(app)
    _add_door(app, door)
    describe(app, keys=door.keys.needed)
    if settings.ui:
        import_module("mmgpt.ui").mount(app, backend, settings)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    backend, door = app.state.backend, app.state.door
    await backend.start()
    watch = asyncio.ensure_future(_say_ready(backend))
    try:
        await _start_jobs(app)
        yield
    finally:
        watch.cancel()
        drained = door.draining  # by our own server already; another host of the app has not
        door.draining = True
        if app.state.jobs is not None:
            await app.state.jobs.stop()
        await backend.drain(1.0 if drained else app.state.settings.drain_seconds)


async def _say_ready(backend: Backend) -> None:
    begin = time.perf_counter()
    if await backend.wait_ready(_LOADING_SECONDS):
        _log.info("ready", extra={"seconds": round(time.perf_counter() - begin, 1)})


def _add_routes(app: FastAPI) -> None:
    names: Any = import_module("mmgpt.serve.routes").ROUTERS
    for name in names:
        app.include_router(import_module(f"mmgpt.serve.routes.{name}").router)


async def _start_jobs(app: FastAPI) -> None:
    module = import_module("mmgpt.serve.jobs")
    app.state.jobs = module.open_jobs(app.state.settings, app.state.backend)
    await app.state.jobs.start()


def _add_door(app: FastAPI, door: Door) -> None:
    """From the inside out: the last one added sees a request first."""
    settings = door.settings
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, memory=door.memory)
    app.add_middleware(Limits, rates=door.rates)
    app.add_middleware(Keys, ring=door.keys)
    app.add_middleware(Origins, settings=settings, keys=door.keys.needed)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["authorization", "content-type", "x-request-id"],
            expose_headers=["x-request-id", "retry-after", *OURS],
            max_age=600,
        )
    app.add_middleware(Trace, door=door)
