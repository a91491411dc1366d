"""Names that say that what follows is a secret: DB_PASSWORD, api-key, "Client secret", Authorization.

A name is folded and cut into its parts, so that all cases and joints are one; a wrong letter in a long part is forgiven.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from mmgpt.redaction.fold import fold, near

# One part of a name is enough.
_PASSWORD = "password passwd passwort passphrase passcode pwd pass pw psk pgpassword kennwort contraseña requirepass userpassword".split()
_TOKEN = (
    "secret token apikey accesskey secretkey privatekey authtoken authorization credential credentials bearer jwt cookie "
    "sessionid sessid phpsessid jsessionid sid accesstoken refreshtoken clientsecret signingkey encryptionkey masterkey accountkey "
    "sharedaccesskey sharedsecret authkey appsecret xapikey connectionstring licensekey serviceaccountkey webhooksecret".split()
)
# These need a value that looks drawn by chance.
_WEAK = "key keys auth session signature sig salt nonce csrf xsrf dsn otp seed pat webhook presharedkey cred sas license".split()
# A name that ends in one of these tells about a secret, and is none.
_ABOUT = (
    "file path name type length len size count policy id url uri endpoint expiry expires expired ttl hint reset field input required "
    "manager provider store format min max version algorithm error limit usage format prefix confirmation status "
    "state enabled seconds minutes hours days lifetime timeout reuse strength rules".split()
)
_TWO = {
    ("api", "key"), ("access", "key"), ("secret", "key"), ("private", "key"), ("signing", "key"), ("encryption", "key"), ("master", "key"),
    ("account", "key"), ("auth", "key"), ("shared", "key"), ("client", "secret"), ("session", "id"), ("recovery", "key"),
    ("license", "key"), ("product", "key"), ("app", "key"), ("service", "key"), ("deploy", "key"), ("security", "key"), ("network", "key"),
    ("recovery", "code"), ("backup", "code"), ("backup", "codes"), ("recovery", "codes"),
    ("connection", "string"), ("pre", "shared"), ("activation", "code"),
}  # fmt: skip


def _folded(words: list[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


_PASSWORDS, _TOKENS, _WEAKS, _ABOUTS = map(_folded, (_PASSWORD, _TOKEN, _WEAK, _ABOUT))
_TWOS = frozenset((fold(a), fold(b)) for a, b in _TWO)
_LONG = tuple(sorted((_PASSWORDS | _TOKENS) - {fold(w) for w in ("pass", "pw", "pwd", "psk", "sid", "jwt")}))
_ACCESS_KEY_ID = [fold(word) for word in ("access", "key", "id")]
_CVC = _folded("cvc cvv cvc2 cvv2 cid".split())


@lru_cache(maxsize=8192)
def name_kind(name: str) -> tuple[str, bool] | None:
    """What a name announces, and whether surely ("password" or "token", True); with False only a random value is meant.

    None for names that announce nothing secret.
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    parts = [re.sub(r"(.)\1{2,}", r"\1\1", part) for part in re.split(r"[^a-z]+", fold(spaced)) if part]
    if not parts:
        return None
    if parts[-1] in _CVC or parts[-2:] == [fold("security"), fold("code")]:
        return "card", True
    if parts[-3:] == _ACCESS_KEY_ID:
        return "token", True
    if parts[-1] in _ABOUTS and len(parts) > 1:
        pair = (parts[-2], parts[-1])
        if pair not in _TWOS and pair != (fold("session"), fold("id")):
            return None
    for part in parts:
        if part in _PASSWORDS or any(near(part, known) for known in _PASSWORDS):
            return "password", True
    for part in parts:
        if part in _TOKENS or any(near(part, known) for known in _TOKENS):
            return "token", True
    if any(pair in _TWOS for pair in pairwise(parts)):
        return "token", True
    for one, two in pairwise(parts):
        joined = one + two  # a letter that the reader put in cuts a name in two
        if len(joined) >= 7 and any(near(joined, known) and len(known) >= 7 for known in _LONG):
            return ("password" if any(near(joined, known) for known in _PASSWORDS) else "token"), True
    whole = "".join(parts)
    for known in _LONG:
        if len(known) >= 5 and known in whole and not whole.startswith(("tokenize", fold("tokeniz"))):
            return ("password" if known in _PASSWORDS else "token"), len(whole) <= 3 * len(known)
    if parts[-1] in _WEAKS or (parts[-1] == "s" and len(parts) > 1 and parts[-2] in _WEAKS):
        return "token", False
    return None
