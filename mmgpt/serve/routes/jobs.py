"""Jobs over many pictures: hand in, look how far they are, fetch results as JSON lines, cancel, delete."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mmgpt.serve.door.forms import Form, form_body
from mmgpt.serve.door.jsons import content_type, json_body
from mmgpt.serve.door.validation import validation_error
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.jobs import Incoming, JobDeleted, JobList, JobObject, Jobs
from mmgpt.serve.jobs.record import TaskName
from mmgpt.serve.pictures import data_url, url_of
from mmgpt.serve.routes.common import owner_of
from mmgpt.serve.settings import Settings

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

_PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
_URLS = {
    "type": "array",
    "minItems": 1,
    "items": {
        "anyOf": [
            {"type": "string"},
            {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}},
        ]
    },
    "description": "data URLs, or addresses on hosts that the server is allowed to fetch from",
}
_TASK = {"type": "string", "enum": ["diagnose", "caption", "read"], "default": "diagnose"}
_QUESTION = {"type": "string", "description": "asked about every picture (with `diagnose`)"}
_MASK = {"type": "boolean", "default": False, "description": "replace secrets in all texts, as in `/v1/diagnose`"}
_MORE = {"type": "boolean", "default": False, "description": "further pictures follow by POST /v1/jobs/{id}/pictures"}
_FILES = {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}


def _body(first: bool) -> dict[str, Any]:
    """The request's body as OpenAPI describes it: a form with files, or JSON with URLs."""
    about = {"task": _TASK, "question": _QUESTION, "mask_secrets": _MASK} if first else {}
    json = {
        "type": "object",
        "properties": {"image_urls": _URLS, **about, "more": _MORE},
        "required": ["image_urls"] if first else [],
    }
    form = {
        "type": "object",
        "properties": {"image": _FILES, **about, "more": _MORE},
        "required": ["image"] if first else [],
    }
    example = {"image_urls": [_PIXEL], **({"task": "diagnose"} if first else {})}
    content = {
        "application/json": {"schema": json, "example": example},
        "multipart/form-data": {"schema": form, "encoding": {"image": {"contentType": "image/png, image/jpeg"}}},
    }
    return {"requestBody": {"required": True, "content": content}}


class _Wish(BaseModel):
    """What both kinds of bodies may say."""

    model_config = ConfigDict(extra="forbid")

    task: TaskName = "diagnose"
    question: str | None = None
    mask_secrets: bool = False
    more: bool = False


class _Urls(_Wish):
    image_urls: list[str | dict[str, Any]] = Field(default_factory=list)


_OFF: dict[int | str, dict[str, Any]] = {404: {"description": "the server takes no jobs"}}


@router.post(
    "",
    status_code=202,
    response_model=JobObject,
    summary="Hand in many pictures",
    responses=_OFF,
    openapi_extra=_body(True),
)
async def create(request: Request) -> JobObject:
    """The pictures are stored and answered one after the other, behind all other requests; the job survives a restart."""
    wish, pictures = await _read(request)
    if not pictures:
        name = "image" if content_type(request) == "multipart/form-data" else "image_urls"
        raise ServiceError(400, "missing_required_parameter", "A job needs at least one picture.", param=name)
    question = _question(wish, request.app.state.settings)
    if wish.mask_secrets and wish.task != "diagnose":
        raise ServiceError(400, "invalid_value", "`mask_secrets` goes with the task diagnose.", param="mask_secrets")
    return await _jobs(request).create(owner_of(request), wish.task, question, pictures, wish.more, wish.mask_secrets)


@router.post(
    "/{job_id}/pictures",
    status_code=202,
    response_model=JobObject,
    summary="Add pictures to a job that is open",
    responses={404: {"description": "there is no such job"}, 409: {"description": "the job takes no further pictures"}},
    openapi_extra=_body(False),
)
async def add(request: Request, job_id: str) -> JobObject:
    """For jobs that were made with `more`, since one request may only be so large. Without `more` these are the last pictures."""
    wish, pictures = await _read(request)
    for name in ("task", "question", "mask_secrets"):
        if name in wish.model_fields_set:
            message = f"`{name}` is said once, when the job is made."
            raise ServiceError(400, "unsupported_parameter", message, param=name)
    return await _jobs(request).add(owner_of(request), job_id, pictures, wish.more)


