"""Secrets that can be read in a picture: found in its lines, painted over in the picture, masked in texts. Loads no torch.

What is named here is loaded when it is first used, so that the command line starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmgpt.redaction.find import find_secrets as find_secrets
    from mmgpt.redaction.mask import mask_diagnosis as mask_diagnosis
    from mmgpt.redaction.mask import mask_text as mask_text
    from mmgpt.redaction.paint import Covered as Covered
    from mmgpt.redaction.paint import Redacted as Redacted
    from mmgpt.redaction.paint import boxes_of as boxes_of
    from mmgpt.redaction.paint import redact as redact
    from mmgpt.redaction.paint import redact_picture as redact_picture
    from mmgpt.redaction.secret import DEFAULT_KINDS as DEFAULT_KINDS
    from mmgpt.redaction.secret import KINDS as KINDS
    from mmgpt.redaction.secret import Secret as Secret

_WHERE = {
    "find": ("find_secrets",),
    "mask": ("mask_diagnosis", "mask_text"),
    "paint": ("Covered", "Redacted", "boxes_of", "redact", "redact_picture"),
    "secret": ("DEFAULT_KINDS", "KINDS", "Secret"),
}


def __getattr__(name: str) -> Any:
    for module, names in _WHERE.items():
        if name in names:
            return getattr(import_module(f"mmgpt.redaction.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
