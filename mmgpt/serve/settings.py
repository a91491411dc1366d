"""All settings of the service in one place, with the limits that DESIGN and docs name. Flag > environment (`MMGPT_…`) > default."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """What `mmgpt serve` runs with. Sizes in bytes, times in seconds, pictures in pixels."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    # where it listens
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    uds: str | None = None
    root_path: str = ""
    ssl_keyfile: Path | None = None
    ssl_certfile: Path | None = None
    # who may ask
    api_key_file: Path | None = None
    requests_per_minute: float = Field(default=0, ge=0, description="for each key; 0: no limit")
    burst: int = Field(default=60, ge=1)
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = Field(
        default=(), description="names beside this machine's own that a server on loopback without keys answers to"
    )
    # what answers
    model: Path | None = Field(default=None, description="a weights folder; the package's own by default")
    served_model_name: str | None = None
    reader: str = "nano"
    knowledge: tuple[Path, ...] = ()
    built_in_knowledge: bool = True
    corrections: Path | None = None
    device: str = "cpu"
    threads: int = Field(default=0, ge=0, description="of torch in the worker; 0: one a core")
    # what a request may hold
    max_body_bytes: int = Field(default=20 * 2**20, ge=1024)
    max_pixels: int = Field(default=25_000_000, ge=1)
    max_request_pixels: int = Field(default=50_000_000, ge=1)
    max_pictures: int = Field(default=10, ge=1)
    max_messages: int = Field(default=256, ge=1)
    max_text: int = Field(default=100_000, ge=1, description="characters of all texts of a request")
    media_hosts: tuple[str, ...] = Field(
        default=(), description="hosts that pictures may be fetched from; none by default"
    )
    # how much at once, and how long
    max_rows: int = Field(default=16, ge=1, description="answers that are decoded side by side")
    vision_threads: int = Field(default=1, ge=1)
    queue: int = Field(default=128, ge=1, description="requests that wait; one more is answered 429")
    request_memory: int = Field(
        default=2**29, ge=2**20, description="bytes that bodies and pixels of all requests may take; beyond, 429"
    )
    deadline: float = Field(default=120.0, gt=0)
    decode_seconds: float = Field(default=10.0, gt=0)
    decode_processes: int = Field(default=1, ge=1)
    decode_memory: int = Field(default=2 * 2**30, ge=2**28)
    drain_seconds: float = Field(default=30.0, ge=0)
    result_cache_bytes: int = Field(default=64 * 2**20, ge=0)
    picture_cache_bytes: int = Field(default=256 * 2**20, ge=0)
    # jobs, the page, the log
    jobs: Path | None = Field(
        default=None, description="SQLite file of jobs and its pictures' folder beside it; None: $XDG_STATE_HOME/mmgpt"
    )
    max_job_pictures: int = Field(default=10_000, ge=1)
    max_job_bytes: int = Field(default=4 * 2**30, ge=2**20, description="waiting pictures and results of all jobs")
    job_hours: float = Field(default=72.0, ge=0, description="a job is deleted when it is so old; 0: no jobs at all")
    job_rows: int = Field(default=1, ge=1, description="pictures of jobs that are worked on side by side")
    ui: bool = False
    metrics: bool = True
    log_level: str = "info"
