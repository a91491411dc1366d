"""The page as a whole: head, three tabs, and the endpoints that programs call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from mmgpt.ui import chat_tab, compare_tab, diagnose_tab, endpoints
from mmgpt.ui.desk import Desk
from mmgpt.ui.environment import KEPT_SECONDS
from mmgpt.ui.rival import Rival
from mmgpt.ui.status import stand, status

if TYPE_CHECKING:
    from mmgpt.serve.settings import Settings

TITLE = "mmgpt"
_HEAD = '<div class="mm-head"><h1>mm<span>gpt</span></h1><p>A screenshot in; the error, its cause and where it stands out.</p></div>'
_PAINT = "window.mmgpt.paint(element.querySelector('.mm-page'), props, watch);"
_WIRE = "watch('value', () => window.mmgpt.reply(props.value));"
_REFRESH_SECONDS = 5


def build(desk: Desk, rival: Rival, settings: Settings, *, local: bool) -> gr.Blocks:
    """The page. `local`: whoever looks at it sits at this machine."""
    with gr.Blocks(
        title=TITLE, analytics_enabled=False, delete_cache=(600, KEPT_SECONDS), fill_width=True, elem_id="mm-page"
    ) as page:
        with gr.Row(elem_id="mm-top"):
            gr.HTML(_HEAD, apply_default_css=False, padding=False)
            corner = gr.HTML(
                html_template='<div class="mm-page"></div>', js_on_load=_PAINT, apply_default_css=False,
                elem_id="mm-status", padding=False,
            )  # fmt: skip
        wire = gr.HTML(html_template="<i></i>", js_on_load=_WIRE, elem_id="mm-wire", elem_classes="mm-gone")
        with gr.Tabs(elem_id="mm-tabs"):
            with gr.Tab("Diagnose", id="diagnose"):
                diagnose_tab.build(desk, wire)
            with gr.Tab("Chat", id="chat"):
                chat_tab.build(desk, wire)
            with gr.Tab("Compare", id="compare"):
                compare_tab.build(desk, rival)
        endpoints.build(desk, settings)

        async def look() -> str:
            return status(await stand(desk.backend, settings), local)

        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
        page.load(look, None, corner, **private)
        gr.Timer(_REFRESH_SECONDS).tick(look, None, corner, **private)
    page.queue(
        status_update_rate=1, max_size=settings.queue, default_concurrency_limit=settings.max_rows + settings.queue
    )
    return page
