"""The slots of patterns: under which name stands what sort of text, as a regular expression.

The names are those of `train.data.world.slots.MAKERS`, which makes values for them; a test holds the two together. The
expressions take more than the makers make, since real screens do: a host may be an address, a path may be a Windows one.
"""

from __future__ import annotations

ANYTHING = "text"
"""The slot that stands for anything at all, several words included."""

_NUMBER = r"[-+]?\d+(?:[.,]\d+)*"
_HEX = r"(?:0[xX])?[0-9A-Fa-f]+"
_TOKEN = r"[^\s\"'`]+"
_NAME = r"[\w.$:@/\\+#*&<>\[\]-]+"
_DOTTED = r"[\w.$/-]+"
_HOST = r"(?:\[[0-9A-Fa-f:.%]+\]|[\w.-]+)"

_TOKENS = {
    _NUMBER: "int num big line col pid pct secs ms port major",
    r"[$€£¥]?\d+(?:[.,]\d+)*": "money",
    _HEX: "sha longsha hex addr winhex",
    r"[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}": "uuid",
    r"\w": "letter",
    _HOST: "host shost",
    r"\[?[0-9A-Fa-f.:%]+\]?": "ip",
    r"\d[\w.+~:-]*": "version",
    _NAME: "word noun nouns cap adj verb ident fn camel cls const user attr pytype column table db repo branch remote distro month",
    _DOTTED: "pymod jclass jpkg",
    r"[\w.@/+-]+": "npmmod pkg gopkg stem unit",
    r"[\w./:@-]+": "image pod",
    r"[\w.+-]+@[\w.-]+": "email",
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}": "date",
    r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?": "time",
    r"[A-Za-z]": "drive",
    r"\w[^\s\"'`<>]*": "url",
    r"[^\s\"'`<>]+": "urlpath",
    _TOKEN: "path dir",
}
# several words, as short as the rest of the pattern allows
_SPACED = {
    r"(?:[A-Za-z]:[\\/]|\\\\|\w)[^\"<>|*?]": "winpath",
    r"[^\"'`<>|/\\]": "file",
    r"[\w .,:+-]": "size stamp syslog day",
    r"[^\"`]": "name person title",
    r".": ANYTHING,
}

NAMES = frozenset(" ".join([*_TOKENS.values(), *_SPACED.values()]).split())
"""Every slot name there is, `text` among them."""

_ONE = {name: expression for expression, names in _TOKENS.items() for name in names.split()}
_MANY = {name: letters for letters, names in _SPACED.items() for name in names.split()}


def expression(name: str, last: bool) -> str:
    """The regular expression of slot `name` (without a number); `last` where nothing follows it. KeyError if unknown."""
    if name in _ONE:
        return _ONE[name]
    return _MANY[name] + ("*" if name == ANYTHING else "+") + ("" if last else "?")
