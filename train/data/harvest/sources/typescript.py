"""TypeScript's diagnostics: every message with its number."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.tools import needs_npm, npm_install, output

_DUMP = (
    "const all = Object.values(require('typescript').Diagnostics).map(d => [d.code, d.category, d.message]);"
    "require('fs').writeFileSync(1, JSON.stringify(all));"
)
_ERROR = 1  # ts.DiagnosticCategory.Error
_TYPES = re.compile(
    r"assignable|type '|has no (?:call|construct) signatures|not callable|possibly|of type|overload", re.I
)


def _category(number: int, text: str) -> str | None:
    """1000..1999 are the parser's; 2304 and its like name what is not declared; a module that is not found is a missing import."""
    if re.search(r"Cannot find module|corresponding type declarations|could not be resolved", text):
        return "import_dependency"
    if 1000 <= number < 2000 or re.match(r"Cannot find name|Cannot redeclare|Duplicate identifier", text):
        return "syntax"
    if 2000 <= number < 3000 and _TYPES.search(text):
        return "type"
    return "configuration" if 5000 <= number < 6000 or number == 18003 else None


def gather() -> Iterator[Phrase]:
    """`TS2304` and its message; what the compiler only suggests or explains is an info."""
    folder = npm_install("typescript@5")
    for number, category, text in json.loads(output(["node", "-e", _DUMP], cwd=folder)):
        if category == _ERROR:
            judged = _category(number, text)
            yield from phrases(
                SOURCE.name, text, "TypeScript", style="brace", code=f"TS{number}", category=judged, markup=False, mnemonics=False
            )  # fmt: skip
        else:
            yield from phrases(
                SOURCE.name, text, "TypeScript", style="brace", kind="info", markup=False, mnemonics=False
            )


SOURCE = Source("typescript", gather, needs_npm)
