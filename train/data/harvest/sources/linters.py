"""Messages of linters: ESLint with its usual plugins, stylelint, Ruff."""

from __future__ import annotations

import json
import logging
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.tools import SourceError, needs_npm, npm_install, output

logger = logging.getLogger(__name__)

_PLUGINS = (
    "@typescript-eslint/eslint-plugin@8", "eslint-plugin-import", "eslint-plugin-react", "eslint-plugin-react-hooks",
    "eslint-plugin-jsx-a11y", "eslint-plugin-vue", "eslint-plugin-n", "eslint-plugin-promise", "eslint-plugin-unicorn@56",
    "eslint-plugin-jest", "eslint-plugin-testing-library",
)  # fmt: skip
_ESLINT = """
const out = [];
const take = (prefix, rules) => { for (const [id, rule] of rules) {
  const messages = rule && rule.meta && rule.meta.messages;
  if (messages) for (const text of Object.values(messages)) if (typeof text === 'string') out.push([prefix + id, text]); } };
const inner = require('eslint/use-at-your-own-risk');
if (inner.builtinRules) take('', inner.builtinRules);
for (const name of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {
  try {
    let plugin = require(name); plugin = plugin.default || plugin;
    const prefix = name.startsWith('@') ? name.split('/')[0] + '/' : name.replace('eslint-plugin-', '') + '/';
    take(prefix, Object.entries(plugin.rules || {}));
  } catch (e) { console.error(name + ': ' + e.message); }
}
require('fs').writeFileSync(1, JSON.stringify(out));
"""
_STYLELINT = """
(async () => {
  const out = [];
  const stylelint = (await import('stylelint')).default;
  const slots = ['{word}', '{word2}', '{word3}', '{word4}'];
  for (const [id, rule] of Object.entries(stylelint.rules)) {
    const messages = (await rule).messages || {};
    for (const made of Object.values(messages)) {
      try { const text = typeof made === 'function' ? made(...slots) : made; if (typeof text === 'string') out.push([id, text]); } catch { }
    }
  }
  require('fs').writeFileSync(1, JSON.stringify(out));
})();
"""


def gather() -> Iterator[Phrase]:
    """A linter's message with the name of its rule as the code."""
    for part in (_eslint, _stylelint, _ruff):
        try:
            yield from part()
        except SourceError as error:
            logger.warning("linters: %s", error)


def _eslint() -> Iterator[Phrase]:
    folder = npm_install("eslint@9", "typescript@5", *_PLUGINS)
    names = [re.sub(r"(?<=.)@[\d.]+$", "", name) for name in _PLUGINS]
    for rule, text in json.loads(output(["node", "-e", _ESLINT], cwd=folder, stdin=json.dumps(names))):
        text = re.sub(r"\{\{\s*([\w.]+)\s*\}\}", r"{\1}", text)
        category = "syntax" if rule in ("no-undef", "no-redeclare", "no-unreachable", "no-const-assign") else None
        yield from phrases(
            SOURCE.name, text, "ESLint", style="brace", code=rule, category=category, markup=False, mnemonics=False
        )  # fmt: skip


def _stylelint() -> Iterator[Phrase]:
    folder = npm_install("stylelint@16")
    for rule, text in json.loads(output(["node", "-e", _STYLELINT], cwd=folder)):
        text = re.sub(rf"\s*\({re.escape(rule)}\)$", "", text)
        yield from phrases(SOURCE.name, text, "stylelint", style="none", code=rule, markup=False)


def _ruff() -> Iterator[Phrase]:
    beside = Path(sys.executable).with_name("ruff")
    program = str(beside) if beside.is_file() else shutil.which("ruff")
    if program is None:
        raise SourceError("ruff not found: pip install ruff")
    for rule in json.loads(output([program, "rule", "--all", "--output-format", "json"])):
        if not rule["code"]:
            continue
        category = "syntax" if rule["code"].startswith(("F82", "E9")) else None
        for text in rule.get("message_formats", []):
            yield from phrases(
                SOURCE.name, text, "Ruff", style="brace", code=rule["code"], category=category, markup=False, mnemonics=False
            )  # fmt: skip


SOURCE = Source("linters", gather, needs_npm)
