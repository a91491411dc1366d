"""What probes ask, and what Prometheus reads. None of it waits for the model."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from mmgpt.serve.door.answers import error_headers
from mmgpt.serve.door.metrics import CONTENT_TYPE
from mmgpt.serve.errors import ServiceError

router = APIRouter(tags=["server"])


@router.get("/live", summary="Whether the process runs")
async def live() -> dict[str, str]:
    """200 as long as the process answers at all."""
    return {"status": "ok"}


@router.get("/ready", summary="Whether requests are taken", responses={503: {"description": "starting, or ending"}})
async def ready(request: Request) -> Response:
    """200 when the model is loaded; 503 while it loads and from the moment that the server is told to end."""
    state = _state(request)
    if state == "ready":
        return JSONResponse({"status": state})
    return _not(state, "The server does not take requests now.", 2)


@router.get(
    "/health", summary="Whether the server is sound", responses={503: {"description": "the model's process failed"}}
)
async def health(request: Request) -> Response:
    """200 unless the model's process has failed for good; a server that loads its model is sound."""
    state = _state(request)
    return _not(state, "The model's process has failed.", 10) if state == "failed" else JSONResponse({"status": state})


metrics = APIRouter(tags=["server"])


@metrics.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def prometheus(request: Request) -> Response:
    """Counters, gauges and histograms under `mmgpt:`, with vLLM's names."""
    return Response(request.app.state.door.metrics.text(), headers={"content-type": CONTENT_TYPE})


def _state(request: Request) -> str:
    state: str = request.app.state.backend.state
    return "draining" if request.app.state.door.draining and state != "failed" else state


def _not(state: str, message: str, retry_after: float) -> Response:
    error = ServiceError(503, "unavailable_error", message, retry_after=retry_after)
    return JSONResponse({"status": state, **error.body()}, 503, headers=error_headers(error))
