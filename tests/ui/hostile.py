"""Text that would do something if it were taken for anything but text, and a parser that notices."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from hypothesis import strategies as st

PAYLOADS = (
    "<script>window.pwned=1</script>",
    '"><img src=x onerror="window.pwned=1">',
    "</textarea><svg onload=window.pwned=1>",
    "![x](http://evil.invalid/x.png)",
    "[click](javascript:alert(1))",
    "$\\href{javascript:alert(1)}{x}$",
    "${window.pwned=1}",
    "{{constructor.constructor('window.pwned=1')()}}",
    "{% raw %}",
    "</style><style>*{display:none}",
    "' onmouseover='window.pwned=1",
    "&lt;script&gt;",
    "http://evil.invalid/",
    "\u202eevil\u2066",
    "\x1b[31mred\x00",
)
TEXT = st.one_of(
    st.sampled_from(PAYLOADS),
    st.text(max_size=60).filter(lambda text: not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)),
    st.builds(lambda a, b: a + b, st.sampled_from(PAYLOADS), st.text(alphabet="abc<>\"'&`${}/", max_size=12)),
)
TAGS = frozenset(
    "article aside bdi br button circle code dd details div dl dt em figcaption figure form g h1 h2 h3 i img input kbd label li mark "
    "ol option output p path pre rect section select small span strong summary svg textarea title ul a".split()
)
ATTRIBUTES = frozenset(
    "alt aria-controls aria-hidden aria-label aria-labelledby aria-live aria-pressed aria-selected autocomplete class cx cy d "
    "data-do data-testid data-turn data-field data-from data-id data-key data-keys data-line data-name decoding draggable fill "
    "for height hidden href id loading max maxlength min name placeholder preserveaspectratio r readonly rel role rows rx "
    "selected spellcheck src step style tabindex target title type value viewbox width x y".split()
)


class Parsed(HTMLParser):
    """What a browser makes of it: `strange` has every tag and attribute that no template of ours writes; `text` the words."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.strange: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.texts: list[str] = []
        self.values: dict[str, str] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in TAGS:
            self.strange.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.strange.append(f"{tag} {name}")
            if name == "href":
                self.links.append(value or "")
            if name == "src":
                self.sources.append(value or "")
            if name == "style" and not (value or "").startswith("--w:"):
                self.strange.append(f"style {value}")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)
