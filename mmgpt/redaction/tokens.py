"""Keys and tokens that show what they are: by the prefix their vendor gives them, or by their form.

Prefixes are facts of the vendors' documentation. They are compared in folded form, since a reader mistakes I, l and 1; what
follows need only look drawn by chance, since it may be cut or misread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mmgpt.redaction.fold import classes, entropy, fold, path_like, random_looking
from mmgpt.redaction.secret import Hit
from mmgpt.redaction.strand import Strand

# prefix: how many characters follow at least, some being lost or split off
_PREFIXES = {
    # clouds
    "AKIA": 12, "ASIA": 12, "AIDA": 12, "AROA": 12, "ABIA": 12, "ACCA": 12, "AIza": 25, "ya29.": 20, "GOCSPX-": 18,
    "dop_v1_": 40, "doo_v1_": 40, "dor_v1_": 40, "LTAI": 14, "AKID": 20, "hvs.": 20, "hvb.": 40, "dapi": 28, "fo1_": 20, "FlyV1 fm": 20,
    "HRKU-": 30, "tfp_": 20, "nfp_": 30, "vercel_": 20, "pscale_": 20, "sbp_": 30, "sb_secret_": 16, "rnd_": 20, "PMAK-": 24,
    # code
    "ghp_": 16, "gho_": 16, "ghu_": 16, "ghs_": 16, "ghr_": 16, "github_pat_": 30, "glpat-": 14, "gldt-": 14, "glrt-": 14, "glcbt-": 14,
    "glptt-": 14, "gloas-": 20, "glsoat-": 14, "ATATT3": 40, "ATBB": 20, "ATCTT3": 40, "npm_": 24, "pypi-": 40, "rubygems_": 30,
    "CLOJARS_": 30, "cio": 28, "dckr_pat_": 18, "dckr_oat_": 18, "sntrys_": 30, "sntryu_": 30, "sgp_": 30,
    "pul-": 30, "NRAK-": 20, "glsa_": 24, "glc_": 24,
    "lin_api_": 28, "figd_": 24, "ntn_": 30, "dp.pt.": 28, "dp.st.": 28, "ops_eyJ": 30, "bkua_": 30, "CCIPAT_": 20, "oy2": 38, "sqp_": 30,
    # people and messages
    "xoxa-": 16, "xoxb-": 16, "xoxp-": 16, "xoxr-": 16, "xoxs-": 16, "xoxe-": 16, "xoxc-": 16, "xoxd-": 16, "xapp-": 20, "SG.": 30,
    "key-": 24, "EAAC": 40, "EAAG": 40, "pat-na1-": 24, "pat-eu1-": 24, "shpat_": 24, "shpca_": 24, "shppa_": 24, "shpss_": 24,
    # money
    "sk_live_": 14, "sk_test_": 14, "rk_live_": 14, "rk_test_": 14, "pk_live_": 14, "pk_test_": 14, "whsec_": 20, "sq0atp-": 18,
    "sq0csp-": 30, "sqOatp-": 18, "rzp_live_": 12, "rzp_test_": 12, "FLWSECK": 20, "EZAK": 40, "EZTK": 40, "access_token$production$": 30,
    # models
    "sk-proj-": 20, "sk-ant-": 20, "sk-or-v1-": 30, "sk-svcacct-": 20, "sk-admin-": 20, "sk-": 18, "hf_": 20, "r8_": 24, "gsk_": 24,
    "xai-": 30, "pplx-": 24, "nvapi-": 30, "tvly-": 20, "fw_": 20, "lsv2_pt_": 24, "AGE-SECRET-KEY-1": 30, "tskey-auth-": 14, "tskey-": 16,
}  # fmt: skip
_BODY = r"[a-z0-9_\-+/=.:]"


def _pattern() -> re.Pattern[str]:
    alternatives = []
    for prefix, least in sorted(_PREFIXES.items(), key=lambda entry: -len(entry[0])):
        # an underscore is often read as a blank, a dash or not at all; a blank may come in behind any sign
        letters = "".join(
            r"[ _\-.]{0,2}" if letter in "_" else r" ?[\-_.] ?" if letter in "-." else re.escape(letter)
            for letter in fold(prefix)
        )
        # no "=" at once: the name of a variable may begin as its value does (NPM_TOKEN=npm_…)
        alternatives.append(f"{letters} ?{_BODY.replace('/=.:', '')}{{8}}{_BODY}{{{max(least * 2 // 3 - 8, 0)},}}")
        if len(prefix) > 2 and prefix[-1] in "_-.":  # cut off by an edge
            alternatives.append(f"{letters}{_BODY.replace('/=.:', '')}{{4,}}[.…]*$")
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(alternatives)})")


_VENDOR = _pattern()
_FORMS = (
    re.compile(rf"(?<![a-z0-9])eyj{_BODY}{{14,}}"),  # a JSON web token: base64 of '{"'
    re.compile(r"hooks\.slack\.com ?/ ?(?:servlces|workflows|trlggers) ?/ ?[\w/]{12,}"),
    re.compile(r"dlscord(?:app)?\.com ?/ ?apl ?/ ?webhooks ?/ ?[\w/\-]{20,}"),
    re.compile(r"webhook\.offlce\.com ?/ ?webhookbz ?/ ?[\w/\-@]{20,}"),
    re.compile(r"(?<![a-z0-9])[0-9lozsbgqlt]{8,10}:[a-z0-9_\-]{30,}"),  # a Telegram bot's number and key
    re.compile(r"(?<![a-z0-9])[mno][a-z0-9_\-]{22,27}\.[a-z0-9_\-]{5,8}\.[a-z0-9_\-]{24,}"),  # a Discord bot's
    re.compile(r"(?<![a-z0-9])(?:ac|sk)[0-9a-flosz]{32}(?![a-z0-9])"),  # Twilio
    re.compile(r"(?<![a-z0-9])[0-9a-flosz]{32}-us[0-9losz]{1,2}(?![a-z0-9])"),  # Mailchimp
)
_DRAWN = re.compile(r"(?<![\w/@.:\-])[\w+/.%#!*\-]{20,}={0,2}")
_PUBLIC = re.compile(
    r"(?:sha-?\d|integrity|digest|checksum|fingerprint|commit|etag|md5|ssh-|ecdsa|public|certificate)", re.I
)
_NUMBERED = re.compile(r"^(?:[0-9]+|[0-9a-f]+)$")


def tokens(strand: Strand) -> Iterator[Hit]:
    """Keys and tokens that stand in the strand."""
    for found in _VENDOR.finditer(strand.folded):
        start, end = found.span()
        text = strand.text[start:end]
        if path_like(text):
            continue
        if (
            re.search("[0-9]", text[3:])
            or re.match(r"A[KSRBC][IOl1]A[A-Z]{12,}", text)
            or re.search("[a-z][A-Z]|[A-Z]{2}[a-z]", text[4:])
            or random_looking(text)
        ):
            yield Hit("token", start, further(strand, start, end))
    for pattern in _FORMS:
        for found in pattern.finditer(strand.folded):
            start, end = found.span()
            if re.search("[0-9]", strand.text[start:end]) and not _NUMBERED.match(strand.text[start:end]):
                yield Hit("token", start, further(strand, start, end))


def drawn(strand: Strand) -> Iterator[Hit]:
    """Long words that look drawn by chance, whatever stands before them: a token's rest in a row of its own, a name that is cut off."""
    if len(strand.lines) > 1:
        return  # two commits below each other, joined, are of all sorts of letters
    for found in _DRAWN.finditer(strand.text):
        word = found.group().strip(".")
        if classes(word) < 3 or entropy(word) < 3.7 or not random_looking(word) or path_like(word):
            continue
        written = sum(map(len, re.findall(r"[A-Z]?[a-z]{3,}", word)))
        if written > 0.4 * len(word) or sum(map(str.isdigit, word)) < 2 or _CERTAIN.search(word):
            continue
        if not _PUBLIC.search(strand.text[max(found.start() - 40, 0) : found.start()] + word[:12]):
            yield Hit("token", *found.span())


