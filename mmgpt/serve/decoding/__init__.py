"""Strangers' bytes become pixels in a process that may be killed: what breaks a decoder breaks nothing else.

`declared` judges a header in the front, before anything is decoded; `DecodePool` decodes.
"""

from __future__ import annotations

from mmgpt.serve.decoding.declared import Declared, declared
from mmgpt.serve.decoding.refusals import refusal

__all__ = ["Declared", "declared", "refusal"]
