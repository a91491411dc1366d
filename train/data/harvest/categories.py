"""Which category an error has, where that is certain: by its code, or by words that leave no doubt."""

from __future__ import annotations

import re
from pathlib import Path

BY_CODE: dict[str, str] = {
    code: category
    for category, codes in {
        "network": "ECONNREFUSED ECONNRESET ECONNABORTED ENETUNREACH ENETDOWN ENETRESET EHOSTUNREACH EHOSTDOWN ENOTCONN "
        "EPIPE ENONET ERR_CONNECTION_REFUSED ERR_CONNECTION_RESET ERR_CONNECTION_CLOSED ERR_CONNECTION_ABORTED "
        "ERR_CONNECTION_FAILED ERR_INTERNET_DISCONNECTED ERR_ADDRESS_UNREACHABLE ERR_NETWORK_CHANGED "
        "ERR_PROXY_CONNECTION_FAILED ERR_TUNNEL_CONNECTION_FAILED ERR_NETWORK_ACCESS_DENIED ERR_EMPTY_RESPONSE "
        "ERR_SOCKET_NOT_CONNECTED CURLE_COULDNT_CONNECT CURLE_SEND_ERROR CURLE_RECV_ERROR CURLE_GOT_NOTHING "
        "ERROR_NETWORK_UNREACHABLE ERROR_HOST_UNREACHABLE ERROR_CONNECTION_REFUSED ERROR_NETNAME_DELETED",
        "dns": "ENOTFOUND EAI_AGAIN EAI_FAIL EAI_NODATA EAI_NONAME ERR_NAME_NOT_RESOLVED ERR_NAME_RESOLUTION_FAILED "
        "ERR_DNS_TIMED_OUT ERR_DNS_MALFORMED_RESPONSE ERR_DNS_SERVER_FAILED CURLE_COULDNT_RESOLVE_HOST "
        "CURLE_COULDNT_RESOLVE_PROXY ERR_ICANN_NAME_COLLISION DNS_ERROR_RCODE_NAME_ERROR",
        "tls_certificate": "CURLE_SSL_CONNECT_ERROR CURLE_PEER_FAILED_VERIFICATION CURLE_SSL_CERTPROBLEM CURLE_SSL_CIPHER "
        "CURLE_SSL_CACERT_BADFILE CURLE_SSL_ISSUER_ERROR CURLE_SSL_INVALIDCERTSTATUS CURLE_SSL_PINNEDPUBKEYNOTMATCH",
        "permission": "EACCES EPERM EROFS ERR_ACCESS_DENIED ERR_BLOCKED_BY_ADMINISTRATOR CURLE_REMOTE_ACCESS_DENIED 403 "
        "SQLITE_PERM SQLITE_READONLY ERROR_ACCESS_DENIED 42501 ERROR_PRIVILEGE_NOT_HELD",
        "not_found": "ENOENT ENXIO ENODEV ESRCH ERR_FILE_NOT_FOUND 404 410 CURLE_REMOTE_FILE_NOT_FOUND "
        "CURLE_FILE_COULDNT_READ_FILE 42P01 42703 42883 3D000 3F000 SQLITE_NOTFOUND SQLITE_CANTOPEN KeyError "
        "FileNotFoundError LookupError IndexError TemplateDoesNotExist",
        "syntax": "SyntaxError IndentationError TabError NameError UnboundLocalError 42601 E0425 E0412 E0433",
        "type": "TypeError AttributeError 42804 E0308 E0277 E0599 E0061",
        "import_dependency": "ImportError ModuleNotFoundError ERR_MODULE_NOT_FOUND MODULE_NOT_FOUND E0432 E0463 E0583 "
        "ERROR_MOD_NOT_FOUND",
        "out_of_memory": "ENOMEM MemoryError ERR_OUT_OF_MEMORY CURLE_OUT_OF_MEMORY SQLITE_NOMEM 53200 "
        "ERROR_OUTOFMEMORY ERROR_NOT_ENOUGH_MEMORY EAI_MEMORY",
        "disk_full": "ENOSPC EDQUOT ERR_FILE_NO_SPACE CURLE_REMOTE_DISK_FULL SQLITE_FULL 53100 507 ERROR_DISK_FULL "
        "ERROR_HANDLE_DISK_FULL",
        "timeout": "ETIMEDOUT ETIME TimeoutError ERR_TIMED_OUT ERR_CONNECTION_TIMED_OUT CURLE_OPERATION_TIMEDOUT 408 504 "
        "ERROR_TIMEOUT ERROR_SEM_TIMEOUT WAIT_TIMEOUT",
        "authentication": "401 407 511 CURLE_LOGIN_DENIED CURLE_AUTH_ERROR ERR_INVALID_AUTH_CREDENTIALS 28P01 28000 "
        "ERROR_LOGON_FAILURE SQLITE_AUTH ERR_BAD_SSL_CLIENT_AUTH_CERT",
        "server_error": "500 501 502 503 505 506 508 510 ERR_HTTP_RESPONSE_CODE_FAILURE",
        "invalid_input": "ValueError EINVAL EDOM ERANGE EILSEQ ENAMETOOLONG 400 411 413 414 416 417 422 431 "
        "ERR_INVALID_URL ERR_INVALID_ARG_TYPE ERR_INVALID_ARG_VALUE ERR_OUT_OF_RANGE ERR_MISSING_ARGS "
        "CURLE_URL_MALFORMAT UnicodeDecodeError UnicodeEncodeError ZeroDivisionError OverflowError AssertionError "
        "JSONDecodeError",
        "concurrency_lock": "EADDRINUSE EBUSY ETXTBSY EDEADLK EALREADY ERR_ADDRESS_IN_USE SQLITE_BUSY SQLITE_LOCKED "
        "40P01 55P03 55006 409 423 ERROR_SHARING_VIOLATION ERROR_LOCK_VIOLATION ERROR_BUSY",
        "database": "SQLITE_CORRUPT SQLITE_NOTADB SQLITE_CONSTRAINT SQLITE_SCHEMA SQLITE_ERROR OperationalError "
        "IntegrityError ProgrammingError DatabaseError",
        "crash": "SIGSEGV SIGABRT SIGBUS SIGILL SIGFPE SIGTRAP SIGSYS SystemError RecursionError",
        "version_conflict": "426 E0514 SQLITE_FORMAT UnsupportedClassVersionError",
    }.items()
    for code in codes.split()
}
_PREFIXES = (
    ("ERR_CERT_", "tls_certificate"),
    ("ERR_SSL_", "tls_certificate"),
    ("X509_V_ERR_", "tls_certificate"),
    ("X509_", "tls_certificate"),
    ("ERR_TLS_", "tls_certificate"),
    ("CERT_E_", "tls_certificate"),
    ("ERR_DNS_", "dns"),
    ("DNS_ERROR_", "dns"),
    ("SQLITE_IOERR", "database"),
    ("SQLITE_CONSTRAINT", "database"),
)
# SQLSTATE classes (the first two characters), from the SQL standard and PostgreSQL's list.
_SQLSTATE = {
    "08": "network", "22": "invalid_input", "23": "database", "25": "database", "26": "database", "28": "authentication",
    "40": "concurrency_lock", "42": "database", "55": "concurrency_lock", "F0": "configuration", "XX": "crash",
}  # fmt: skip


