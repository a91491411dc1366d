"""Secrets that are announced: NAME=value, "name": value, --option value, headers, addresses with a password in them, prose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mmgpt.redaction.fold import classes, entropy, fold, near, path_like, random_looking
from mmgpt.redaction.names import name_kind
from mmgpt.redaction.secret import Hit
from mmgpt.redaction.strand import Strand
from mmgpt.redaction.tokens import further
from mmgpt.redaction.values import ends_at, is_value

_REACH = 72  # characters before a separator in which its name stands
_SEPARATOR = re.compile(
    r"[:=]+>?\s{0,4}|[-=]>\s{0,4}|(?<=[A-Z0-9]_[A-Z]{3})-(?=\S)|(?<=[A-Z]{4})-(?=[^\sA-Z])|→\s{0,4}|;\s{1,4}|(?<=[a-zA-Z])>(?=[^\s<])"
)
_NAME = re.compile(
    r"(?P<name>[A-Za-zÀ-ÿ0-9$|!][\w\-.|!$À-ÿ]*(?: [A-Za-z0-9][\w\-|!]*){0,2})(?P<close>[\"'`“”’\])]{0,2})"
    r"(?: ?\[[^\]]{0,24}\]| ?\([^)]{0,24}\))?\s{0,3}$"
)
_BLANK_NAME = re.compile(r"(?<![\w\-])(?P<name>--?[A-Za-z][\w\-]{2,}|[A-Za-z_][\w.\-/:]{0,80})\s{1,4}(?=[^\s=:\-|])")
_SCHEME = re.compile(r"(?:bearer|basic|token|digest|negotiate|apikey|aws4-hmac-sha256|ntlm|bot|hawk)\s{1,3}", re.I)
_SCHEME_ALONE = re.compile(r"(?<![a-z0-9])(?:bearer|baslc)\s{1,3}(?=\S{8,})")
_URL = re.compile(
    r"[a-z][a-z0-9+.\-]{1,20} ?: ?/ ?/ ?(?P<user>[^\s/@:\"'?#]{0,80})"
    r"(?:: ?(?P<word>[^\s\"'<>]{0,120}(?: [^\s\"'<>@/]{1,60})?))? ?@(?=\s?[\w\[.])"
)
_SHORT = re.compile(r"[\w]{1,4} (?=\S{24})")
_TORN = re.compile(r" [A-Za-z0-9][^\s;&<>\"]*")  # after a full stop within a value the reader likes to see a blank
_COOKIE = re.compile(r"(?<![a-z])(?:set-)?cookl?e ?: ?")
_PAIR = re.compile(r"(?P<name>[\w.\-]+) ?= ?(?P<value>[^;\s\"']+)")
_PLAIN_COOKIES = frozenset("path domain expires max-age samesite version theme lang locale".split())
# programs and the option (followed by the value at once or after a blank) that takes a password, or user:password
_OPTIONS = (
    (re.compile(r"\b(?:mysql\w*|marladb\w*|sshpass|mysqladmln|7z\w?|7za|dbeaver)\b"), re.compile(r"(?<=\s)-p ?(?=[^\s\-])")),
    (re.compile(r"\b(?:docker|podman|nerdctl|helm|oras|skopeo|crane|az|oc|htpasswd|wlnexe)\b"), re.compile(r"(?<=\s)-p\s{1,2}(?=[^\s\-])")),
    (re.compile(r"\b(?:redls-cll|mongo\w*)\b"), re.compile(r"(?<=\s)-[ap]\s{1,2}(?=[^\s\-])")),
    (re.compile(r"\b(?:zlp|unzlp|mosqul\w+|psexec)\b"), re.compile(r"(?<=\s)-[p]\s{1,2}(?=[^\s\-])")),
    (re.compile(r"\b(?:ldap\w+|blnd)\b"), re.compile(r"(?<=\s)-w\s{1,2}(?=[^\s\-])")),
    (re.compile(r"\b(?:openssl|keytool)\b"), re.compile(r"(?:pass:|(?<=\s)-k\s{1,2}|storepass\s{1,2}|keypass\s{1,2})(?=[^\s\-])")),
)  # fmt: skip
_USER_OPTION = re.compile(
    r"(?<=\s)(?:-u|--user|-user|--proxy-user|--creds|-U) ?[\"']?(?P<user>[^\s:\"'%]+)[:%] ?(?P<word>[^\s\"']+)", re.I
)
_LOGIN_PROGRAM = re.compile(r"\b(?:curl|wget|http|https|xh|httple|smbcllent|skopeo|ncftp\w*|ldap\w*|jenklns-cll)\b")
_SAID = re.compile(
    r"(?:password|passwort|passwd|passphrase|pwd|pass|passcode|pw|token|secret|key|pln)\b(?: (?:for|of|to|on) [\w.\- ]{1,30}?)?"
    r"\s(?:ls|was|changed to|set to|now)(?: now| stlll| actually| just)?:? [\"']?(?=\S{4,})"
)
_NEARLY_SAID = re.compile(r"(?<![a-z])(?P<name>[a-z]{7,9})\s(?:ls|was)(?: now)?:? (?=\S{4,})")
_SQL = re.compile(
    r"(?:ldentlfled (?:wlth [\w'\"]+ )?by(?: password)?|wlth (?:encrypted )?password|password ?\(|set password for \S+ ?=|"
    r"convert ?to-?securestrlng(?: -strlng)?)\s{0,2}[\"']"
)
_PIPED = re.compile(
    r"echo (?:-n )?[\"']?(?P<word>[^\"'|]+?)[\"']? ?\| ?(?:sudo -s|docker login|base64|chpasswd|passwd|.*--password-stdln|su )"
)
_NETRC = re.compile(r"(?:logln|user|machlne) \S+ (?:password|passwd) ?(?P<word>\S+)")
_SHADOW = re.compile(r"^[a-z_][\w\-]*:(?P<hash>[^\s:]{13,}):[0-9OlI]{3,5}:[0-9OlI]*:")
_HASH = re.compile(
    r"(?i:[$§S](?:[0-9a-z]{1,2}|argon.{2,3}|scrypt|apr.)\$[\w./$=,+\-]{16,})|\{(?:S?SHA\w*|CRYPT)\}[\w+/=$.]{16,}"
)


def named(strand: Strand) -> Iterator[Hit]:
    """Values behind names that say that they are secret."""
    yield from _assigned(strand)
    yield from _schemes(strand)
    yield from _addresses(strand)
    yield from _cookies(strand)
    yield from _options(strand)
    yield from _prose(strand)
    if len(strand.lines) == 1 and not re.search(r"[\s:]|=(?![=\"',;]*$)", strand.text.strip()):
        yield from _by_chance(strand, 0)  # a field or a cell of its own, whose name is cut off or far away


def _assigned(strand: Strand) -> Iterator[Hit]:
    text = re.sub(r"(?<=[A-Za-z])==(?=[A-Za-z])", "ss", strand.text)  # how very small letters are misread
    for separator in _SEPARATOR.finditer(text):
        found = _NAME.search(text[max(separator.start() - _REACH, 0) : separator.start()])
        meant = name_kind(_last_words(found.group("name"))) if found is not None else None
        if found is not None and fold(found.group("name")).endswith("cookle"):
            continue  # its pairs are looked at one by one
        if found is None or meant is None:
            yield from _by_chance(strand, separator.end())
            continue
        quoted = text[separator.end() : separator.end() + 1] in ('"', "'", "`", "“", "”", "‘", "’")
        sign = separator.group().strip()
        strict = quoted or "=" in sign or sign == ">" or bool(found.group("close").strip("])"))
        yield from _value(strand, separator.end(), meant[0], meant[1], strict)
        torn = _SHORT.match(text, separator.end())  # "gi thub_pat_…": a blank that the reader put in
        if torn is not None:
            yield from _by_chance(strand, torn.end())
    for found in _BLANK_NAME.finditer(text):
        name = found.group("name")
        meant = name_kind(name.lstrip("-").rsplit("/", 1)[-1].rsplit(":", 1)[-1])
        option = name.startswith("-")
        if meant is not None and (option or re.search(r"[A-Za-z]_[A-Za-z]|pass$|authtoken|authToken", name)):
            yield from _value(strand, found.end(), meant[0], meant[1], option)


def _last_words(name: str) -> str:
    """Of the words before a separator those that are its name: all, if they are few; a sentence's last ones."""
    return " ".join(name.split(" ")[-3:])


