"""The words that fields are made of: their names, kinds of screens, categories of errors. They are part of the schema, and stand
apart from it because commands list them before anything heavy is loaded."""

from __future__ import annotations

from typing import Literal, get_args

FieldName = Literal["is_error", "app", "kind", "message", "error_code", "category"]
Kind = Literal[
    "browser",
    "web_page",
    "terminal",
    "desktop_dialog",
    "ide_editor",
    "desktop_app",
    "chart",
    "document",
    "photo",
    "other",
]
Category = Literal[
    "network",
    "dns",
    "tls_certificate",
    "permission",
    "not_found",
    "syntax",
    "type",
    "import_dependency",
    "out_of_memory",
    "disk_full",
    "timeout",
    "authentication",
    "configuration",
    "version_conflict",
    "crash",
    "server_error",
    "invalid_input",
    "database",
    "concurrency_lock",
    "other",
    "none",
]
FIELDS: tuple[FieldName, ...] = get_args(FieldName)
KINDS: tuple[Kind, ...] = get_args(Kind)
CATEGORIES: tuple[Category, ...] = get_args(Category)
