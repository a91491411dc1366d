"""The first tab: a screenshot in, the desk out. Gradio carries events and HTML; the script of the page does the rest."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import gradio as gr

from mmgpt.ui import card
from mmgpt.ui.asking import data_of, owner_of
from mmgpt.ui.correcting import correct
from mmgpt.ui.desk import Desk
from mmgpt.ui.examples import paths, thumbnails
from mmgpt.ui.pictures import TYPES

# Gradio knows an event of gr.HTML by its quoted name in this script.
_OPEN = "window.mmgpt.open(element, trigger, props, watch); // 'ask' 'heat' 'redact' 'correct' 'example'"


def build(desk: Desk, wire: gr.HTML) -> None:
    """Adds the tab's parts. `wire` takes replies to the script."""
    examples = list(thumbnails())
    with gr.Column(elem_id="mm-upload"):  # out of sight: the desk's own button opens it
        upload = gr.UploadButton("Choose a screenshot", file_types=TYPES, type="filepath")
    root: Any = gr.HTML(
        card.empty(examples),
        html_template='<div class="mm-root"></div>',
        js_on_load=_OPEN,
        apply_default_css=False,
        elem_id="mm-desk",
        padding=False,
    )

    async def page_uploaded(path: str, request: gr.Request) -> AsyncGenerator[str, None]:
        async with aclosing(desk.open(path, owner_of(request), examples)) as steps:
            async for html in steps:
                yield html

    async def page_example(request: gr.Request, event: gr.EventData) -> AsyncGenerator[str, None]:
        path = paths().get(str(data_of(event, "name")))
        if path is None:
            yield card.empty(examples, "There is no such example.")
            return
        async with aclosing(desk.open(path, owner_of(request), examples, delete=False)) as steps:
            async for html in steps:
                yield html

    async def page_ask(request: gr.Request, event: gr.EventData) -> AsyncGenerator[str, None]:
        async with aclosing(desk.ask(data_of(event, "id"), data_of(event, "question"), owner_of(request))) as replies:
            async for found in replies:
                yield found

    async def page_heat(request: gr.Request, event: gr.EventData) -> str:
        return await desk.heat(data_of(event, "id"), data_of(event, "field"), owner_of(request))

    async def page_redact(request: gr.Request, event: gr.EventData) -> str:
        return await desk.redact(data_of(event, "id"), owner_of(request))

    async def page_wrong(request: gr.Request, event: gr.EventData) -> str:
        return await correct(desk, data_of(event, "id"), data_of(event, "values"), owner_of(request))

    # named unlike the endpoints for programs, since Gradio names events by their functions
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    opening: dict[str, Any] = {**private, "outputs": root, "trigger_mode": "always_last"}
    upload.upload(page_uploaded, upload, **opening)
    root.example(page_example, None, **opening)
    root.ask(page_ask, None, wire, trigger_mode="multiple", **private)
    root.heat(page_heat, None, wire, trigger_mode="always_last", **private)
    root.redact(page_redact, None, wire, **private)
    root.correct(page_wrong, None, wire, **private)
