"""/v1/corrections: what users put right holds at once, for everybody whom this server answers.

There is one store a server (`corrections` of the settings), shared by all keys: who may ask may correct. What is kept is masked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from mmgpt.corrections import Correction, CorrectionError, Store, changes_to, validated
from mmgpt.serve.door.jsons import json_body
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.routes.common import as_json, backend_of, stamp
from mmgpt.serve.routes.corrected import (
    CorrectionAnswer,
    CorrectionDeleted,
    CorrectionList,
    CorrectionRequest,
    shown,
)
from mmgpt.serve.routes.describe import json_request
from mmgpt.serve.settings import Settings

router = APIRouter(tags=["corrections"])
T = TypeVar("T")

_log = logging.getLogger("mmgpt.serve")
_DISABLED = ServiceError(
    404,
    "corrections_disabled",
    "This server keeps no corrections. Its operator can turn them on with --corrections FILE.",
)
_UNAVAILABLE = ServiceError(
    503,
    "corrections_unavailable",
    "The store of corrections cannot be used now. Its trouble is logged.",
    retry_after=30,
)
_EXAMPLE = {
    "diagnosis": {
        "schema": "mmgpt.diagnosis/1",
        "image": {"width": 1280, "height": 800, "sha256": "0" * 64},
        "caption": "A terminal.",
        "is_error": True,
        "app": "curl",
        "kind": "terminal",
        "message": "curl: (6) Could not resolve host: db-1",
        "error_code": "6",
        "category": "network",
        "model": "mmgpt-nano",
    },
    "values": {"category": "dns"},
}


@router.post(
    "/v1/corrections",
    status_code=201,
    summary="Put a diagnosis right",
    operation_id="correct",
    response_model=CorrectionAnswer,
    responses={
        200: {"model": CorrectionAnswer, "description": "the diagnosis says so already: nothing was kept"},
        404: {"description": "the server keeps none"},
    },
    openapi_extra=json_request(CorrectionRequest, {"category": ("another category", {**_EXAMPLE})}),
)
async def correct(request: Request) -> Response:
    """Takes a diagnosis as it was answered and the fields as they should be (null clears one). From then on the same message gets them,
    with other ports, paths and hosts in it, too, whoever asks. Keys, passwords and the like are masked in what is kept."""
    store = _store(request)
    asked = await json_body(request, CorrectionRequest)
    values = asked.values.given()
    entry = values.get("entry")
    if entry:
        settings: Settings = request.app.state.settings
        if entry not in await asyncio.to_thread(_entries, settings.knowledge, settings.built_in_knowledge):
            raise ServiceError(
                400,
                "invalid_value",
                "`values.entry` must be the id of an entry that this server knows.",
                param="values.entry",
            )
    try:
        cleaned = validated(values)
        changes_to(asked.diagnosis, cleaned)
    except CorrectionError:
        raise ServiceError(
            400,
            "invalid_value",
            "The values contradict each other or the diagnosis: without an error (is_error false, category none) there is no message, "
            "code, cause, fix or entry.",
            param="values",
        ) from None

    def keep() -> tuple[Correction | None, list[Any]]:
        made = store.add(
            asked.diagnosis, cleaned, scope=asked.scope, exact=asked.exact, note=asked.note, mask_secrets=True
        )
        return made, [] if made is None else store.conflicts(made)

    made, conflicts = await _in_thread(keep)
    if made is None:
        return as_json({**stamp(request), "correction": None, "conflicts": []})
    _changed(request)
    told = [{"id": conflict.id, "field": conflict.field, "value": conflict.value} for conflict in conflicts]
    return as_json({**stamp(request), "correction": shown(made), "conflicts": told}, 201)


@router.get(
    "/v1/corrections",
    summary="What has been corrected",
    operation_id="list_corrections",
    response_model=CorrectionList,
    responses={404: {"description": "the server keeps none"}},
)
async def list_corrections(
    request: Request,
    limit: int = Query(default=100, ge=1, le=1000),
    after: int | None = Query(default=None, ge=1, le=2**62, description="only older ones than this id"),
) -> Response:
    """Corrections, the newest first."""
    found = await _in_thread(_store(request).all)
    older = [made for made in reversed(found) if after is None or made.id < after]
    return as_json({"object": "list", "data": [shown(made) for made in older[:limit]], "has_more": len(older) > limit})


@router.delete(
    "/v1/corrections/{id}",
    summary="Forget a correction",
    operation_id="delete_correction",
    response_model=CorrectionDeleted,
    responses={404: {"description": "there is no such correction, or the server keeps none"}},
)
async def delete_correction(request: Request, id: int) -> Response:
    """Takes a correction out for good, its words too."""
    store = _store(request)
    gone = await _in_thread(lambda: store.remove(id)) if 0 < id < 2**63 else None
    if gone is None:
        raise ServiceError(
            404, "correction_not_found", "There is no such correction. See GET /v1/corrections.", param="id"
        )
    _changed(request)
    return as_json({"id": gone.id, "object": "correction", "deleted": True})


def _store(request: Request) -> Store:
    """The server's store. Raises ServiceError (404) where it has none."""
    settings: Settings = request.app.state.settings
    if settings.corrections is None:
        raise _DISABLED
    return _stores(settings.corrections)


@lru_cache(maxsize=8)
def _stores(path: Path) -> Store:
    return Store(path)


async def _in_thread(work: Callable[[], T]) -> T:
    """What a thread makes of the store, which may wait for a disk. Raises ServiceError (503)."""
    try:
        return await asyncio.to_thread(work)
    except CorrectionError:
        _log.exception("the store of corrections cannot be used")
        raise _UNAVAILABLE from None


def _changed(request: Request) -> None:
    """Results that were kept do not know the new rule."""
    backend_of(request).changed()


@lru_cache(maxsize=4)
def _entries(paths: tuple[Path, ...], built_in: bool) -> frozenset[str]:
    from mmgpt.knowledge import KnowledgeBase

    return frozenset(entry.id for entry in KnowledgeBase.load(paths, built_in))
