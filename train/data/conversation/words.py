"""Names of kinds, categories and places in words, and what each kind and category means in one short sentence."""

from __future__ import annotations

from train.data.conversation.screen import Box

KIND_NAMES = {
    "browser": "browser page",
    "web_page": "web page",
    "terminal": "terminal",
    "desktop_dialog": "dialog",
    "ide_editor": "editor window",
    "desktop_app": "program window",
    "chart": "chart",
    "document": "document",
    "photo": "photo",
    "other": "picture",
}
KIND_MEANINGS = {
    "browser": "A browser page is one that the browser itself made, such as its error page.",
    "web_page": "A web page is one that a server or a web application made.",
    "terminal": "A terminal shows commands and what they print.",
    "desktop_dialog": "A dialog is a small window with a message or a question and its buttons.",
    "ide_editor": "An editor window shows text or source code that is being edited.",
    "desktop_app": "A program window is the main window of an ordinary program.",
    "chart": "A chart draws numbers as lines, bars or points.",
    "document": "A document is a page of a letter, a paper or an invoice.",
    "photo": "A photo shows things rather than a screen.",
    "other": "Other stands for pictures that are none of the other kinds.",
}
CATEGORY_NAMES = {
    "network": "network problem",
    "dns": "DNS problem",
    "tls_certificate": "certificate problem",
    "permission": "permission problem",
    "not_found": "something missing",
    "syntax": "syntax error",
    "type": "type error",
    "import_dependency": "missing dependency",
    "out_of_memory": "lack of memory",
    "disk_full": "full disk",
    "timeout": "timeout",
    "authentication": "login problem",
    "configuration": "configuration problem",
    "version_conflict": "version conflict",
    "crash": "crash",
    "server_error": "server error",
    "invalid_input": "invalid input",
    "database": "database problem",
    "concurrency_lock": "lock conflict",
    "other": "problem of no common category",
    "none": "no problem",
}
CATEGORY_MEANINGS = {
    "network": "Network: another machine could not be reached, or the connection broke.",
    "dns": "DNS: the name of a machine could not be turned into its address.",
    "tls_certificate": "TLS certificate: the certificate of a secure connection was not accepted.",
    "permission": "Permission: someone was not allowed to do what was tried.",
    "not_found": "Not found: a file, page, key or other thing that was needed does not exist.",
    "syntax": "Syntax: the text of a program or a file does not follow its language's rules.",
    "type": "Type: a value is of another type than was expected.",
    "import_dependency": "Import dependency: a module, package or library is not installed.",
    "out_of_memory": "Out of memory: there was not enough memory.",
    "disk_full": "Disk full: there was no space left to write to.",
    "timeout": "Timeout: an answer took too long.",
    "authentication": "Authentication: a login, a password or a key was not accepted.",
    "configuration": "Configuration: a setting is missing or wrong.",
    "version_conflict": "Version conflict: two versions do not go together.",
    "crash": "Crash: a program stopped because of a fault of its own.",
    "server_error": "Server error: the server failed while it answered.",
    "invalid_input": "Invalid input: something that was given is not acceptable.",
    "database": "Database: a database refused or failed a statement.",
    "concurrency_lock": "Concurrency lock: something is in use by someone else, such as a lock or a port.",
    "other": "Other: an error that is in none of the other categories.",
    "none": "None: nothing went wrong.",
}
REGIONS = (
    ("in the upper left", "at the top", "in the upper right"),
    ("on the left", "in the middle", "on the right"),
    ("in the lower left", "at the bottom", "in the lower right"),
)
_MARGIN = 0.025


def article(phrase: str) -> str:
    """The phrase with "a" or "an" before it."""
    return f"{'an' if phrase[:1].lower() in 'aeio' else 'a'} {phrase}"


def category_phrase(category: str) -> str:
    """A category as part of a sentence: "a network problem", "no problem", "invalid input"."""
    name = CATEGORY_NAMES[category]
    return name if category in ("none", "invalid_input", "not_found") else article(name)


def region(box: Box, width: int, height: int) -> str | None:
    """In which ninth of the picture the middle of a box lies, in words; None when it is too near a border to tell."""
    x = (box[0] + box[2]) / 2 / max(width, 1)
    y = (box[1] + box[3]) / 2 / max(height, 1)
    for value in (x, y):
        if min(abs(value - 1 / 3), abs(value - 2 / 3)) < _MARGIN:
            return None
    return REGIONS[_third(y)][_third(x)]


def _third(value: float) -> int:
    return 0 if value < 1 / 3 else 1 if value < 2 / 3 else 2
