"""An entry is cited for its own error, and not because it is the nearest one that is left."""

from __future__ import annotations

import pytest

from mmgpt.diagnosis.cite import find
from mmgpt.diagnosis.found import Fields
from mmgpt.extraction import FieldValue
from mmgpt.knowledge import KnowledgeBase
from mmgpt.knowledge.products import is_head
from vision.reader.types import Line

LEAST = 0.5


@pytest.fixture(scope="module")
def base() -> KnowledgeBase:
    return KnowledgeBase.load()


def screen(message: str, app: str | None, code: str | None, category: str, kind: str = "terminal") -> Fields:
    codes = (FieldValue(code, 0.95, (0,), code),) if code else ()
    return Fields(
        FieldValue(True, 0.98, (0,), message),
        FieldValue(app, 0.9 if app else 0.3),
        FieldValue(kind, 0.95),
        FieldValue(message, 0.9, (0,), message),
        FieldValue(code, 0.95 if code else 0.9, (0,) if code else (), code),
        FieldValue(category, 0.85, (0,)),
        codes=codes,
    )


def cited(base: KnowledgeBase, fields: Fields, *removed: str) -> str | None:
    fewer = KnowledgeBase(entry for entry in base if entry.id not in removed) if removed else base
    hits = find(fewer, fields, [Line(fields.text("message"), (0, 0, 600, 14), 1.0)])
    return hits[0].entry.id if hits and hits[0].score >= LEAST else None


OWN = [
    ("nginx/404-not-found", "404 Not Found", "nginx", "404", "not_found", "web_page"),
    ("nodejs/not-a-function", "TypeError: data.forEach is not a function", "Node.js", "TypeError", "type", "terminal"),
    ("chromium/err-cert-authority-invalid", "NET::ERR_CERT_AUTHORITY_INVALID", "Chromium", "NET::ERR_CERT_AUTHORITY_INVALID",
     "tls_certificate", "browser"),
    ("apt/are-you-root", "E: Could not open lock file /var/lib/dpkg/lock - open (13: Permission denied)", "APT", "13",
     "permission", "terminal"),
    ("python/module-not-found", "ModuleNotFoundError: No module named 'numpy'", "Python", "ModuleNotFoundError", "import_dependency",
     "terminal"),
    ("nodejs/econnrefused", "Error: connect ECONNREFUSED 127.0.0.1:5432", "Node.js", "ECONNREFUSED", "network", "terminal"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "message", "app", "code", "category", "kind"), OWN)
def test_without_its_entry_no_neighbour_is_cited(base, right, message, app, code, category, kind):
    fields = screen(message, app, code, category, kind)
    assert cited(base, fields) == right
    assert cited(base, fields, right) is None


def test_general_entries_are_for_programs_without_their_own(base):
    page = screen("404 Not Found", "CherryPy", "404", "not_found", "web_page")
    assert cited(base, page) == "http/404"
    assert cited(base, page, "http/404") is None  # and no other server's entry instead


def test_another_programs_entry_needs_a_code_that_says_much(base):
    dialog = screen(
        "java.net.ConnectException: Connection refused", "Stock Desk", "java.net.ConnectException", "network"
    )
    assert cited(base, dialog) == "java/connection"


def test_an_entry_with_other_codes_of_the_sort_is_another_errors(base):
    message = "a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'."
    fields = screen(message, "TypeScript", "TS2322", "type")
    assert cited(base, fields) == "typescript/ts2322"
    assert cited(base, fields, "typescript/ts2322") is None


def test_heads_of_families():
    assert is_head("Python") and is_head("rustc") and not is_head("pytest") and not is_head("Microsoft Edge")