def _value(strand: Strand, start: int, kind: str, sure: bool, strict: bool) -> Iterator[Hit]:
    text = strand.text
    scheme = _SCHEME.match(text, start + (text[start : start + 1] in "\"'"))
    if scheme is not None and ends_at(text, scheme.end()) - scheme.end() >= 6:
        start = scheme.end()
    end = ends_at(text, start)
    value = text[start:end]
    alone = not re.search(r"[A-Za-z]{2}", text[end:])
    if is_value(value, kind, sure, alone, strict):
        quoted = value[:1] in "\"'`“”‘’"
        while not quoted and (more := _TORN.match(text, end)) and text[end - 1] in "._-" and end - start > 2:
            end = more.end()
        yield Hit(kind, start, further(strand, start, end) if not quoted and kind != "card" else end)


_PUBLIC = re.compile(r"(?:sha\d|integrity|digest|checksum|fingerprint|commit|etag|md5|ssh-|public)", re.I)


def _by_chance(strand: Strand, start: int) -> Iterator[Hit]:
    """A long value of letters of both cases and digits behind a name that says nothing, or that was misread."""
    end = ends_at(strand.text, start)
    value = strand.text[start:end].strip("\"'")
    if path_like(value):
        return
    long = (
        len(value) >= 32 and classes(value) == 3 and entropy(value) >= 4.2 and re.fullmatch(r"[\w+/\-.~]+={0,2}", value)
    )
    if (
        long
        and value.count("/") + value.count(".") < 6
        and not _PUBLIC.search(strand.text[max(start - 40, 0) : start + 8])
    ):
        yield Hit("token", start, further(strand, start, end))


