"""libcurl's sentence for every result; the number is what the program shows (`curl: (6) …`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from train.data.harvest.categories import by_code, by_words
from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.tools import library, needs_library, speaker

_LIBRARIES = ("libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so")
_HEADERS = (
    "/usr/include/curl/curl.h",
    "/usr/include/x86_64-linux-gnu/curl/curl.h",
    "/usr/include/aarch64-linux-gnu/curl/curl.h",
)
# Where the development files are not installed: numbers that have been the same since they were given.
_NAMES = {
    3: "CURLE_URL_MALFORMAT", 5: "CURLE_COULDNT_RESOLVE_PROXY", 6: "CURLE_COULDNT_RESOLVE_HOST", 7: "CURLE_COULDNT_CONNECT",
    9: "CURLE_REMOTE_ACCESS_DENIED", 27: "CURLE_OUT_OF_MEMORY", 28: "CURLE_OPERATION_TIMEDOUT", 35: "CURLE_SSL_CONNECT_ERROR",
    37: "CURLE_FILE_COULDNT_READ_FILE", 52: "CURLE_GOT_NOTHING", 55: "CURLE_SEND_ERROR", 56: "CURLE_RECV_ERROR",
    58: "CURLE_SSL_CERTPROBLEM", 59: "CURLE_SSL_CIPHER", 60: "CURLE_PEER_FAILED_VERIFICATION", 67: "CURLE_LOGIN_DENIED",
    70: "CURLE_REMOTE_DISK_FULL", 77: "CURLE_SSL_CACERT_BADFILE", 78: "CURLE_REMOTE_FILE_NOT_FOUND",
    83: "CURLE_SSL_ISSUER_ERROR", 90: "CURLE_SSL_PINNEDPUBKEYNOTMATCH", 91: "CURLE_SSL_INVALIDCERTSTATUS",
    94: "CURLE_AUTH_ERROR",
}  # fmt: skip


def names() -> dict[int, str]:
    """Result numbers and their names, from the installed header where there is one."""
    found = dict(_NAMES)
    for path in map(Path, _HEADERS):
        if path.is_file():
            body = (
                path.read_text(encoding="utf-8", errors="replace")
                .partition("CURLE_OK = 0")[2]
                .partition("CURL_LAST")[0]
            )
            # each member stands on a line of its own with its number as the comment
            for name, number in re.findall(r"^\s*(CURLE_\w+),?\s*/\* (\d+)", body, re.M):
                found[int(number)] = name
    return found


def gather() -> Iterator[Phrase]:
    """Every result of curl_easy_strerror, and libcurl's messages about URLs and multi handles."""
    curl = library(*_LIBRARIES)
    speak = speaker(curl.curl_easy_strerror)
    known = names()
    unknown = speak(10_000)
    for number in range(1, 110):
        text = speak(number)
        if text and text != unknown:
            category = by_code(known.get(number, "")) or by_words(text)
            yield from phrases(SOURCE.name, text, "curl", style="none", code=str(number), category=category)
    for name, count in (("curl_url_strerror", 40), ("curl_multi_strerror", 20), ("curl_share_strerror", 10)):
        if hasattr(curl, name):
            speak = speaker(getattr(curl, name))
            unknown = speak(10_000)
            for number in range(1, count):
                if (text := speak(number)) and text != unknown:
                    yield from phrases(SOURCE.name, text, "curl", style="none", kind="error")


SOURCE = Source("curl", gather, needs_library(*_LIBRARIES, package="libcurl4"))
