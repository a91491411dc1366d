"""From a catalogue's raw string to phrases: markup and mnemonics off, format codes to slots, kind and category by form and words."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Iterator

from train.data.harvest.categories import by_code, by_words
from train.data.harvest.core import Phrase, PhraseKind
from train.data.harvest.formats import Style, to_slots
from train.data.harvest.reasons import fill_reason
from vision.reader.charset import CHARACTERS, canonical

LONGEST = 200
"""Characters; what is longer is prose that no dialog or terminal shows on its own."""

# More than `train.data.harvest.run` keeps of one program, and far less than the largest have: cleaning is what takes time.
MOST_ERRORS, MOST_OTHERS = 6000, 2400
_TAG = re.compile(
    r"</?(?:b|i|u|tt|span|big|small|a|p|br|html|head|body|strong|em|code|font|h[1-6]|li|ul|ol|qt|nobr|para|title|emphasis|"
    r"filename|application|command|link|interface|icode|resource|placeholder|note|warning|shortcut|center|div|sup|sub|s|"
    r"pre|table|tr|td|th|hr|img|kbd|var|message|email|envar|numid|sentence|bcode|item|list|subtitle|dl|dt|dd|style|label|"
    r"kb|ex|pos|ph)(?:\s[^<>]*)?/?>",
    re.I,
)
_BREAK = re.compile(r"<(?:br|/p|/li|/h[1-6]|hr)\s*/?>", re.I)
_KNOWN = frozenset(CHARACTERS)
_NO_LETTER = re.compile(r"[^A-Za-zÀ-ſ]+")
_WORD = re.compile(r"[A-Za-zÀ-ſ]{2,}")
_LONG_WORD = re.compile(r"[A-Za-zÀ-ſ]{3,}")
_SLOT = re.compile(r"\{[a-z]+\d*\}")
_UNFILLED = re.compile(
    r"%(?:[-+#0]*\d*(?:\.\d+)?[sdiuxXcpfFgGm]\b|l+[dux]\b|\d|[({])|\{\d+\}|\{\}|\$\{|&[a-zA-Z]{2,8};|&#|~[a-z]\b|\\[nt\"]|@@|<<|>>|\{\{|\}\}|%%"
)
_LICENCE = re.compile(
    r"copyright|\(c\) \d|©|license|licence|warranty|gnu general public|free software|redistribut|translator|@\w+\.(?:com|org)",
    re.I,
)
_QT_CODE = re.compile(r"%L?[1-9]\d?(?![$\dsdiuxXfgc.*l])")
_PRINTF_CODE = re.compile(
    r"%(?:\d+\$)?[-+#0']*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|L|q|j|z|t)?[diouxXeEfgGcspm]|%[<>]|%q"
)
_PYTHON_CODE = re.compile(r"%\(\w+\)")
_BRACE_CODE = re.compile(r"\{[\w.\[\]]*(?:![rsa])?(?::[^{}\s]*)?\}")

_ERROR = re.compile(
    r"\b(?:fail(?:ed|s|ure)?|error|can(?:no|['’])t|could(?: not|n['’]t)|unable to|invalid|not found|no such|missing|denied|refused|"
    r"unsupported|unrecogni[sz]ed|illegal|corrupt(?:ed)?|damaged|timed out|not supported|not allowed|not permitted|"
    r"not available|unavailable|not (?:a )?valid|not exist|doesn['’]t exist|isn['’]t|not enough|"
    r"not installed|insufficient|out of (?:memory|range|space)|"
    r"too (?:long|many|large|big|short|few|small|deep|old|new)|exceed(?:s|ed)|already (?:exists?|in use|running|defined|open|used)|"
    r"undefined|undeclared|not declared|unterminated|unmatched|unbalanced|unexpected(?:ly)?|mismatch(?:ed)?|overflow(?:ed)?|"
    r"conflict(?:s|ing)?|aborted|aborting|crash(?:ed)?|fatal|forbidden|unauthori[sz]ed|expired|bad|malformed|broken|lost|"
    r"incompatible|inconsistent|unresolved|ambiguous|duplicate|redefin\w+|redeclar\w+|conflicting|wrong|incorrect|"
    r"must (?:be|not|have|specify|contain|start|end|match)|may not|requires|expected|premature|truncated|unreachable|interrupted|"
    r"not (?:a|an|in|of|defined|set|recogni[sz]ed|implemented|readable|writable|writeable|connected|specified|match|unique|accessible)|"
    r"does(?: not|n['’]t)|do(?: not|n['’]t) have|unknown|no \w+ (?:found|specified|given|available|left|defined)|"
    r"deprecated|stale|panic|violat\w+|deadlock|impossible|empty|unused|uninitiali[sz]ed|discard\w*)\b",
    re.I,
)
_STRONG = re.compile(
    r"\b(?:failed|can(?:no|['’])t|could(?: not|n['’]t)|unable to|not found|no such|denied|refused|timed out|does(?: not|n['’]t) exist|"
    r"not supported|not permitted|not enough|corrupt(?:ed)?|is invalid|not (?:a )?valid|unrecogni[sz]ed|unexpected|already exists|"
    r"error (?:\w+ing\b|while|when|in|occurred|has occurred|reading|writing|opening|loading|saving|creating|parsing|code|on|at|during)|"
    r"an error|(?:fatal|internal|syntax|parse|unknown|server|network) error|"
    r"errors? (?:was |were )?encountered|"
    r"errors occurred|failure|timeout occurred|too many|out of memory|undefined|unterminated|undeclared|cannot)\b",
    re.I,
)
_QUIET = re.compile(
    r"^(?:whether|if|when|do not|don['’]t|never|please (?:enter|choose|select|wait)|you can|this (?:option|setting)|make sure|"
    r"are you|how|what|where|which|why|would|usage|options?|example|note|tip|for \w+ing|to |in order|"
    r"show|hide|use|enable|disable|set|allow|ignore|print|display|list|specify|warn|report|choose|select|add|remove|treat|return|"
    r"suppress|output|force|skip|keep|controls?|determines?|run|execute|write|read|generate|dump|retry|continue|"
    r"automatically|always|overall|language specific|defines?|provides?|"
    r"click|press|drag|compile|perform|specifies|gets?|sets?|gives?|detects?|asks?|check|make|move|create|"
    r"open|close|save|load|edit|delete|apply|clear|start|stop|send|replace|insert|copy|paste|convert|change|toggle|switch|turn|"
    r"fit|draw|scale|rotate|invert|import|export|reset|restore|update|include|exclude|find|search|sort|filter|limit|avoid|"
    r"prevent|assume|permit|mark|go|render|let|try|fix|handle|wait|notify|mask|hint|correct|recover|abort (?:if|on|when)|"
    r"fail (?:if|on|when)|produce|emit|the (?:number|name|list|value|path|color|colour|size) (?:of|to|that)|number of|name of|"
    r"list of|true if|if true)\b(?! (?:failed|error\b|failure|not |timed|aborted|denied|refused))",
    re.I,
)  # fmt: skip
_SOFT = re.compile(r"^(?:a|an|only|is|has|this|for|the following|there)\b", re.I)
_EMPTY = re.compile(r"^no [\w -]{3,40} (?:found|available|selected|yet|to display)\b[.!]?$", re.I)
_SMALL = frozenset("a an the of to for in on at by and or from with as into per via is not no your all".split())


def may_be_error(raw: str) -> bool:
    """A cheap first look: whether a raw string has any of the words that errors are told by."""
    return _ERROR.search(raw) is not None


def sampled(originals: Iterable[str]) -> list[str]:
    """Of one owner's originals at most MOST_ERRORS that may be errors and MOST_OTHERS more, chosen by their hash."""
    ordered = sorted(set(originals), key=lambda text: hashlib.sha1(text.encode()).digest())
    errors = [text for text in ordered if may_be_error(text)]
    chosen = set(errors)
    return errors[:MOST_ERRORS] + [text for text in ordered if text not in chosen][:MOST_OTHERS]


