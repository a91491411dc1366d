"""Words that hint at what a line is: one flag a cue. They spare the network much learning and decide nothing alone."""

from __future__ import annotations

import re

# Blanks may have been lost in reading, so a blank in a cue matches none as well.
_MEANING = {
    "network": "connection (?:was )?(?:refused|reset|closed|lost|interrupted|failed|error)|network|"
    "no route|be reached|(?:un)?able to connect|(?:could not|failed to|cannot|can.t) connect|"
    "unreachable|internet|offline|econn|broken pipe|refused to connect",
    "dns": "resolve host|could not resolve|name or service|name resolution|unknown host|nxdomain|"
    "not_resolved|enotfound|eai_again|getaddrinfo|such host|server not found|finding that site|"
    "dns",
    "tls_certificate": "certificat|ssl|tls|not private|x509|security risk|handshake|cert_",
    "permission": "permission|denied|not permitted|forbidden|not allowed|privilege|read.only|unauthori|"
    "not authori|administrator|root|eacces|eperm",
    "not_found": "not found|no such|does ?n.t exist|does not exist|cannot find|can.t find|couldn.t find|"
    "missing|not be found|notfound|404|not exist|enoent",
    "syntax": "syntax|unexpected|undeclared|not defined|expected|undefined|pars(?:e|ing)|unresolved|"
    "in scope|symbol|token",
    "type": "type|assignable|null|none|nil |not a function|mismatch|convert|attribute|operand",
    "import_dependency": "module|import|package|dependenc|library|dll|header|artifact|gem |crate|locate|shared librar|include",
    "out_of_memory": "memory|heap|oom|enomem",
    "disk_full": "space|disk|quota|storage|enospc|full",
    "timeout": "tim(?:ed|e) ?out|too long|not respond|timeout",
    "authentication": "authenticat|password|log ?in|sign|credential|token|session|publickey|api key|passphrase|auth",
    "configuration": "config|setting|environment|not set|directive|option|driver|profile",
    "version_conflict": "version|compatib|conflict|newer|out of date|unsupported|reject|merge|require|upgrade",
    "crash": "crash|segmentation|panic|stopped|abort|quit|core dumped|unexpectedly|exception|fatal|overflow|snap",
    "server_error": "internal server|bad gateway|unavailable|50[0-4]|server error|went wrong|overload|maintenance",
    "invalid_input": "invalid|not valid|unrecogni|unknown option|illegal|malformed|corrupt|damaged|"
    "already exists|too (?:large|long)|is a directory|not empty|out of range|out of bounds|"
    "zero|must",
    "database": "database|sql|constraint|duplicate|transaction|query|table|column",
    "concurrency_lock": "lock|in use|busy|already running|already in|another|deadlock|eaddrinuse|ebusy",
    "other": "unknown error|input/output|failed|error|problem",
}
_FAILURE = (
    "error|fail|cannot|can.t |could not|couldn.t|unable|denied|refused|invalid|fatal|exception|problem|abort|panic"
    "|wrong|unexpected"
)
_LOOSE = tuple(re.compile(pattern.replace(" ", " ?")) for pattern in (*_MEANING.values(), _FAILURE))
_SHAPES = tuple(
    re.compile(pattern)
    for pattern in (
        r"^.{0,70}?(?:[$#%❯➜✗]|\w>|>>>|=[#>])(?: |$)",  # a prompt
        r"^(?:Traceback|Caused by|During handling|Stack trace|\s*\^+|\s*[~^]{2,})",
        r"^(?:\s*(?:at |File [\"“']|#\d|in |from |note:|hint:|help:|\d+ \|))",  # frames and notes
        r"^[A-Za-z_][\w.]*(?:Error|Exception|Warning)\b|^Exception in thread|^Uncaught",
        r"(?i)^\S{0,60}?[:(]\d+(?:[:,]\d+)?\)?:? *(?:fatal )?(?:error|warning)?",  # file:line
        r"(?i)^(?:E:|error|fatal|err!|npm err|warning|panic|failed|\W{0,3}\[?error)",
        r"^[a-z][\w.-]{1,20}: ",  # tool: what it says
        r"^\[?\d{2,4}[-/:]\d{2}[-/:]\d{2}",  # a time
        r"\?$",
        r"(?i)\b0 (?:errors?|failed|failures|problems)\b|\bpassed\b|\bsuccess|\bok\b|\bdone\b",
        r"(?i)^(?:ok|cancel|close|retry|yes|no|save|reload|details|advanced|quit|abort|ignore|try again|help)\W*$",
        r"^(?:https?://|chrome:|\w+://|www\.)",
    )
)
CUES = len(_LOOSE) + len(_SHAPES)


def cues(text: str) -> list[float]:
    """1.0 for every cue the line has, else 0.0; CUES numbers, in a fixed order."""
    text = text[:300]
    lower = text.lower()
    words = [float(pattern.search(lower) is not None) for pattern in _LOOSE]
    return words + [float(pattern.search(text) is not None) for pattern in _SHAPES]
