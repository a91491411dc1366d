"""Screens with secrets planted in them: what a redaction must find, and where it stands, known exactly.

Secrets are made from the formats that their issuers document, by chance alone; nothing of them is anybody's.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable
from dataclasses import dataclass

from train.data.world.words import ADJECTIVES, FIRST_NAMES, LAST_NAMES, NOUNS

ALNUM = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
UPPER = string.ascii_uppercase + string.digits
URLSAFE = ALNUM + "-_"
HEX = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Planted:
    """A secret on a screen: its kind (of `mmgpt.redaction.KINDS`) and its characters. One a row, where it has several rows."""

    kind: str
    text: str


def drawn(rng: random.Random, alphabet: str, least: int, most: int = 0) -> str:
    """`least` to `most` characters of an alphabet."""
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(least, max(most, least))))


def jwt(rng: random.Random) -> str:
    """A JSON web token: header, claims and signature in base64url without padding."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")

    claims = {
        "sub": drawn(rng, string.digits, 6, 10),
        "name": rng.choice(FIRST_NAMES),
        "iat": rng.randint(1_500_000_000, 1_900_000_000),
    }
    head = {"alg": rng.choice(("HS256", "RS256", "ES256")), "typ": "JWT"}
    return f"{part(head)}.{part(claims)}.{drawn(rng, URLSAFE, 43)}"


# how a vendor's keys are made: from the prefix, the alphabet and the length that its documentation shows
TOKENS: dict[str, Callable[[random.Random], str]] = {
    "AWS_ACCESS_KEY_ID": lambda r: r.choice(("AKIA", "ASIA")) + drawn(r, string.ascii_uppercase + "234567", 16),
    "GITHUB_TOKEN": lambda r: r.choice(("ghp_", "gho_", "ghs_")) + drawn(r, ALNUM, 36),
    "GH_PAT": lambda r: "github_pat_" + drawn(r, ALNUM, 22) + "_" + drawn(r, ALNUM, 59),
    "GITLAB_TOKEN": lambda r: "glpat-" + drawn(r, URLSAFE, 20),
    "SLACK_BOT_TOKEN": lambda r: "xoxb-" + drawn(r, string.digits, 11, 13) + "-" + drawn(r, string.digits, 12) + "-" + drawn(r, ALNUM, 24),
    "STRIPE_SECRET_KEY": lambda r: r.choice(("sk_live_", "sk_test_", "rk_live_")) + drawn(r, ALNUM, 24),
    "GOOGLE_API_KEY": lambda r: "AIza" + drawn(r, URLSAFE, 35),
    "NPM_TOKEN": lambda r: "npm_" + drawn(r, ALNUM, 36),
    "TWINE_PASSWORD": lambda r: "pypi-AgEIcHlwaS5vcmc" + drawn(r, URLSAFE, 60, 90),
    "HF_TOKEN": lambda r: "hf_" + drawn(r, string.ascii_letters, 34),
    "SENDGRID_API_KEY": lambda r: "SG." + drawn(r, URLSAFE, 22) + "." + drawn(r, URLSAFE, 43),
    "OPENAI_API_KEY": lambda r: r.choice(("sk-", "sk-proj-")) + drawn(r, ALNUM, 48),
    "ANTHROPIC_API_KEY": lambda r: "sk-ant-api03-" + drawn(r, URLSAFE, 93),
    "TELEGRAM_TOKEN": lambda r: drawn(r, string.digits, 9, 10) + ":AA" + drawn(r, URLSAFE, 33),
    "DIGITALOCEAN_TOKEN": lambda r: "dop_v1_" + drawn(r, HEX, 64),
    "VAULT_TOKEN": lambda r: "hvs." + drawn(r, ALNUM, 24, 90),
    "SHOPIFY_TOKEN": lambda r: "shpat_" + drawn(r, HEX, 32),
    "DOCKER_PAT": lambda r: "dckr_pat_" + drawn(r, URLSAFE, 27),
    "ID_TOKEN": jwt,
    "AWS_SECRET_ACCESS_KEY": lambda r: drawn(r, ALNUM + "/+", 40),
    "API_KEY": lambda r: drawn(r, r.choice((HEX, ALNUM, LOWER, UPPER)), 20, 40),
    "CLIENT_SECRET": lambda r: drawn(r, URLSAFE + "~", 32, 40),
    "SESSION_SECRET": lambda r: drawn(r, HEX, 32, 64),
    "AZURE_ACCOUNT_KEY": lambda r: base64.b64encode(r.randbytes(64)).decode(),
    "HEROKU_API_KEY": lambda r: "-".join(drawn(r, HEX, n) for n in (8, 4, 4, 4, 12)),
}  # fmt: skip
SELF_TELLING = tuple(
    name
    for name in TOKENS
    if name
    not in (
        "AWS_SECRET_ACCESS_KEY",
        "API_KEY",
        "CLIENT_SECRET",
        "SESSION_SECRET",
        "AZURE_ACCOUNT_KEY",
        "HEROKU_API_KEY",
    )
)


