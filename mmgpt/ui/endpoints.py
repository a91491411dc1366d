"""Named endpoints for `gradio_client`: the same work as the page's, with plain values in and out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any

import gradio as gr

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Read
from mmgpt.ui.asking import message_of, owner_of
from mmgpt.ui.desk import Desk
from mmgpt.ui.pictures import TYPES
from mmgpt.ui.status import stand

if TYPE_CHECKING:
    from mmgpt.serve.settings import Settings


def build(desk: Desk, settings: Settings) -> None:
    """Adds the endpoints diagnose, read, heat, redact, ask and status, and the parts that describe them."""

    async def diagnose(picture: str, question: str, request: gr.Request) -> dict[str, Any]:
        """A diagnosis of a screenshot: the JSON object mmgpt.diagnosis/1. The question may be empty."""
        with _told():
            return await desk.diagnosed(picture, question, owner_of(request))

    async def read(picture: str, request: gr.Request) -> dict[str, Any]:
        """The lines of a screenshot with their boxes: the JSON object mmgpt.reading/1."""
        with _told():
            result = await desk.backend.run(Read(await desk.load(picture)), owner=owner_of(request))
            assert isinstance(result, dict)
            return result

    async def heat(picture: str, question: str, field: str, request: gr.Request) -> dict[str, Any]:
        """Where the decoder looked for each part of its answer, or of a field: the JSON object mmgpt.heat/1."""
        with _told():
            return await desk.heat_of(await desk.load(picture), question or None, field or None, owner_of(request))

    async def redact(picture: str, request: gr.Request) -> tuple[str, dict[str, Any]]:
        """The screenshot with secrets covered, as a file, and what was covered."""
        import tempfile

        from mmgpt.ui.environment import uploads

        with _told():
            found = await desk.redacted(await desk.load(picture), owner_of(request))
        with tempfile.NamedTemporaryFile(dir=uploads(), prefix="redacted-", suffix=".png", delete=False) as file:
            file.write(found.png)
        return file.name, found.report

    async def ask(picture: str, question: str, request: gr.Request) -> AsyncGenerator[str, None]:
        """The answer to a question about a screenshot, longer with every message."""
        with _told():
            image = await desk.load(picture)
            async with aclosing(desk.answer(image, question, owner_of(request))) as answer:
                async for text in answer:
                    yield text

    async def standing() -> dict[str, Any]:
        """The model, the queue and the limits."""
        return await stand(desk.backend, settings)

    with gr.Group(visible=False):
        picture = gr.File(label="picture", file_types=TYPES, type="filepath")
        question, field, answer = gr.Textbox(label="question"), gr.Textbox(label="field"), gr.Textbox(label="answer")
        result, clean = gr.JSON(label="result"), gr.File(label="redacted")
        described: list[tuple[str, Any, list[Any], Any]] = [
            ("diagnose", diagnose, [picture, question], result),
            ("read", read, [picture], result),
            ("heat", heat, [picture, question, field], result),
            ("redact", redact, [picture], [clean, result]),
            ("ask", ask, [picture, question], answer),
            ("status", standing, [], result),
        ]
        for name, function, inputs, outputs in described:
            gr.Button(name).click(function, inputs, outputs, api_name=name, show_progress="hidden")


@contextmanager
def _told() -> Iterator[None]:
    """Turns errors into Gradio's, with our message and no other: the page's `show_error` is off, so that nothing else is ever told."""
    try:
        yield
    except Exception as error:
        code = error.code if isinstance(error, ServiceError) else "server_error"
        raise gr.Error(message_of(error), title=code, print_exception=False) from None
