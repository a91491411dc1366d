"""What users put right: kept on this machine, a rule at once, preference data for training later. Loads no torch.

`Store(path).add(diagnosis, {"category": "network"})` keeps a correction; `Store(path).rules().apply(extraction, lines)` gives the next
showing of that message its corrected fields. The command is `mmgpt correct`: docs/correct.md.
"""

from __future__ import annotations

from mmgpt.corrections.change import (
    CORRECTABLE,
    SCOPES,
    Change,
    CorrectionError,
    Scope,
    Value,
    changes_to,
    parse,
    validated,
)
from mmgpt.corrections.exchange import read_rows, rows
from mmgpt.corrections.rule import Applied, Conflict, Knowledge, Rule, corrected_knowledge
from mmgpt.corrections.rules import Rules
from mmgpt.corrections.store import Correction, Store, default_path

__all__ = [
    "CORRECTABLE",
    "SCOPES",
    "Applied",
    "Change",
    "Conflict",
    "Correction",
    "CorrectionError",
    "Knowledge",
    "Rule",
    "Rules",
    "Scope",
    "Store",
    "Value",
    "changes_to",
    "corrected_knowledge",
    "default_path",
    "parse",
    "read_rows",
    "rows",
    "validated",
]
