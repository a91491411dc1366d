"""What the routes share: the picture and the fields of a request, one task of the backend, the answer's stamp."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from mmgpt.serve.door.forms import Upload, form_body
from mmgpt.serve.door.jsons import content_type, json_body
from mmgpt.serve.door.validation import validation_error
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.pictures import Budget, from_bytes, from_url

if TYPE_CHECKING:
    from mmgpt.serve.backend import Backend
    from mmgpt.serve.protocol import Redaction, Task
    from vision.image import LoadedImage

_Model = TypeVar("_Model", bound=BaseModel)
_YES, _NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")
PARTS = 16
"""Parts that a form about one picture may have."""


@dataclass
class AboutPicture(Generic[_Model]):
    """A request about one picture, read but not decoded yet. `asked` holds its other fields."""

    asked: _Model
    _upload: Upload | None
    _url: Any
    _budget: Budget

    async def picture(self) -> LoadedImage:
        """The decoded picture. Raises ServiceError."""
        if self._upload is not None:
            return await from_bytes(self._upload.data, "image", self._budget)
        return await from_url(self._url, "image_url", self._budget)


async def about_picture(request: Request, body: type[BaseModel], form: type[_Model]) -> AboutPicture[_Model]:
    """A request as JSON (`body`, which is `form` and `image_url`) or as multipart/form-data (a file `image`, and `form`'s fields as texts).

    Raises ServiceError: 415 for another type, 400 with `param` for what is missing or wrong.
    """
    budget = Budget.of(request)
    if content_type(request) == "multipart/form-data":
        given = await form_body(request, max_parts=PARTS)
        if not given.files:
            raise ServiceError(
                400,
                "missing_required_parameter",
                "`image` is required: the picture as a file of the form.",
                param="image",
            )
        return AboutPicture(_from_texts(given.fields, form), given.files[0], None, budget)
    asked: Any = await json_body(request, body)
    return AboutPicture(asked, None, asked.image_url, budget)


def _from_texts(fields: Mapping[str, str], model: type[_Model]) -> _Model:
    """A form's fields as the model's values; an empty text is as good as none."""
    values = {
        name: _value(model, name, text) for name, text in fields.items() if text or name not in model.model_fields
    }
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise validation_error(error.errors(include_url=False, include_input=False), values) from None


def _value(model: type[BaseModel], name: str, text: str) -> Any:
    field = model.model_fields.get(name)
    if field is None:
        return text
    if field.annotation is bool:
        word = text.strip().lower()
        return True if word in _YES else False if word in _NO else text
    if name == "kinds":
        return [kind.strip() for kind in text.split(",")]
    return text


def backend_of(request: Request) -> Backend:
    """The server's backend."""
    backend: Backend = request.app.state.backend
    return backend


def owner_of(request: Request) -> str:
    """Who asks: a digest of the API key, "" without keys."""
    owner: str = request.state.owner
    return owner


async def result_of(request: Request, task: Task) -> dict[str, Any]:
    """The JSON object that a task results in. Raises ServiceError."""
    result: Any = await backend_of(request).run(task, owner=owner_of(request))
    return dict(result)


async def redaction_of(request: Request, task: Task) -> Redaction:
    """The clean picture that a `Redact` task results in. Raises ServiceError."""
    result: Any = await backend_of(request).run(task, owner=owner_of(request))
    return result  # type: ignore[no-any-return]


def stamp(request: Request) -> dict[str, Any]:
    """What every answer of ours carries besides its own: `request_id` and `created`."""
    return {"request_id": request.state.request_id, "created": int(time.time())}


def as_json(value: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON, letters beyond ASCII as they are. Half characters, which no UTF-8 can hold, become question marks."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "replace"), status, headers, "application/json")