_CERTAIN = re.compile(r"\.[a-z]{1,4}$|^[0-9a-fA-F\-:]+$|^AAAA[A-Z]|\d+\.\d+\.\d|\..*\..*\.")
_NEXT = re.compile(r" ?([A-Za-z0-9_\-+/=.]{3,})(?=$|[\s\"',;&)\]}])")


def further(strand: Strand, start: int, end: int) -> int:
    """Where a token really ends: a blank that the reader put in is not its end if what follows looks like its rest."""
    while True:
        found = _NEXT.match(strand.text, end)
        if found is None or found.end() - end > 200:
            return end
        if not rest_of_token(found.group(1)):
            return end
        end = found.end()


def rest_of_token(part: str) -> bool:
    """Whether a word looks like the rest of a token: letters and digits mixed, or capitals within, and no name before "="."""
    if re.fullmatch(
        r"[\w.\-]+=[^=].*|[0-9.:\-]+|v?\d+(?:\.\d+)+.*|-+[a-zA-Z].*|\.?/.*|.*\.(?:py|js|ts|go|sh|yml|yaml|json|txt)",
        part,
    ):
        return False
    inner = re.search(r"[a-z][A-Z]|[A-Z][A-Z][a-z]", part) is not None
    mixed = re.search("[0-9]", part) is not None and re.search("[A-Za-z]", part) is not None
    switches = len(re.findall(r"(?<=[A-Za-z])[0-9]|(?<=[0-9])[A-Za-z]", part))
    return len(part) >= 4 and (
        (mixed and (switches >= 2 or len(part) >= 8))
        or (inner and len(part) >= 10 and classes(part) >= 2 and random_looking(part, 10))
    )
