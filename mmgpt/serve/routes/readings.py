"""POST /v1/read: the lines of a picture with their places, and nothing about what they mean."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from mmgpt.serve.door.gone import until_gone
from mmgpt.serve.protocol import Read
from mmgpt.serve.routes.answers import ReadingAnswer
from mmgpt.serve.routes.common import about_picture, as_json, result_of, stamp
from mmgpt.serve.routes.describe import PICTURE, picture_request
from mmgpt.serve.routes.requests import ReadForm, ReadRequest

router = APIRouter(tags=["pictures"])


@router.post(
    "/v1/read",
    summary="The text of a picture, line by line",
    operation_id="read",
    response_model=ReadingAnswer,
    openapi_extra=picture_request(ReadRequest, ReadForm, {"picture": ("a picture", {"image_url": PICTURE})}),
)
async def read(request: Request) -> Response:
    """Lines in reading order: text, box (x0, y0, x1, y1 in pixels of the picture as seen), confidence. As JSON with `image_url`, or as a
    form with the file `image`."""
    about = await about_picture(request, ReadRequest, ReadForm)

    async def work() -> Response:
        return as_json({**await result_of(request, Read(await about.picture())), **stamp(request)})

    return await until_gone(request, work())
