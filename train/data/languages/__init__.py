"""Further languages: what each needs lies in a folder of its own, and everything else is made from it.

`get("zh")` reads a language; `names()` lists those that are there. How to add one: docs/languages.md.
"""

from __future__ import annotations

from train.data.languages.language import Language, LanguageError, get, names

__all__ = ["Language", "LanguageError", "get", "names"]