def _schemes(strand: Strand) -> Iterator[Hit]:
    for found in _SCHEME_ALONE.finditer(strand.folded):
        end = ends_at(strand.text, found.end())
        value = strand.text[found.end() : end]
        if (re.search(r"[0-9._\-+/=]", value) and len(value) >= 8) or random_looking(value, 10):
            yield Hit("token", found.end(), further(strand, found.end(), end))


def _addresses(strand: Strand) -> Iterator[Hit]:
    for found in _URL.finditer(strand.folded):
        word = found.group("word")
        if word is not None:
            # "@" may stand in the password too: up to the last one before the host
            if word and is_value(strand.text[slice(*found.span("word"))], "password", True, True, True):
                yield Hit("password", *found.span("word"))
        elif random_looking(strand.text[slice(*found.span("user"))], 12):
            yield Hit("token", *found.span("user"))


def _cookies(strand: Strand) -> Iterator[Hit]:
    for found in _COOKIE.finditer(strand.folded):
        for pair in _PAIR.finditer(strand.text, found.end()):
            if fold(pair.group("name")) not in map(fold, _PLAIN_COOKIES) and len(pair.group("value")) >= 4:
                start, end = pair.span("value")
                yield Hit("token", start, further(strand, start, end))


def _options(strand: Strand) -> Iterator[Hit]:
    for program, option in _OPTIONS:
        began = program.search(strand.folded)
        if began is None:
            continue
        for found in option.finditer(strand.folded, began.end()):
            end = ends_at(strand.text, found.end())
            if is_value(strand.text[found.end() : end], "password", True, True, True):
                yield Hit("password", found.end(), end)
    login = _LOGIN_PROGRAM.search(strand.folded)
    for found in _USER_OPTION.finditer(strand.text, login.end() if login else len(strand.text)):
        yield Hit("password", *found.span("word"))


def _prose(strand: Strand) -> Iterator[Hit]:
    folded, text = strand.folded, strand.text
    for pattern, strict in ((_SAID, False), (_SQL, True)):
        for found in pattern.finditer(folded):
            end = ends_at(text, found.end() - (text[found.end() - 1] in "\"'"))
            start = found.end()
            value = text[start:end].rstrip(".,)\"'")
            telling = re.search(r"[0-9]|[^\w\s.,]|[a-z][A-Z]", value) is not None
            if is_value(value, "password", True, False, strict) and (strict or telling):
                yield Hit("password", start, start + len(value))
    for found in _NEARLY_SAID.finditer(folded):  # "pagsword is …"
        if found["name"] != fold("password") and near(found["name"], fold("password")):
            value = text[found.end() : ends_at(text, found.end())].rstrip(".,)\"'")
            if is_value(value, "password", True, False, False) and re.search(r"[0-9]|[^\w\s.,]", value):
                yield Hit("password", found.end(), found.end() + len(value))
    for pattern in (_PIPED, _NETRC):
        for found in pattern.finditer(folded):
            if is_value(text[slice(*found.span("word"))], "password", True, True, True):
                yield Hit("password", *found.span("word"))
    for found in _SHADOW.finditer(text):
        yield Hit("password", *found.span("hash"))
    for found in _HASH.finditer(text):
        yield Hit("password", *found.span())
