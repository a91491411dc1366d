"""Diagnoses with text that wants to be markup, a link or an instruction, as a hostile screenshot may show it."""

from __future__ import annotations

from typing import Any

from mmgpt.schema import Diagnosis

TEXTS = {
    "html": '<script>alert(1)</script><img src=x onerror="alert(2)">&lt;b&gt;',
    "end_tags": "</bdi></p></style></script><!-- --> ]]> -->",
    "attribute": '" onmouseover="alert(1)" \' autofocus onfocus=\'alert(2)',
    "template": "{{ 7*7 }} {% raw %} ${7*7} #{7*7}",
    "backticks": "``` ` `` ````````` `",
    "code_then_html": "`a` `` <script>x</script> ``` </script>",
    "links": "[click](javascript:alert(1)) ![x](https://evil.example/p.png) <https://evil.example> https://evil.example/a?b=c",
    "reference": "[evil]: https://evil.example/x",
    "bare": "www.evil.example evil@evil.example @admin #12 !34 org/repo#56 xmpp:a@evil.example",
    "ansi": "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07click\x1b]8;;\x07 \x9b2J\x07",
    "bidi": "user\u202egnp.exe\u2066 \u2069 \u202d1",
    "newlines": "first\n\n# heading\r\n- item\n\n    code\u2028end\u2029x",
    "list": "1. - + * # > =====",
    "table": "a | b\n---|---\n1 | 2 |",
    "math": "$x$ $$y$$ \\( \\) \\`",
    "entity": "&lt;script&gt; &#x3c;b&#x3e; &colon;",
    "long": "A" * 9000 + " " + "b`c<" * 250,
    "blank": "   ",
    "quote": "~~x~~ __y__ ***z*** ^s^ ==m==",
    "astral": "\U0001f600\ud83d\ud800 \x00 \ufeff \u200b",
}


def diagnosis_of(text: str, **changes: Any) -> Diagnosis:
    """A diagnosis in which every text that comes from the picture, and every slot of an entry, is `text`."""
    size = len(text)
    box = [10, 20, 110, 40]
    doubtful = [[0, 1], [2, 3]] if size >= 3 else []
    evidence = [
        {"field": name, "text": text, "box": box, "confidence": 0.9, "doubtful": doubtful}
        for name in ("message", "error_code", "app")
    ]
    source = {"id": "shop/e42", "title": f"E42: {text}", "url": "https://shop.example/e42", "score": 0.9, "why": text}
    knowledge = {
        "cause": f"The till at {text} is `offline {text}` now.",
        "fixes": [text, f"Look at `{text}` first.", f"{text}{text}"],
        "sources": [source],
    }
    value: dict[str, Any] = {
        "schema": "mmgpt.diagnosis/1",
        "image": {"width": 200, "height": 100, "sha256": "0" * 64},
        "caption": f"A program reports: “{text}”.",
        "is_error": True,
        "app": text,
        "kind": "terminal",
        "message": text,
        "error_code": text,
        "category": None,
        **knowledge,
        "evidence": evidence,
        "confidence": {"is_error": 0.9, "message": 0.8, "app": 0.4},
        "abstained": ["category"],
        "further": [
            {"app": text, "message": text, "error_code": text, "category": "dns", **knowledge, "evidence": evidence[:1]}
        ],
        "question": text,
        "answer": f"{text}\n{text}",
        "masked": 2,
        "escalation": {
            "engine": text,
            "reason": text,
            "fields": [],
            "sent_bytes": 5,
            "masked": 1,
            "refused": text,
        },
        "text": [{"text": text, "box": box, "confidence": 0.9}],
        "warnings": [text, f"“{text}” and `{text}`"],
        "model": "mmgpt-nano",
        "timing_ms": {"total": 12.0},
        **changes,
    }
    return Diagnosis.model_validate(value)
