"""POST /v1/diagnose: a screenshot in, what went wrong and what to do about it out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from mmgpt.serve.door.gone import until_gone
from mmgpt.serve.protocol import Diagnose
from mmgpt.serve.routes.answers import DiagnosisAnswer
from mmgpt.serve.routes.common import about_picture, as_json, result_of, stamp
from mmgpt.serve.routes.describe import PICTURE, Examples, picture_request
from mmgpt.serve.routes.requests import DiagnoseForm, DiagnoseRequest

router = APIRouter(tags=["pictures"])

_EXAMPLES: Examples = {
    "picture": ("a picture alone", {"image_url": PICTURE}),
    "question": ("with a question", {"image_url": PICTURE, "question": "How do I fix it?"}),
    "context": (
        "with what is known besides",
        {"image_url": PICTURE, "context": {"app": "Outlook"}, "mask_secrets": True},
    ),
}


@router.post(
    "/v1/diagnose",
    summary="Which program, which error, its cause and what to do",
    operation_id="diagnose",
    response_model=DiagnosisAnswer,
    openapi_extra=picture_request(DiagnoseRequest, DiagnoseForm, _EXAMPLES),
)
async def diagnose(request: Request) -> Response:
    """The error word for word with its place, its code, whose it is, its cause and fixes from cited entries; with a `question` its
    answer, too. What is not certain is null and named in `abstained`. As JSON with `image_url`, or as a form with the file `image`."""
    about = await about_picture(request, DiagnoseRequest, DiagnoseForm)
    asked = about.asked

    async def work() -> Response:
        picture = await about.picture()
        question = (asked.question or "").strip() or None
        task = Diagnose(picture, question=question, context=asked.context, mask_secrets=asked.mask_secrets)
        return as_json({**await result_of(request, task), **stamp(request)})

    return await until_gone(request, work())
