"""What belongs to people: e-mail addresses, numbers of cards and accounts, and on demand telephone and insurance numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mmgpt.redaction.fold import DIGIT_LIKE, digits, luhn
from mmgpt.redaction.secret import Hit
from mmgpt.redaction.strand import Strand

_LOCAL = r"[A-Za-zÀ-ÿ0-9][\wÀ-ÿ.+\-%'|!,]*"
_LABEL = r"[A-Za-zÀ-ÿ0-9|!](?:[\wÀ-ÿ\-|!]*)"
_LOCAL_END = re.compile(rf"(?P<local>{_LOCAL}(?: ?\. ?{_LOCAL}){{0,1}}) ?$")
_HOST = re.compile(rf" ?(?P<host>{_LABEL}(?:(?: ?[.·] ?|,){_LABEL}){{1,6}})")
_REACH = 72  # characters on both sides of "@" that may belong to an address
_NO_DOMAIN = frozenset(
    "service socket timer mount target slice scope device png jpg jpeg gif svg webp css js ts tsx jsx mjs cjs py json yml yaml md html "
    "lock toml sh conf cfg log txt xml gz zip tar whl rb go rs java".split()
)
_MISREAD = re.compile(
    r"(?<![\w.@/])[A-Za-z0-9][A-Za-z0-9._+%\-]+[^\x00-\x7f…“”‘’–—│├└█·•][A-Za-z0-9\-]{2,}(?:\.[A-Za-z0-9\-]{2,})*\.[a-z]{2,12}(?![\w/])"
)
"""An address of plain letters whose "@" was read as a letter with a mark."""
_SAID = re.compile(
    r"(?i:(?<![a-z])e?-?mail)[\"']?\s{0,2}[:=]\s{0,2}[\"'“]?(?P<value>(?!smtp|mail|imap|pop)[A-Za-z0-9][\w.,+%\-]{5,}[.,][a-z]{2,12})(?![\w/@])"
)
"""What a name says to be an address, whatever its "@" was read as."""
_PACKAGE = re.compile(r"^v?[0-9]+[.,][0-9xX*]")
_NUMBER = re.compile(rf"(?<![A-Za-z0-9.#])[{DIGIT_LIKE}](?:[ \-.]{{0,3}}[{DIGIT_LIKE}]){{11,22}}(?![A-Za-z0-9])")
_GROUPED = re.compile(
    rf"^[{DIGIT_LIKE}]{{4}}(?:[ \-.]{{1,3}}[{DIGIT_LIKE}]{{4}}){{3}}$|"
    rf"^[{DIGIT_LIKE}]{{4}}[ \-.]{{1,3}}[{DIGIT_LIKE}]{{6}}[ \-.]{{1,3}}[{DIGIT_LIKE}]{{4,5}}$"
)
_GROUPS = re.compile(
    rf"(?<![A-Za-z0-9])[{DIGIT_LIKE}]{{3,5}}(?:[ \-.]{{1,3}}[{DIGIT_LIKE}]{{3,5}}){{3}}(?![A-Za-z0-9])"
)
_CARD_WORD = re.compile(r"card|vlsa|amex|amerlcan express|maestro|dlscover|debl?t|credlt|kartennummer|cc-?num|pan\b")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z018|5]{2} ?[0-9OolISBZ]{2}(?:[ ]{0,2}[A-Za-z0-9|!]){10,32}(?![A-Za-z0-9])")
_PHONE = re.compile(
    r"(?<![\w.])(?:\+|00)[0-9OlI](?:[ \-./()]{0,2}[0-9OlI]){7,13}(?!\w)|(?<![\w.])\(?[0-9]{3}\)?[ \-.][0-9]{3}[ \-.][0-9]{4}(?!\w)"
)
_SSN = re.compile(r"(?<![\w\-])[0-9OlI]{3}-[0-9OlI]{2}-[0-9OlI]{4}(?![\w\-])")

# Lengths of the SWIFT register of IBAN formats.
_LENGTHS = {
    code: int(length)
    for length, codes in {
        "15": "NO", "16": "BE", "18": "DK FI FO GL NL", "19": "MK SI", "20": "AT BA EE KZ LT LU XK", "21": "CH HR LI LV",
        "22": "BG BH CR DE GB GE IE ME RS", "23": "AE GI IL IQ TL", "24": "AD CZ ES MD PK RO SA SE SK TN VG", "25": "LY PT ST",
        "26": "IS TR", "27": "BI DJ FR GR IT MC MR SM", "28": "AL AZ BY CY DO GT HU LB NI PL SV", "29": "BR EG PS QA UA", "30": "JO KW MU",
        "31": "MT SC", "32": "LC", "33": "RU",
    }.items()
    for code in codes.split()
}  # fmt: skip


def mails(strand: Strand) -> Iterator[Hit]:
    """E-mail addresses, blanks around "@" and "." forgiven."""
    text = strand.text
    for at in re.finditer("[@©®]", text):
        before = _LOCAL_END.search(text[max(at.start() - _REACH, 0) : at.start()])
        after = _HOST.match(text[: at.end() + _REACH], at.end())
        if before is None or after is None:
            continue
        host = re.sub(r"\s+", "", re.sub("[,·]", ".", after.group("host")))
        last = host.rstrip(".").rsplit(".", 1)[-1]
        local = before.group("local")
        if text[at.start() - 1 : at.start()] == " " and len(local) < 3:
            continue  # "-d @body.json"
        if re.search(r"[:;] ?/ ?/[^\s]*$", text[max(at.start() - 2 * _REACH, 0) : at.start()]):
            continue  # who logs in at an address: its password is looked for elsewhere
        if _PACKAGE.match(host) or last.lower() in _NO_DOMAIN or local.lower() in ("git", "svn", "hg"):
            continue
        if not re.fullmatch(r"[A-Za-zÀ-ÿ01|!5]{1,24}", last) or last.isdigit():
            continue
        end = after.end()
        written = re.match(r".*[a-z0-9](?=[.,] [A-Z])", after.group())
        if written and "." in written.group():
            end = after.start() + written.end()  # "ana@example.com. Then …": a sentence's end
        yield Hit("email", at.start() - len(before.group()) + _said_before(local), end)

    for said in _SAID.finditer(text):
        yield Hit("email", *said.span("value"))
    for found in _MISREAD.finditer(text):
        last = found.group().rsplit(".", 1)[-1]
        if "." in found.group()[: -len(last) - 1] and last not in _NO_DOMAIN:
            yield Hit("email", *found.span())


def _said_before(local: str) -> int:
    """How many characters of what was taken for the first part are a sentence's end before it ("sent. ana@…")."""
    found = re.match(r".*\. (?=\S)|.*[a-z]{2} \. ?", local)
    return found.end() if found else 0


