"""The third tab: this model beside another one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import gradio as gr

from mmgpt.schema import Diagnosis
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Diagnose
from mmgpt.ui import card
from mmgpt.ui.asking import message_of, owner_of
from mmgpt.ui.comparing import leaving, side_by_side
from mmgpt.ui.desk import Desk
from mmgpt.ui.pictures import TYPES, shown_name
from mmgpt.ui.render import render
from mmgpt.ui.rival import NOT_HERE, Engine, Rival
from mmgpt.ui.shelf import Shown

FOLDER, ENGINE = "A checkpoint folder", "An OpenAI-compatible engine"
_LEAD = "The same screenshot, read by this model and by another one. What they do not agree on is marked."
_CONSENT = "Send the picture and what was read in it to this engine, secrets masked"
_PAINT = "window.mmgpt.paint(element.querySelector('.mm-root'), props, watch);"
_ROOT = '<div class="mm-root"></div>'


def build(desk: Desk, rival: Rival) -> None:
    """Adds the tab's parts and events; where it is not allowed, the reason."""
    gr.HTML(render("lead.html", text=_LEAD if rival.allowed else NOT_HERE), apply_default_css=False, padding=False)
    if not rival.allowed:
        return
    with gr.Column(elem_id="mm-compare-upload"):  # out of sight: the button below opens it
        upload = gr.UploadButton("Choose a screenshot", file_types=TYPES, type="filepath")
    chosen = gr.State("", time_to_live=3600)
    root: Any = gr.HTML(
        render("drop.html", name="", error=""), html_template=_ROOT, js_on_load=_PAINT, apply_default_css=False,
        elem_id="mm-compare-drop", padding=False,
    )  # fmt: skip
    with gr.Row(elem_id="mm-compare-form"):
        which = gr.Radio([FOLDER, ENGINE], value=FOLDER, label="Compare with", scale=2)
        with gr.Column(scale=3, min_width=280):
            folder = gr.Textbox(label="Folder", placeholder="runs/debug/model", max_length=4000)
            with gr.Column(visible=False) as engine:
                url = gr.Textbox(label="Address", placeholder="http://localhost:11434", max_length=2000)
                with gr.Row():
                    model = gr.Textbox(label="Model", placeholder="its name there", max_length=200)
                    key = gr.Textbox(label="Key", type="password", placeholder="if it wants one", max_length=500)
                consent = gr.Checkbox(False, label=_CONSENT)
                look = gr.Button("Show what would be sent", size="sm", variant="secondary")
    go = gr.Button("Compare", variant="primary", elem_id="mm-compare-go")
    out: Any = gr.HTML(
        "", html_template=_ROOT, js_on_load=_PAINT, apply_default_css=False, elem_id="mm-compare-out", padding=False
    )

    async def uploaded(path: str, request: gr.Request) -> tuple[str, str, str]:
        try:
            shown = Shown(await desk.load(path), owner_of(request), shown_name(path))
            return desk.shelf.put(shown), render("drop.html", name=shown.name, error=""), ""
        except Exception as error:
            return "", render("drop.html", name="", error=message_of(error)), ""

    def shown_of(name: str, request: gr.Request) -> Shown:
        if not name:
            raise ServiceError(400, "invalid_value", "Drop a screenshot first.")
        return desk.shelf.get(name, owner_of(request))

    async def compare(
        name: str, with_what: str, path: str, address: str, called: str, secret: str, agreed: bool, request: gr.Request
    ) -> AsyncGenerator[str, None]:
        try:
            shown = shown_of(name, request)
            owner = owner_of(request)
            yield card.waiting("Both are reading", shown.name)
            own = Diagnosis.model_validate(await desk.backend.run(Diagnose(shown.image), owner=owner))
            if with_what == FOLDER:
                other = await rival.by_folder(path, shown.image, owner)
                title = f"{other.model} in {path.strip()}"
            else:
                if not agreed:
                    raise ServiceError(400, "not_agreed", "Nothing was sent: tick the box above to send it.")
                asked = Engine(address, called.strip(), secret.strip())
                prepared = await rival.prepared(asked, desk.backend, shown.image, owner)
                other = await rival.by_engine(asked, prepared, shown.image)
                title = f"{other.model} at {prepared.url}"
            yield side_by_side(shown, own, other, title)
        except Exception as error:
            yield render("alert.html", text=message_of(error))

    async def preview(name: str, address: str, called: str, secret: str, request: gr.Request) -> str:
        try:
            shown = shown_of(name, request)
            asked = Engine(address, called.strip(), secret.strip())
            return leaving(await rival.prepared(asked, desk.backend, shown.image, owner_of(request)))
        except Exception as error:
            return render("alert.html", text=message_of(error))

    def switched(with_what: str) -> tuple[Any, Any]:
        return gr.update(visible=with_what == FOLDER), gr.update(visible=with_what == ENGINE)

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    which.change(switched, which, [folder, engine], queue=False, **private)
    upload.upload(uploaded, upload, [chosen, root, out], **private)
    look.click(preview, [chosen, url, model, key], out, **private)
    go.click(compare, [chosen, which, folder, url, model, key, consent], out, **private)
