"""Several replicas behind one address by Ray Serve: the same application, a backend of its own in each replica.

    pip install 'mmgpt[serve,scale]'
    serve run mmgpt.serve.ray_app:build min_replicas=2 max_replicas=8 num_cpus=2

Arguments: min_replicas, max_replicas, target_ongoing_requests, num_cpus and num_gpus (of a replica; fractions share a GPU), and any setting
of `mmgpt serve` by its name (model, api_key_file, max_rows …). Ray Serve itself listens, so host, port, uds and TLS are said to it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mmgpt.serve.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from ray.serve import Application

LOAD_SECONDS = 300.0
_LISTENS = ("host", "port", "uds", "ssl_keyfile", "ssl_certfile")


class Replicas(BaseModel):
    """How many replicas there are and what each takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_replicas: int = Field(default=1, ge=1)
    max_replicas: int = Field(default=4, ge=1)
    target_ongoing_requests: float = Field(default=4.0, gt=0, description="of a replica, before another one is started")
    num_cpus: float = Field(
        default=2.0, gt=0, description="cores of a replica; its model computes with as many threads"
    )
    num_gpus: float = Field(default=0.0, ge=0, description="GPUs of a replica; 0.25: four replicas share one")

    @model_validator(mode="after")
    def _check(self) -> Replicas:
        if self.max_replicas < self.min_replicas:
            raise ValueError("max_replicas is less than min_replicas")
        return self


def split(args: Mapping[str, Any]) -> tuple[Replicas, Settings]:
    """Replicas and settings from the arguments of `serve run` (texts, lists with commas) or of a configuration file.

    Jobs are off unless `job_hours` is given, since replicas on several machines do not share a file; `device` is cuda where a replica
    has a GPU. Raises ValueError for unknown and for wrong ones.
    """
    given = dict(args)
    for name in _LISTENS:
        if name in given:
            raise ValueError(
                f"{name} is said to Ray Serve itself (http_options of its configuration), not to the replicas"
            )
    replicas = Replicas(**{name: given.pop(name) for name in Replicas.model_fields if name in given})
    for name in ("cors_origins", "allowed_hosts", "knowledge", "media_hosts"):
        if isinstance(given.get(name), str):
            given[name] = tuple(part for part in given[name].split(",") if part)
    given.setdefault("threads", max(round(replicas.num_cpus), 1))
    given.setdefault("job_hours", 0)
    if replicas.num_gpus:
        given.setdefault("device", "cuda")
    return replicas, Settings(**given)


def max_ongoing(settings: Settings) -> int:
    """Requests that Ray may have at one replica: so many that the replica's own queue answers 429, not Ray's."""
    return settings.queue + settings.max_rows + 64


def replica_app(settings: Settings) -> FastAPI:
    """The application of one replica, which counts as started when its model is loaded. Made where it runs: it holds processes."""
    from mmgpt.serve.app import create_app
    from mmgpt.serve.door.logs import set_up

    set_up(settings.log_level)
    app = create_app(settings)
    start = app.router.lifespan_context

    @asynccontextmanager
    async def loaded(started: FastAPI) -> AsyncIterator[Any]:
        async with start(started) as state:
            if not await app.state.backend.wait_ready(LOAD_SECONDS):
                raise RuntimeError(f"the model was not loaded within {LOAD_SECONDS:g} seconds: see the replica's log")
            yield state

    app.router.lifespan_context = loaded
    return app


def build(args: dict[str, Any]) -> Application:
    """The application for `serve run mmgpt.serve.ray_app:build` and for configuration files. Raises ValueError, and ImportError where
    ray[serve] is missing."""
    try:
        from ray import serve
    except ModuleNotFoundError as error:
        raise ImportError(
            "mmgpt.serve.ray_app needs the Python package ray - run: pip install 'mmgpt[scale]'"
        ) from error

    replicas, settings = split(args)

    def application() -> FastAPI:
        return replica_app(settings)

    @serve.deployment(
        name="mmgpt",
        max_ongoing_requests=max_ongoing(settings),
        graceful_shutdown_timeout_s=settings.drain_seconds + 5,
        health_check_period_s=5,
        health_check_timeout_s=10,
        ray_actor_options={"num_cpus": replicas.num_cpus, "num_gpus": replicas.num_gpus},
        autoscaling_config={
            "min_replicas": replicas.min_replicas,
            "initial_replicas": replicas.min_replicas,
            "max_replicas": replicas.max_replicas,
            "target_ongoing_requests": replicas.target_ongoing_requests,
            "upscale_delay_s": 5,
            "downscale_delay_s": 300,
        },
    )
    @serve.ingress(application)
    class Replica:
        """One process with the front; its backend starts the model's process and those that decode."""

        app: FastAPI  # which `ingress` sets

        async def check_health(self) -> None:
            """Ray starts the replica anew where this raises."""
            if self.app.state.backend.state == "failed":
                raise RuntimeError("the model's process has failed for good")

    bound: Application = Replica.bind()  # type: ignore[attr-defined]
    return bound
