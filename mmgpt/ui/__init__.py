"""The page: a screenshot, what it says, and where the model looked; a conversation; two models side by side.

Gradio on the service's own application: one process tree, one origin, no request that leaves the machine. Gradio is only loaded by
`mount`; `mmgpt demo`, `python app.py` and `mmgpt serve --ui` call it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from mmgpt.serve.backend import Backend
    from mmgpt.serve.settings import Settings


def mount(app: FastAPI, backend: Backend, settings: Settings, *, own_machine: bool = False) -> FastAPI:
    """Puts the page at `/` of the service's application; the API's paths stay as they are.

    `own_machine`: whoever sees the page is the one who started it (`mmgpt demo` on loopback), and may therefore compare with folders of
    this machine and with other engines. Raises ModuleNotFoundError where gradio is not installed.
    """
    from mmgpt.ui.environment import prepare

    prepare()
    from mmgpt.ui.mounting import mount_page

    return mount_page(app, backend, settings, own_machine=own_machine)