def style_of(text: str) -> Style:
    """Which format codes a catalogue's string uses, by what stands in it."""
    if _PYTHON_CODE.search(text):
        return "python"
    if _QT_CODE.search(text) and not re.search(r"%[sd](?![a-z])", text):
        return "qt"
    if _PRINTF_CODE.search(text) or "%" in text:
        return "printf"
    return "brace" if _BRACE_CODE.search(text) else "none"


def strip_markup(text: str) -> str:
    """Tags of GTK, Qt, KDE and HTML off, entities as characters."""
    if "<" in text:
        text = _TAG.sub("", _BREAK.sub("\n\n", text))
    if "&" in text and ";" in text:
        text = html.unescape(text)
    return text


def strip_mnemonic(text: str, every: bool = False) -> str:
    """`_File`, `Save &As`, `E&xit` without the sign; texts where the sign is something else stay.

    `every` says that the catalogue is one of a toolkit where `&` is always a mnemonic.
    """
    if "&" in text:
        text = re.sub(r"\s?\(&\w\)", "", text)
        if every or len(text) < 60:
            text = re.sub(r"(?<!&)(?<! )&(?=[A-Za-z0-9])|(?<= )&(?=[A-Za-z0-9])", "", text).replace("&&", "&")
    if re.fullmatch(r"(?:/[^/]+)+", text) and "_" in text:  # a menu's path: its last part is what the menu shows
        return text.rsplit("/", 1)[-1].replace("_", "")
    if text.count("_") == 1 and len(text) < 60 and re.fullmatch(r"[\w\s’'“”\"&,.…:/()+?!°×%{}-]+", text):
        found = re.search(r"_(?=[A-Za-z0-9])", text)
        if found and not re.search(r"[a-z0-9]_[a-z0-9]+\b.*\(|\w_\w+[:=]", text):
            before = text[: found.start()]
            if not before or before[-1] in " “\"'(" or (len(before.split()[-1]) < 14 and text[:1].isupper()):
                text = before + text[found.end() :]
    return text


