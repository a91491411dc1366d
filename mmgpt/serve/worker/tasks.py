"""One task, one result: what the routes ask of a picture, done by the models."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Caption, Diagnose, Heat, Read, Redact, Redaction, Task
from mmgpt.serve.worker.messages import no_language_model

if TYPE_CHECKING:
    from mmgpt.serve.worker.models import Models
    from vision.image import LoadedImage


def do(task: Task, loaded: LoadedImage, models: Models) -> dict[str, Any] | Redaction:
    """The result of a task whose picture is `loaded`. Raises ServiceError for what this model cannot do, and what the parts raise."""
    if isinstance(task, Diagnose):
        diagnosis = models.diagnoser.diagnose(loaded, task.question, task.context, mask_secrets=task.mask_secrets)
        return diagnosis.to_dict()
    if isinstance(task, Caption):
        from mmgpt.caption import caption_image

        diagnoser = models.diagnoser
        return caption_image(loaded, diagnoser.reader, diagnoser.extractor, diagnoser.decoder).to_dict()
    if isinstance(task, Read):
        return _read(loaded, models)
    if isinstance(task, Redact):
        return _redact(task, loaded, models)
    if isinstance(task, Heat):
        return _heat(task, loaded, models)
    raise TypeError(f"there is no task {type(task).__name__}")


def _read(loaded: LoadedImage, models: Models) -> dict[str, Any]:
    from mmgpt.caption import reading

    reader = models.diagnoser.reader
    start = time.perf_counter()
    lines = reader.read(loaded.pixels)
    return reading(loaded, lines, reader.name, 0.0, (time.perf_counter() - start) * 1000).to_dict()


def _redact(task: Redact, loaded: LoadedImage, models: Models) -> Redaction:
    from PIL import Image

    from mmgpt.redaction.paint import redact_picture

    done = redact_picture(loaded.pixels, models.diagnoser.reader, task.kinds)
    buffer = io.BytesIO()
    Image.fromarray(done.image).save(buffer, "PNG")
    report = {
        "schema": "mmgpt.redaction/1",
        "image": {"width": loaded.width, "height": loaded.height, "sha256": loaded.sha256},
        "covered": [{"kind": c.kind, "boxes": [list(box) for box in c.boxes]} for c in done.covered],
        "left": [secret.kind for secret in done.left],
        "warnings": list(loaded.warnings),
    }
    return Redaction(buffer.getvalue(), report)


def _heat(task: Heat, loaded: LoadedImage, models: Models) -> dict[str, Any]:
    from mmgpt.heat import heat
    from mmgpt.prompts import FIELD_PROMPTS

    if models.engine is None:
        raise no_language_model()
    if task.field is not None and task.field not in FIELD_PROMPTS:
        names = ", ".join(FIELD_PROMPTS)
        raise ServiceError(400, "invalid_value", f"There is no such field; fields are {names}.", param="field")
    try:
        return heat(models.engine, loaded, question=task.question, field=task.field)
    except ValueError:
        if models.engine.model.config.fusion != "cross":
            text = "This model has no cross-attention, so that there is nothing to show."
            raise ServiceError(400, "unsupported_value", text) from None
        text = "The question is longer than this model takes."
        raise ServiceError(400, "context_length_exceeded", text, param="question") from None
