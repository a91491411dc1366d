"""Small data for tests of sources: pictures with words in them, and files in every form."""

from __future__ import annotations

import io
import json
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont


@cache
def png(text: str = "connection refused", kind: str = "PNG") -> bytes:
    """A picture with a line of text in it."""
    image = Image.new("RGB", (220, 48), "white")
    ImageDraw.Draw(image).text((8, 14), text, fill="black", font=ImageFont.load_default(16))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def llava(
    image: Any = "a.png", question: str = "<image>\nWhat is it?", answer: str = "An error.", **more: Any
) -> dict[str, Any]:
    """A record as LLaVA has it."""
    turns = [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]
    return {"id": "1", "image": image, "conversations": turns, **more}


def chat(*turns: tuple[str, Any]) -> dict[str, Any]:
    """A record of chat messages."""
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


def shown(path: str = "a.png", text: str = "What is it?") -> list[dict[str, Any]]:
    """The content of a question about a picture."""
    return [{"type": "image", "path": path}, {"type": "text", "text": text}]


def tar(path: Path, members: dict[str, bytes]) -> Path:
    """A tar file with these members."""
    with tarfile.open(path, "w") as out:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    return path


def jsonl(path: Path, rows: list[Any]) -> Path:
    """JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path
