"""Real screenshots trigger the knowledge base: what a program printed is found by the entry that is about it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from mmgpt.knowledge import SURE, Hit, KnowledgeBase

ROOT = Path(__file__).parents[1] / "data" / "real"


@cache
def found() -> dict[str, Hit | None]:
    """The surest entry of each capture that shows an error, by its own text, where one of the entry's patterns stands in it."""
    base = KnowledgeBase.load()
    hits: dict[str, Hit | None] = {}
    for path in sorted(ROOT.glob("*/*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        fields = record["fields"]
        if not fields["is_error"]:
            continue
        text = "\n".join([fields["message"], *(line["text"] for line in record["lines"])])
        best = base.search(text, code=fields["error_code"], product=fields["app"], kind=fields["kind"], limit=1)
        sure = [hit for hit in best if hit.score >= SURE and any(why.startswith("pattern") for why in hit.why)]
        hits[record["id"]] = sure[0] if sure else None
    return hits


def test_captures_trigger_a_hundred_entries() -> None:
    entries = {hit.entry.id for hit in found().values() if hit is not None}
    assert len(entries) >= 100, f"only {len(entries)} entries are triggered by a capture"


def test_what_is_found_is_about_it() -> None:
    hits = found()
    for capture, entry in {
        "node-address-in-use": "nodejs/eaddrinuse",
        "git-not-a-repository": "git/not-a-repository",
        "chromium-name-not-resolved": "chromium/err-name-not-resolved",
        "mysql-access-denied": "mysql/access-denied-1045",
        "nginx-502": "nginx/502-bad-gateway",
        "rustc-mismatched": "rust/e0308",
    }.items():
        hit = hits[capture]
        assert hit is not None and hit.entry.id == entry, (capture, hit)