def cards(strand: Strand) -> Iterator[Hit]:
    """Card numbers: by their check digit, or, one digit being misread, by their groups or a word before them."""
    told = _CARD_WORD.search(strand.folded) is not None
    for pattern in (_NUMBER, _GROUPS):
        for found in pattern.finditer(strand.text):
            text = found.group()
            number = digits(text)
            real = sum(letter.isdigit() for letter in text)
            grouped = _GROUPED.match(text) is not None or pattern is _GROUPS
            if not 13 <= len(number) <= 19 and not (pattern is _GROUPS and len(number) >= 13):
                continue
            if real < 0.7 * len(number) or number[0] not in "23456" or len(set(number)) < 2:
                continue
            if grouped or told or (luhn(number) and _issuer(number)):
                yield Hit("card", *found.span())


def _issuer(number: str) -> bool:
    """Whether a number without groups begins and is as long as those of the large card companies."""
    known = {"4": (13, 16, 19), "5": (16,), "2": (16,), "6": (16, 19), "3": (14, 15, 16)}
    return len(number) in known.get(number[0], ()) and number[:2] not in ("20", "21", "29", "31", "33", "50")


def ibans(strand: Strand) -> Iterator[Hit]:
    """International bank account numbers: by their check digits, or by country and length."""
    for found in _IBAN.finditer(strand.text):
        text = found.group()
        compact = re.sub(r"\s", "", text).upper()
        country = compact[:2].translate(str.maketrans("015|8", "OISIB"))
        length = _LENGTHS.get(country)
        if length is None or sum(letter.isdigit() for letter in compact) < 0.4 * len(compact):
            continue
        if len(compact) < length - 2 and not re.match(r"^\S{4}(?: {1,2}\S{4}){3,}", text):
            continue  # too short, unless it is cut off by the edge of a field
        # what follows within the pattern may be the next word: the number ends where its length says
        grouped = re.match(r"^\S{4}(?: {1,2}\S{4}){2,}", text) is not None
        if valid_iban(compact[:length]) or grouped or len(compact) in (length - 1, length, length + 1):
            yield Hit("iban", found.start(), found.start() + _reach(text, length))


def _reach(text: str, length: int) -> int:
    seen = 0
    for at, letter in enumerate(text):
        seen += not letter.isspace()
        if seen == length:
            rest = re.match(r"\w{0,2}(?!\w)", text[at + 1 :])
            return at + 1 + (rest.end() if rest else 0)
    return len(text)


def valid_iban(compact: str) -> bool:
    """ISO 7064 mod 97-10 over the number with its first four characters put last."""
    if not compact.isalnum() or not compact.isascii():
        return False
    return int("".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])) % 97 == 1


def phones(strand: Strand) -> Iterator[Hit]:
    """Telephone numbers with a country's prefix, or in the groups usual in North America."""
    for found in _PHONE.finditer(strand.text):
        yield Hit("phone", *found.span())


def insurances(strand: Strand) -> Iterator[Hit]:
    """US social security numbers."""
    for found in _SSN.finditer(strand.text):
        number = digits(found.group())
        if number[:3] not in ("000", "666") and number[0] != "9" and number[3:5] != "00":
            yield Hit("ssn", *found.span())
