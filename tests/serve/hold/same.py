"""What is equal about two answers to the same question."""

from __future__ import annotations

from typing import Any

_OWN = frozenset({"request_id", "id", "created", "timing_ms", "prompt_tokens_details"})
"""What belongs to one answer only: its name, its time, and what a cache had."""


def canonical(value: Any) -> Any:
    """An answer's JSON without what differs from one time to the next."""
    if isinstance(value, dict):
        return {name: canonical(item) for name, item in value.items() if name not in _OWN}
    return [canonical(item) for item in value] if isinstance(value, list) else value


def said(events: list[Any]) -> Any:
    """A stream of chat as one value: role, text and end of each choice, and the counted tokens."""
    texts: dict[int, str] = {}
    ends: dict[int, str] = {}
    usage = None
    for event in events:
        if event == "[DONE]":
            continue
        usage = event.get("usage") or usage
        for choice in event.get("choices", ()):
            texts[choice["index"]] = texts.get(choice["index"], "") + (choice["delta"].get("content") or "")
            if choice["finish_reason"]:
                assert choice["index"] not in ends, "a choice ends once"
                ends[choice["index"]] = choice["finish_reason"]
    return [texts, ends, canonical(usage), events[-1]]
