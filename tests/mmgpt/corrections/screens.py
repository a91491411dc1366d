"""Diagnoses, extractions and lines as the model makes them, for the tests of corrections."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from mmgpt.extraction import Extraction, FieldValue
from mmgpt.schema import Diagnosis
from vision.reader.types import Line

REFUSED = "connect to db1.example.org port 5432: Connection refused"


def lines_of(texts: Sequence[str]) -> list[Line]:
    """Lines one below the other."""
    return [Line(text, (10, 20 * i, 10 + 8 * max(len(text), 1), 20 * i + 16), 0.9) for i, text in enumerate(texts)]


def extraction_of(texts: Sequence[str], message: str | None, **fields: Any) -> Extraction:
    """What an extractor says of these lines; `fields` are values."""
    at = tuple(i for i, text in enumerate(texts) if message and (text in message or message in text))
    values: dict[str, Any] = {"is_error": message is not None, "app": "Shop", "kind": "terminal", "error_code": None}
    values |= {"category": "other" if message is not None else "none"} | fields
    made: dict[str, Any] = {name: FieldValue(value, 0.7, at, None) for name, value in values.items()}
    said = f"A dark terminal in which Shop reports: “{message}”."
    return Extraction(message=FieldValue(message, 0.8, at, message), caption=said, **made)


def diagnosis_of(texts: Sequence[str], message: str | None, picture: str = "one", **fields: Any) -> Diagnosis:
    """The diagnosis of a picture with these lines."""
    found = extraction_of(texts, message)
    values: dict[str, Any] = {
        name: getattr(found, name).value for name in ("is_error", "app", "kind", "error_code", "category")
    }
    text = [{"text": line.text, "box": line.box, "confidence": line.confidence} for line in lines_of(texts)]
    return Diagnosis.model_validate(
        {
            "image": {"width": 4000, "height": 4000, "sha256": hashlib.sha256(picture.encode()).hexdigest()},
            "caption": found.caption,
            "message": message,
            "text": text,
            "model": "mmgpt-nano",
            **values,
            **fields,
        }
    )
