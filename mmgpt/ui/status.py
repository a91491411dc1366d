"""What the page's corner says: the model, whether it is ready, how many wait, and the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmgpt.serve.errors import ServiceError
from mmgpt.ui.render import render

if TYPE_CHECKING:
    from mmgpt.serve.backend import Backend
    from mmgpt.serve.settings import Settings

PROMISE = "Nothing leaves this machine."
PROMISE_OTHERS = "Pictures stay on this server, in its memory, for an hour at most."
WORDS = {
    "starting": "Loading the model",
    "ready": "Ready",
    "draining": "Shutting down",
    "failed": "The model cannot be run",
}


async def stand(backend: Backend, settings: Settings) -> dict[str, Any]:
    """State, queue and limits as plain values; the endpoint `status` answers with them."""
    name, parameters, talks = settings.served_model_name or "mmgpt-nano", 0, True
    try:
        info = await backend.info()
        name, parameters, talks = info.name, info.parameters, info.talks
    except ServiceError:
        pass  # it is being loaded: the state says so
    return {
        "state": backend.state,
        "model": name,
        "parameters": parameters,
        "talks": talks,
        "running": backend.running,
        "waiting": backend.waiting,
        "limits": {
            "bytes": settings.max_body_bytes,
            "pixels": settings.max_pixels,
            "pictures": settings.max_pictures,
            "queue": settings.queue,
            "seconds": settings.deadline,
        },
    }


def status(found: dict[str, Any], local: bool) -> str:
    """What `stand` found, as HTML. `local`: whoever looks at it sits at this machine."""
    limits = found["limits"]
    rows = [
        ("Answering now", str(found["running"])),
        ("Waiting", f"{found['waiting']} of {limits['queue']} at most"),
        ("A picture", f"{limits['bytes'] / 2**20:g} MiB, {limits['pixels'] / 1e6:g} megapixels"),
        ("A conversation", f"{limits['pictures']} pictures"),
        ("An answer", f"{limits['seconds']:g} s at most"),
        ("Kept", "an hour, then deleted"),
    ]
    if found["parameters"]:
        rows.insert(0, ("Size", f"{found['parameters'] / 1e6:.1f} million parameters"))
    words = WORDS[found["state"]]
    if found["state"] == "ready" and found["waiting"]:
        words = f"{found['waiting']} waiting"
    return render(
        "status.html",
        state=found["state"],
        words=words,
        model=found["model"],
        rows=rows,
        promise=PROMISE if local else PROMISE_OTHERS,
    )