def _words() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The word list `categories.txt`, each category's lines as one expression."""
    found: dict[str, list[str]] = {}
    category = ""
    for line in Path(__file__).with_name("categories.txt").read_text(encoding="utf-8").splitlines():
        if (head := re.fullmatch(r"\[([a-z_]+)\]", line)) is not None:
            category = head.group(1)
        elif line and not line.startswith("#"):
            found.setdefault(category, []).append(line)
    return tuple((category, re.compile("|".join(lines), re.I)) for category, lines in found.items())


_COMPILED = _words()


def by_code(code: str) -> str:
    """The category that a code has for certain, "" otherwise."""
    if code in BY_CODE:
        return BY_CODE[code]
    for prefix, category in _PREFIXES:
        if code.startswith(prefix):
            return category
    plain = code.rsplit(".", 1)[-1]
    return BY_CODE.get(plain, "")


def by_sqlstate(code: str) -> str:
    """The category of a five-character SQLSTATE: its own, else its class's."""
    return BY_CODE.get(code, "") or _SQLSTATE.get(code[:2], "")


def by_words(text: str) -> str:
    """The category that an error's words leave no doubt about, "" otherwise. Causes come before symptoms."""
    for category, pattern in _COMPILED:
        if pattern.search(text):
            return category
    return ""
