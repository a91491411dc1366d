"""Two diagnoses of one picture side by side, with what they do not agree on marked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mmgpt.report.words import FIELD_NAMES
from mmgpt.ui.card import values_of
from mmgpt.ui.render import render
from mmgpt.vocabulary import FIELDS

if TYPE_CHECKING:
    from mmgpt.escalation.request import Prepared
    from mmgpt.schema import Diagnosis
    from mmgpt.ui.shelf import Shown


def differences(one: Diagnosis, other: Diagnosis) -> list[str]:
    """The fields on which two diagnoses differ; upper and lower case and blanks do not matter."""

    def plain(value: object) -> object:
        return " ".join(value.casefold().split()) if isinstance(value, str) else value

    return [name for name in FIELDS if plain(getattr(one, name)) != plain(getattr(other, name))]


def side_by_side(shown: Shown, one: Diagnosis, other: Diagnosis, other_name: str) -> str:
    """Both cards as HTML, below the picture's name."""
    differ = differences(one, other)
    sides = []
    for diagnosis, name in ((one, one.model), (other, other_name)):
        values = values_of(diagnosis, shown.name, None)
        rows = {row["class"].partition("-")[2]: row for row in values["rows"]}
        for field in FIELDS:
            if field in rows:
                rows[field]["differs"] = field in differ
        for row in values["rows"]:
            row.setdefault("differs", False)
        missing = [FIELD_NAMES[field] for field in differ if field not in rows and field != "is_error"]
        sides.append({**values, "title": name, "missing": missing})
    stage = values_of(one, shown.name, shown.image.pixels)
    return render(
        "compare.html",
        sides=sides,
        stage=stage,
        differ=[FIELD_NAMES[field].lower() if field != "is_error" else "whether it is an error" for field in differ],
    )


def leaving(prepared: Prepared) -> str:
    """What would be sent, as HTML: where to, how much, the words and the masked picture."""
    from mmgpt.ui.pictures import data_url

    first = json.loads(prepared.body)["messages"]
    words = first[-1]["content"]
    text = words if isinstance(words, str) else next(part["text"] for part in words if part["type"] == "text")
    picture = prepared.picture
    return render(
        "leaving.html",
        url=prepared.url,
        size=len(prepared.body),
        masked=prepared.masked,
        words=json.dumps(json.loads(text), ensure_ascii=False, indent=1),
        picture=None if picture is None else data_url(picture.data, picture.media_type),
    )
