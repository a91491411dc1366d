"""GET /v1/models: what is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.routes.answers import Plain
from mmgpt.serve.routes.common import as_json, backend_of

if TYPE_CHECKING:
    from mmgpt.serve.protocol import ModelInfo

router = APIRouter(tags=["openai"])


class Architecture(Plain):
    """What goes in and what comes out."""

    input_modalities: list[Literal["text", "image"]]
    output_modalities: list[Literal["text"]]


class ModelMeta(Plain):
    """Sizes of a model. `sha256` is the fingerprint of its weights: other weights, another fingerprint."""

    n_params: int = Field(ge=0)
    n_ctx: int = Field(ge=0, description="tokens of a conversation, its answer included")
    n_images: int = Field(ge=0, description="pictures of a conversation")
    sha256: str
    chat: bool = Field(description="whether it has a language model: chat and free questions need one")


class ModelObject(Plain):
    """A model."""

    id: str
    object: Literal["model"] = "model"
    created: int = Field(description="Unix seconds")
    owned_by: str
    architecture: Architecture
    meta: ModelMeta


class ModelList(Plain):
    """The models: one a server."""

    object: Literal["list"] = "list"
    data: list[ModelObject]


@router.get("/v1/models", summary="The models", operation_id="list_models", response_model=ModelList)
async def list_models(request: Request) -> Response:
    """The one model that this server has."""
    return as_json({"object": "list", "data": [model_object(await backend_of(request).info())]})


@router.get(
    "/v1/models/{model:path}",
    summary="A model",
    operation_id="get_model",
    response_model=ModelObject,
    responses={404: {"description": "there is no such model"}},
)
async def get_model(request: Request, model: str) -> Response:
    """A model by its name."""
    info = await backend_of(request).info()
    check_model(model, info)
    return as_json(model_object(info))


def check_model(name: str | None, info: ModelInfo) -> None:
    """Raises ServiceError (404 model_not_found) for a name that is not served; None is the model that is."""
    if name is not None and name != info.name:
        raise ServiceError(
            404, "model_not_found", f"This server has no such model. It has {info.name}; see /v1/models.", param="model"
        )


def model_object(info: ModelInfo) -> dict[str, Any]:
    """A model as OpenAI describes it, with its sizes."""
    return {
        "id": info.name,
        "object": "model",
        "created": info.created,
        "owned_by": "mmgpt",
        "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
        "meta": {
            "n_params": info.parameters,
            "n_ctx": info.context,
            "n_images": info.max_pictures,
            "sha256": info.sha256,
            "chat": info.talks,
        },
    }