def parts(text: str) -> Iterator[str]:
    """A raw string's paragraphs, each on one line. Indented lists, tables and option dumps give nothing."""
    for part in re.split(r"\n\s*\n", text.replace("\r", "").strip()):
        lines = part.split("\n")
        if any(re.match(r"\s{2,}\S|\s*-{1,2}\w[\w-]*[ ,=]", line) for line in lines[1:]):
            lines = lines[:1]
        wrapped = all(len(line) > 45 or re.search(r"[,\w]$", line) for line in lines[:-1])
        for line in [" ".join(line.strip() for line in lines)] if wrapped else lines:
            joined = line.strip()
            if joined and not re.search(r"\S {3,}\S|\t", joined):
                yield re.sub(r"  +", " ", joined)


def acceptable(text: str) -> bool:
    """Whether the reader knows every character, and a person would see a word in it."""
    if not 2 <= len(text) <= LONGEST or not _KNOWN.issuperset(text):
        return False
    plain = _SLOT.sub(" ", text)
    if _UNFILLED.search(plain) or "⟨" in text:
        return False
    if re.search(r"<[a-zA-Z/][^<>]*=|</", text) or re.search(r"[<>|=*_#~^-]{5,}", text):
        return False
    letters = len(_NO_LETTER.sub("", plain))
    solid = len("".join(plain.split()))
    if letters < 0.55 * solid or not _WORD.search(plain):
        return False
    if text[0] in "[$(<{" and text[-1] in "])>}" and not text.startswith("{"):
        return False
    return len(text) < 8 or _LONG_WORD.search(plain) is not None


def is_error(text: str, terse: bool = False) -> bool:
    """Whether a text says that something failed. `terse`: the program is one of the command line, whose short lower-case
    sentences are nearly all complaints."""
    plain = _SLOT.sub("x", text)
    if plain.rstrip().endswith(("?", ":", "…", "...")) and not _STRONG.search(plain):
        return False
    if (
        _QUIET.match(plain)
        or (_EMPTY.match(plain) and not terse)
        or len(re.findall(r"[A-Za-z]{2,}", _SLOT.sub("", text))) < 2
    ):
        return False
    if _STRONG.search(plain):
        return not _is_title(plain) and not plain.endswith("?")
    if _SOFT.match(plain) and not terse:
        return False
    if not _ERROR.search(plain):
        return False
    words = plain.split()
    if terse:
        return len(words) >= 2 and not _is_title(plain)
    if _is_title(plain) or len(words) < 3:
        return False
    verb = re.search(
        r"\b(?:is|are|was|were|has|have|had|must|cannot|can['’]t|does|do|did|not|invalid|missing|no|unexpected|unsupported|too|"
        r"already|failed|requires|exceeds|may|incorrect|wrong|bad|corrupt|unknown)\b", plain, re.I
    )  # fmt: skip
    return verb is not None


def _is_title(text: str) -> bool:
    """A caption such as `Error Log` or `Show Invalid Items`: short, no sentence, every main word with a capital."""
    words = re.findall(r"[A-Za-z][\w’'-]*", text)
    if not words or len(words) > 5 or text.endswith((".", "!")):
        return False
    main = [word for word in words if word.lower() not in _SMALL]
    return len(words) > 1 and bool(main) and all(word[0].isupper() for word in main)


def is_label(text: str) -> bool:
    """Whether a text can stand on a button, in a menu or before a field."""
    if len(text) > 42 or (text.endswith((".", "!")) and not text.endswith(("...", "…"))):
        return False
    words = text.split()
    plain = _SLOT.sub("", text)
    return (
        len(words) <= 6
        and not text.startswith("Whether ")
        and _WORD.search(plain) is not None
        and (plain[:1].isupper() or text[0] in "{(\"“'+0123456789")
    )


def kind_of(text: str, terse: bool = False) -> PhraseKind:
    """label, error or info."""
    if is_error(text, terse):
        return "error"
    return "label" if is_label(text) else "info"


def phrases(
    source: str,
    raw: str,
    app: str,
    *,
    style: Style | None = None,
    code: str = "",
    category: str | None = None,
    kind: PhraseKind | None = None,
    terse: bool = False,
    markup: bool = True,
    mnemonics: bool = True,
    ampersands: bool = False,
) -> Iterator[Phrase]:
    """The phrases that a raw string gives: none, one, or one a paragraph.

    `style` None guesses the format codes; `category` None judges by code and words. With a `code` only the first paragraph
    counts, and it is an error unless `kind` says otherwise.
    """
    if _LICENCE.search(raw) and kind != "error" and not code:
        return
    text = strip_markup(raw) if markup else raw
    for part in parts(text):
        if mnemonics and style != "none":
            part = strip_mnemonic(part, ampersands)
        made = to_slots(part, style_of(part) if style is None else style)
        if made is None:
            continue
        made = canonical(fill_reason(made)).strip().lstrip("*-• ").strip()
        if not acceptable(made):
            continue
        found = kind or ("error" if code else kind_of(made, terse))
        if found == "info" and len(made.split()) < 3:
            continue
        if found != "error":
            judged = ""
        elif category is not None:
            judged = category
        else:
            judged = by_code(code) or by_words(made)
        yield Phrase(source, found, made, app, code, judged)
        if code:
            return
