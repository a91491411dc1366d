"""What the page of one picture does: diagnose, answer, show where the model looked, redact. No Gradio in here."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import ChatMessage, Delta, Diagnose, Finished, Generate, Heat, Redact, Redaction
from mmgpt.ui import card
from mmgpt.ui.asking import message_of, stand_of, watched
from mmgpt.ui.pictures import data_url, shown_name, take
from mmgpt.ui.shelf import Shelf, Shown
from mmgpt.vocabulary import FIELDS

if TYPE_CHECKING:
    from mmgpt.serve.backend import Backend
    from mmgpt.serve.settings import Settings
    from vision.image import LoadedImage

ANSWER_TOKENS = 192
_numbers = itertools.count(1)


def reply(kind: str, **values: Any) -> str:
    """A message to the page's script. Numbered, since the browser notices only what has changed."""
    return json.dumps({"kind": kind, "number": next(_numbers), **values}, ensure_ascii=False)


class Desk:
    """Shared by everybody who has the page open; what is whose is told by owner and id."""

    def __init__(self, backend: Backend, settings: Settings, shelf: Shelf) -> None:
        self.backend, self.settings, self.shelf = backend, settings, shelf

    # -- a picture -----------------------------------------------------------------------------------------------------------

    async def load(self, path: str | Path, *, delete: bool = True) -> LoadedImage:
        """The pixels of an uploaded file, which is deleted. Raises ServiceError."""
        return await self.backend.picture(take(path, self.settings.max_body_bytes, delete=delete))

    async def open(
        self, path: str | Path, owner: str, examples: list[dict[str, str]], *, delete: bool = True
    ) -> AsyncGenerator[str, None]:
        """Diagnoses an uploaded file; gives the desk's HTML as it is while waiting, and at last."""
        name = shown_name(path)
        try:
            yield card.waiting(stand_of(0), name)
            image = await self.load(path, delete=delete)
            async with aclosing(watched(self.backend, self.backend.run(Diagnose(image), owner=owner))) as steps:
                async for step in steps:
                    if isinstance(step, int):
                        yield card.waiting(stand_of(step), name)
                        continue
                    assert isinstance(step[0], dict)
                    shown = Shown(image, owner, name, step[0])
            info = await self.backend.info()
            correctable = self.settings.corrections is not None
            yield card.desk(self.shelf.put(shown), shown, correctable=correctable, talks=info.talks)
        except Exception as error:
            yield card.empty(examples, message_of(error))

    async def diagnosed(self, path: str | Path, question: str | None, owner: str) -> dict[str, Any]:
        """The diagnosis alone, for programs. Raises ServiceError."""
        result = await self.backend.run(Diagnose(await self.load(path), question or None), owner=owner)
        assert isinstance(result, dict)
        return result

    # -- questions -----------------------------------------------------------------------------------------------------------

    async def ask(self, name: object, question: object, owner: str) -> AsyncGenerator[str, None]:
        """Answers a question about a picture, bit by bit."""
        text = ""
        try:
            shown = self.shelf.get(name, owner)
            words = _question(question, self.settings.max_text)
            async with aclosing(self.answer(shown.image, words, owner)) as answer:
                async for text in answer:
                    yield reply("answer", id=name, text=text, done=False)
            yield reply("answer", id=name, text=text or "No answer.", done=True)
        except Exception as error:
            yield reply("answer", id=name, error=message_of(error), done=True)

    async def answer(self, image: LoadedImage, question: str, owner: str) -> AsyncGenerator[str, None]:
        """The answer so far, again and again. Raises ServiceError."""
        request = Generate((ChatMessage("user", (image, question)),), max_tokens=ANSWER_TOKENS)
        text = ""
        async with aclosing(self.backend.generate(request, owner=owner)) as events:
            async for event in events:
                if isinstance(event, Delta):
                    text += event.text
                    yield text
                elif isinstance(event, Finished):
                    yield event.text

    # -- where it looked -----------------------------------------------------------------------------------------------------

    async def heat(self, name: object, field: object, owner: str) -> str:
        """Where the decoder looked for a field, or for the caption."""
        try:
            shown = self.shelf.get(name, owner)
            found = await self.heat_of(shown.image, None, str(field) if field else None, owner)
            return reply("heat", id=name, heat=for_page(found))
        except Exception as error:
            return reply("heat", id=name, error=message_of(error))

    async def heat_of(self, image: LoadedImage, question: str | None, field: str | None, owner: str) -> dict[str, Any]:
        """The object of `mmgpt.heat.heat`. Raises ServiceError."""
        if field is not None and field not in FIELDS:
            raise ServiceError(400, "invalid_value", f"The field must be one of {', '.join(FIELDS)}.", param="field")
        result = await self.backend.run(Heat(image, question, field), owner=owner)
        assert isinstance(result, dict)
        return result

    # -- without secrets -----------------------------------------------------------------------------------------------------

    async def redact(self, name: object, owner: str) -> str:
        """The picture with secrets covered, as a download."""
        try:
            shown = self.shelf.get(name, owner)
            found = await self.redacted(shown.image, owner)
            stem = Path(shown.name).stem or "screenshot"
            data = data_url(found.png, "image/png")
            return reply("redaction", data=data, name=f"{stem}-redacted.png", text=covered(found.report))
        except Exception as error:
            return reply("redaction", error=message_of(error))

    async def redacted(self, image: LoadedImage, owner: str) -> Redaction:
        """The clean picture. Raises ServiceError."""
        result = await self.backend.run(Redact(image), owner=owner)
        assert isinstance(result, Redaction)
        return result


def covered(report: dict[str, Any]) -> str:
    """What was covered, in a sentence or two."""
    kinds: dict[str, int] = {}
    for item in report["covered"]:
        kinds[item["kind"]] = kinds.get(item["kind"], 0) + 1
    if kinds:
        said = "Downloaded. Covered: " + ", ".join(f"{kind} × {count}" for kind, count in sorted(kinds.items())) + "."
    else:
        said = "Downloaded. Nothing was found that looks like a secret."
    if report["left"]:
        said += " Something that looks like a secret can still be read: look at it before you send it."
    return said + " Look at the picture before it leaves the building."


def for_page(found: dict[str, Any]) -> dict[str, Any]:
    """A heat map as the script wants it: smaller, since three digits are more than an eye tells apart."""
    image = found["image"]
    return {
        "tokens": found["tokens"],
        "boxes": found["boxes"],
        "kinds": found["kinds"],
        "copied": found["copied"],
        "weights": [[round(weight, 4) for weight in row] for row in found["weights"]],
        "size": [image["width"], image["height"]],
    }


def _question(question: object, longest: int) -> str:
    text = question.strip() if isinstance(question, str) else ""
    if not text:
        raise ServiceError(400, "invalid_value", "The question is empty.", param="question")
    if len(text) > longest:
        raise ServiceError(
            400, "invalid_value", f"The question has more than {longest:,} characters.", param="question"
        )
    return text
