"""Node.js: the system's errors as it names them, its own errors, and what V8 says of programs that are really run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.tools import needs, output, snippets

_DUMP = r"""
process.removeAllListeners('warning');
const util = require('util');
const out = {system: [], natives: {}, raised: []};
for (const [, [name, text]] of util.getSystemErrorMap()) out.system.push([name, text]);
try { out.natives = process.binding('natives'); } catch { }
for (const snippet of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {
  try { (0, eval)(snippet); } catch (e) {
    if (e && e.name) out.raised.push([typeof e.code === 'string' ? e.code : e.name, `${e.message}`]);
  }
}
require('fs').writeFileSync(1, JSON.stringify(out));
process.reallyExit(0);
"""
_OWN = re.compile(
    r"\bE\(\s*'(ERR_\w+)',\s*(?:'((?:[^'\\]|\\.)*)'(?:\s*\+\s*'((?:[^'\\]|\\.)*)')?|\(?[\w, ]*\)?\s*=>\s*`([^`]*)`)",
    re.S,
)
_THROWN = re.compile(
    r"throw new (?:\w+\.)?(\w*Error)\(\s*(?:'((?:[^'\\]|\\.)+)'|\"((?:[^\"\\]|\\.)+)\"|`([^`]+)`)", re.S
)


def braces(text: str) -> str:
    """A JavaScript template's `${expression}` as `{name}`, the name being the expression's last word; `\\'` as `'`."""

    def name(found: re.Match[str]) -> str:
        words = re.findall(r"[A-Za-z_]\w*", found.group(1))
        return "{" + (words[-1] if words else "x") + "}"

    text = re.sub(r"\$\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}", name, text)
    return re.sub(r"\\(['\"`])", r"\1", text).replace("\\n", "\n")


def thrown(source: str) -> Iterator[tuple[str, str]]:
    """(class, message in brace notation) of every `throw new XError('…')` in JavaScript source."""
    for found in _THROWN.finditer(source):
        yield found.group(1), braces(found.group(2) or found.group(3) or found.group(4))


def gather() -> Iterator[Phrase]:
    """System errors with their name, ERR_ errors with theirs, V8's with their class."""
    dumped = json.loads(
        output(["node", "--no-deprecation", "-e", _DUMP], stdin=json.dumps(snippets("node_failing")), seconds=60)
    )
    app = "Node.js"
    for name, text in dumped["system"]:
        yield from phrases(SOURCE.name, text, app, style="none", code=name)
    for source in dumped["natives"].values():
        for found in _OWN.finditer(source):
            code, first, second, template = found.groups()
            if first is not None:
                text = first + (second or "")
                yield from phrases(SOURCE.name, text.replace("\\'", "'"), app, code=code, markup=False, mnemonics=False)
            else:
                yield from phrases(SOURCE.name, braces(template), app, style="brace", code=code, markup=False)
        for name, text in thrown(source):
            if not name.startswith("ERR_"):
                yield from phrases(SOURCE.name, text, app, style="brace", code=name, markup=False, mnemonics=False)
    for name, text in dumped["raised"]:
        yield from phrases(SOURCE.name, text, app, style="none", code=name)


SOURCE = Source("node", gather, needs("node", package="nodejs"))
