"""What is known about errors: cited entries, found by what stands on the screen. Loads no torch.

`KnowledgeBase.load()` has the entries that come with the package, and whatever files and folders of one's own it is given.
`Fresh` follows the files of one's own. The format of an entry, and of a runbook in Markdown or YAML: docs/knowledge.md.
"""

from __future__ import annotations

from mmgpt.knowledge.base import KnowledgeBase, user_folder
from mmgpt.knowledge.entry import Entry, EntryError
from mmgpt.knowledge.fresh import Fresh
from mmgpt.knowledge.lint import Problem, lint
from mmgpt.knowledge.patterns import Match, Pattern
from mmgpt.knowledge.search import SURE, Hit

__all__ = [
    "SURE",
    "Entry",
    "EntryError",
    "Fresh",
    "Hit",
    "KnowledgeBase",
    "Match",
    "Pattern",
    "Problem",
    "lint",
    "user_folder",
]
