"""OpenSSL's reasons, and what it says about certificates that it does not accept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.tools import library, needs_library, speaker

_LIBRARIES = ("libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so")
_HEADER = Path("/usr/include/openssl/x509_vfy.h")
_LAST_LIBRARY, _LAST_REASON = 70, 1300
_SSL_LIBRARIES = frozenset({11, 20})  # ERR_LIB_X509, ERR_LIB_SSL


def gather() -> Iterator[Phrase]:
    """Reasons of every part of the library, with the packed number as the code (`error:0A000086:…`)."""
    library("libssl.so.3", "libssl.so.1.1", *_LIBRARIES).OPENSSL_init_ssl(0x00200000, None)  # SSL_load_error_strings
    crypto = library(*_LIBRARIES)
    reason = speaker(crypto.ERR_reason_error_string)
    part = speaker(crypto.ERR_lib_error_string)
    for lib in range(1, _LAST_LIBRARY):
        if not part(lib << 23):
            continue
        for number in range(1, _LAST_REASON):
            text = reason(lib << 23 | number)
            if text and not text.endswith(" lib"):
                category = "tls_certificate" if lib in _SSL_LIBRARIES else None
                code = f"{lib << 23 | number:08X}"
                yield from phrases(SOURCE.name, text, "OpenSSL", style="none", code=code, category=category)
    verify = speaker(crypto.X509_verify_cert_error_string)
    names = _verify_names()
    for number in range(1, 110):
        text = verify(number)
        if text and "unknown certificate verification error" not in text:
            code = names.get(number, "")
            yield from phrases(
                SOURCE.name, text, "OpenSSL", style="none", code=code, category="tls_certificate", kind="error"
            )  # fmt: skip


def _verify_names() -> dict[int, str]:
    if not _HEADER.is_file():
        return {}
    text = _HEADER.read_text(encoding="utf-8", errors="replace")
    return {int(number): name for name, number in re.findall(r"define\s+(X509_V_ERR_\w+)\s+(\d+)", text)}


SOURCE = Source("openssl", gather, needs_library(*_LIBRARIES, package="libssl3"))
