"""The other model of a comparison: a checkpoint folder on this machine, or an OpenAI-compatible engine.

A folder gets processes of its own, which are kept until another one is asked for. What goes to an engine is masked first: picture and
lines by the worker, as for `mmgpt redact` and `mmgpt diagnose --mask-secrets`.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgpt.schema import Diagnosis
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Diagnose, Redact, Redaction

if TYPE_CHECKING:
    from mmgpt.escalation.reply import Reply
    from mmgpt.escalation.request import Prepared
    from mmgpt.serve.backend import Backend
    from mmgpt.serve.settings import Settings
    from vision.image import LoadedImage

LOADING_SECONDS = 90.0
TIMEOUT_SECONDS = 60.0
MOST_SIDE = 1600
NOT_HERE = "Comparing with a folder or another engine is only possible where the page runs for its own machine alone: mmgpt demo."


@dataclass(frozen=True)
class Engine:
    """Where an engine is, as a person has typed it."""

    url: str
    model: str = ""
    key: str = ""


class Rival:
    """`allowed`: whoever sees the page runs it on their own machine, so that it may read folders of it and send to any host."""

    def __init__(self, settings: Settings, allowed: bool) -> None:
        self.settings, self.allowed = settings, allowed
        self._folder: Path | None = None
        self._backend: Backend | None = None
        self._lock = asyncio.Lock()

    # -- a folder --------------------------------------------------------------------------------------------------------------

    async def by_folder(self, folder: str, image: LoadedImage, owner: str) -> Diagnosis:
        """The diagnosis by the model of a folder, which is loaded if it is not already. Raises ServiceError."""
        self._permit()
        path = _folder_of(folder)
        async with self._lock:
            backend = await self._loaded(path)
            result = await backend.run(Diagnose(image), owner=owner)
        return Diagnosis.model_validate(result)

    async def _loaded(self, path: Path) -> Backend:
        from mmgpt.serve.backend import Backend

        if self._backend is not None and (self._folder != path or self._backend.state == "failed"):
            await self.close()
        if self._backend is None:
            changes = {"model": path, "served_model_name": None, "result_cache_bytes": 0, "picture_cache_bytes": 0}
            backend = Backend(self.settings.model_copy(update={**changes, "max_rows": 1}))
            self._backend, self._folder = backend, path
            await backend.start()
            if not await backend.wait_ready(LOADING_SECONDS):
                reason = backend.reason or "it was not loaded in time"
                await self.close()
                raise ServiceError(400, "model_not_loaded", f"The model of this folder cannot be used: {reason}.")
        return self._backend

    async def close(self) -> None:
        """Ends the second model's processes."""
        backend, self._backend, self._folder = self._backend, None, None
        if backend is not None:
            await backend.drain(1.0)

    # -- an engine -------------------------------------------------------------------------------------------------------------

    async def prepared(self, engine: Engine, backend: Backend, image: LoadedImage, owner: str) -> Prepared:
        """The request that would leave, byte for byte, secrets masked. Raises ServiceError; nothing is sent."""
        self._permit()
        from mmgpt.escalation.address import AddressError, address_of
        from mmgpt.escalation.picture import encode
        from mmgpt.escalation.request import Dialect, Prepared, body_of, messages_for
        from mmgpt.escalation.words import cleaned

        try:
            address = await asyncio.to_thread(address_of, engine.url.strip(), engine.key)
        except AddressError as error:
            raise ServiceError(400, "invalid_value", f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        masked, clean = await asyncio.gather(
            backend.run(Diagnose(image, mask_secrets=True), owner=owner), backend.run(Redact(image), owner=owner)
        )
        assert isinstance(masked, dict) and isinstance(clean, Redaction)
        if clean.report["left"]:
            text = "Something that looks like a secret can be read after masking, so nothing is sent."
            raise ServiceError(400, "not_masked", text)
        picture = await asyncio.to_thread(lambda: encode(_pixels(clean.png), MOST_SIDE))
        texts = [cleaned(line["text"], 4000) for line in masked["text"]]
        boxes = [tuple(line["box"]) for line in masked["text"]]
        messages = messages_for(texts, boxes, "", picture)
        body = body_of(messages, engine.model, Dialect())
        count = max(int(masked["masked"]), len(clean.report["covered"]))
        return Prepared(address.url, engine.model, body, picture, tuple(texts), count, "asked for", messages)

    async def by_engine(self, engine: Engine, prepared: Prepared, image: LoadedImage) -> Diagnosis:
        """What an engine says of a prepared request. Raises ServiceError with the engine's own trouble."""
        self._permit()
        from mmgpt.escalation import Budget, EscalationError
        from mmgpt.escalation.address import address_of
        from mmgpt.escalation.budget import state_file
        from mmgpt.escalation.engine import Engine as Talker
        from mmgpt.escalation.engine import Traffic
        from mmgpt.escalation.journal import Journal

        def ask() -> Reply:
            address = address_of(engine.url.strip(), engine.key)
            journal = Journal(state_file().with_suffix(".jsonl"))
            talker = Talker(address, engine.key, engine.model, Budget(), journal)
            try:
                return talker.converse(prepared, Traffic(), TIMEOUT_SECONDS)
            finally:
                talker.close()

        try:
            reply = await asyncio.to_thread(ask)
        except EscalationError as error:
            raise ServiceError(502, "engine_failed", f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        return as_diagnosis(reply, engine.model or "the engine", image)

    def _permit(self) -> None:
        if not self.allowed:
            raise ServiceError(403, "not_allowed", NOT_HERE)


def as_diagnosis(reply: Reply, model: str, image: LoadedImage) -> Diagnosis:
    """An engine's answer as an object that the card shows. Links are taken out of its words; it has no boxes and cites nothing."""
    from mmgpt.escalation.words import without_links

    def words(text: str | None) -> str | None:
        return None if text is None else without_links(text) or None

    message = words(reply.message)
    fields: dict[str, Any] = {
        "is_error": reply.is_error,
        "app": words(reply.app),
        "kind": reply.kind,
        "message": message,
        "error_code": words(reply.error_code),
        "category": reply.category,
    }
    return Diagnosis.model_validate(
        {
            "schema": "mmgpt.diagnosis/1",
            "image": {"width": image.width, "height": image.height, "sha256": image.sha256},
            "caption": message or ("An error." if reply.is_error else "No error."),
            **fields,
            "cause": words(reply.cause),
            "fixes": [text for fix in reply.fixes if (text := words(fix))],
            "confidence": {"message": reply.confidence} if message else {},
            "abstained": [name for name in ("kind", "category") if fields[name] is None],
            "model": model,
        }
    )


def _folder_of(text: str) -> Path:
    path = Path(text.strip()).expanduser()
    if not text.strip() or not (path / "config.json").is_file():
        raise ServiceError(400, "invalid_value", "There is no model in this folder: it must hold a config.json.")
    return path.resolve()


def _pixels(png: bytes) -> Any:
    """Our own PNG, which needs no process of its own."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
        return np.asarray(picture.convert("RGB"))