def token(rng: random.Random, named: bool = True) -> tuple[str, str]:
    """A name and a key or token; `named` False: one that is known for what it is without a name."""
    name = rng.choice(tuple(TOKENS) if named else SELF_TELLING)
    return name, TOKENS[name](rng)


def password(rng: random.Random) -> str:
    """A password as people or programs choose them."""
    style, noun = rng.random(), rng.choice(NOUNS)
    sign = rng.choice("!#$%&*+?.@_-")
    if style < 0.3:
        return rng.choice(NOUNS).capitalize() + drawn(rng, string.digits, 2, 4) + sign
    if style < 0.45:
        return (
            noun.translate(str.maketrans("aeos", "430$"))
            + rng.choice(ADJECTIVES).capitalize()
            + drawn(rng, string.digits, 1, 3)
        )
    if style < 0.6:
        return rng.choice("-_.").join([rng.choice(ADJECTIVES), noun, rng.choice(NOUNS), drawn(rng, string.digits, 2)])
    if style < 0.7:
        return noun + drawn(rng, string.digits, 1, 4)
    return drawn(rng, ALNUM + "!#$%*+?@_-", 10, 20)


def email(rng: random.Random) -> str:
    """An address of somebody who does not exist."""
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES).lower()
    local = rng.choice(
        (
            f"{first}.{last}",
            f"{first[0]}{last}",
            f"{first}_{last}{rng.randint(1, 99)}",
            f"{last}.{first}",
            f"{first}+{rng.choice(NOUNS)}",
            first,
        )
    )
    domain = rng.choice(
        (
            f"{rng.choice(NOUNS)}{rng.choice(NOUNS)}",
            f"{rng.choice(ADJECTIVES)}-{rng.choice(NOUNS)}",
            f"mail.{rng.choice(NOUNS)}",
        )
    )
    return f"{local}@{domain}.{rng.choice(('com', 'org', 'net', 'io', 'de', 'co.uk', 'fr', 'dev'))}"


def card(rng: random.Random) -> str:
    """A card number with its check digit, in groups or without."""
    prefix, length = rng.choice(
        (("4", 16), ("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16), ("36", 14))
    )
    body = prefix + drawn(rng, string.digits, length - len(prefix) - 1)
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 - place % 2)
        total += value if value < 10 else value - 9
    number = body + str(-total % 10)
    if rng.random() < 0.25 and length == 16:
        return number
    cuts = {16: (4, 8, 12), 15: (4, 10), 14: (4, 10)}[length]
    joint = rng.choice((" ", " ", " ", "-"))
    return joint.join(number[a:b] for a, b in zip((0, *cuts), (*cuts, length), strict=True))


def iban(rng: random.Random) -> str:
    """An account number with its check digits, of a country with digits only or with a bank's letters."""
    country, shape = rng.choice(
        (
            ("DE", "9" * 18),
            ("FR", "9" * 23),
            ("ES", "9" * 20),
            ("AT", "9" * 16),
            ("CH", "9" * 17),
            ("PL", "9" * 24),
            ("GB", "A" * 4 + "9" * 14),
            ("NL", "A" * 4 + "9" * 10),
            ("BE", "9" * 12),
        )
    )
    body = "".join(rng.choice(string.ascii_uppercase if letter == "A" else string.digits) for letter in shape)
    rest = int("".join(str(int(letter, 36)) for letter in body + country + "00")) % 97
    number = f"{country}{98 - rest:02}{body}"
    if rng.random() < 0.25:
        return number
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def host(rng: random.Random) -> str:
    """An address of a private network, or a name in a private zone."""
    if rng.random() < 0.5:
        style = rng.randrange(3)
        last = f"{rng.randint(0, 255)}.{rng.randint(1, 254)}"
        return (f"10.{rng.randint(0, 255)}.{last}", f"192.168.{last}", f"172.{rng.randint(16, 31)}.{last}")[style]
    name = f"{rng.choice(('db', 'git', 'app', 'vault', 'ldap', 'ci', 'jira', 'cache'))}{rng.choice(('', '-1', '02', '-prod'))}"
    middle = rng.choice(("", f".{rng.choice(NOUNS)}"))
    return f"{name}{middle}.{rng.choice(('internal', 'corp', 'local', 'lan', 'intranet'))}"


def private_key(rng: random.Random) -> tuple[str, list[str], str]:
    """First line, rows of base64 and last line of a private key in PEM armour."""
    name, width, size = rng.choice(
        (
            ("RSA PRIVATE KEY", 64, 600),
            ("OPENSSH PRIVATE KEY", 70, 390),
            ("EC PRIVATE KEY", 64, 118),
            ("PRIVATE KEY", 64, 600),
        )
    )
    body = base64.b64encode(rng.randbytes(size)).decode()
    rows = [body[at : at + width] for at in range(0, len(body), width)]
    return f"-----BEGIN {name}-----", rows, f"-----END {name}-----"