@router.get("", response_model=JobList, summary="Your jobs, the newest first", responses=_OFF)
async def listed(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str | None, Query(max_length=64, description="the last id of the page before")] = None,
) -> JobList:
    """Only jobs of the key that asks."""
    return await _jobs(request).listed(owner_of(request), limit, after)


_MISSING: dict[int | str, dict[str, Any]] = {404: {"description": "there is no such job"}}


@router.get("/{job_id}", response_model=JobObject, summary="How far a job is", responses=_MISSING)
async def get(request: Request, job_id: str) -> JobObject:
    """Counts, and an estimate of the seconds that are left."""
    return await _jobs(request).get(owner_of(request), job_id)


@router.get(
    "/{job_id}/results",
    response_class=StreamingResponse,
    summary="What came out, as JSON lines",
    responses={
        **_MISSING,
        200: {
            "description": "one line for each answered picture, in the order in which they were handed in: "
            "index, name, sha256, and result or error",
            "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
        },
    },
)
async def results(request: Request, job_id: str) -> StreamingResponse:
    """While the job runs, what is there so far; pictures that wait are left out."""
    lines = await _jobs(request).results(owner_of(request), job_id)
    return StreamingResponse(lines, media_type="application/x-ndjson")


@router.post("/{job_id}/cancel", response_model=JobObject, summary="Stop a job", responses=_MISSING)
async def cancel(request: Request, job_id: str) -> JobObject:
    """Pictures that wait are deleted; results stay. A job that is over stays as it is."""
    return await _jobs(request).cancel(owner_of(request), job_id)


@router.delete("/{job_id}", response_model=JobDeleted, summary="Delete a job with its results", responses=_MISSING)
async def delete(request: Request, job_id: str) -> JobDeleted:
    """Stops it first where it runs."""
    await _jobs(request).delete(owner_of(request), job_id)
    return JobDeleted(id=job_id)


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


async def _read(request: Request) -> tuple[_Wish, list[Incoming]]:
    """What is wished, and the pictures."""
    settings: Settings = request.app.state.settings
    if content_type(request) == "multipart/form-data":
        form = await form_body(request, many=True, max_parts=settings.max_job_pictures + 8)
        return _form_wish(form), [_upload(n, item.filename, item.data) for n, item in enumerate(form.files)]
    urls = await json_body(request, _Urls)
    return urls, [_linked(part, f"image_urls.{n}", settings) for n, part in enumerate(urls.image_urls)]


def _form_wish(form: Form) -> _Wish:
    try:
        return _Wish.model_validate(form.fields)
    except ValidationError as error:
        raise validation_error(error.errors(include_url=False, include_input=False), form.fields) from None


def _upload(number: int, name: str | None, data: bytes) -> Incoming:
    return Incoming(name or f"image-{number}", data)


def _linked(part: Any, param: str, settings: Settings) -> Incoming:
    """A data URL's bytes now; an address for later, where there are allowed hosts."""
    url = url_of(part, param)
    if url[:5].lower() == "data:":
        return Incoming(param, data_url(url, param))
    if not url.lower().startswith(("http://", "https://")) or len(url) > 8192:
        message = "An image_url must be a data URL, as data:image/png;base64,…"
        raise ServiceError(400, "invalid_image_url", message, param=param)
    if not settings.media_hosts:
        message = "This server does not fetch pictures. Send the picture itself as a data URL."
        raise ServiceError(400, "remote_images_disabled", message, param=param)
    return Incoming(url, url=url)


def _question(wish: _Wish, settings: Settings) -> str | None:
    question = (wish.question or "").strip()
    if question and wish.task != "diagnose":
        raise ServiceError(400, "invalid_value", "`question` goes with the task diagnose.", param="question")
    if len(question) > settings.max_text:
        raise ServiceError(
            400, "invalid_value", f"`question` is longer than {settings.max_text} letters.", param="question"
        )
    return question or None
