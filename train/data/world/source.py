"""Rows of source code in several languages."""

from __future__ import annotations

import random

from train.data.world.content import Row, Text
from train.data.world.slots import Slots

CODE: dict[str, tuple[str, ...]] = {
    "py": (
        "import {pymod}",
        "from {pymod} import {ident}",
        "",
        "def {fn}({ident}: str) -> int:",
        '    """{verb} the {noun}."""',
        "    try:",
        "        {ident2} = {ident}.{attr}()",
        "    except ValueError as error:",
        '        raise RuntimeError("could not {verb} {noun}") from error',
        "    return len({ident2})",
        "class {cls}Error(Exception):",
        "    pass",
        'if __name__ == "__main__":',
        '    {fn}("{word}")',
        "    # TODO: handle the error",
        "    for {letter} in range({num}):",
        '        print(f"{{letter}} failed")',
    ),
    "js": (
        "import {camel} from '{npmmod}';",
        "const {camel} = require('{npmmod}');",
        "",
        "export async function {camel}({ident}) {",
        "  try {",
        "    const {camel2} = await fetch(`/api/{word}`);",
        "    if (!res.ok) throw new Error('request failed');",
        "  } catch (error) {",
        "    console.error(error);",
        "  }",
        "  return {camel2};",
        "}",
        "// retry on timeout",
        "module.exports = { {camel} };",
    ),
    "java": (
        "package {jpkg};",
        "import {jclass};",
        "",
        "public class {cls} {",
        "    private final String {camel};",
        "    public void {camel2}() throws IOException {",
        "        if ({ident} == null) {",
        '            throw new IllegalStateException("{noun} missing");',
        "        }",
        "        try {",
        "            {ident}.{camel}();",
        "        } catch (Exception e) {",
        '            log.error("failed", e);',
        "    }",
        "}",
    ),
    "rs": (
        "use std::{word}::{cls};",
        "",
        "fn {fn}({ident}: &str) -> Result<i32, {cls}Error> {",
        "    let {ident2} = {ident}.len();",
        "    match {ident2} {",
        "        0 => Err({cls}Error::Empty),",
        "        n => Ok(n as i32),",
        "    }",
        "}",
        "#[derive(Debug)]",
        "pub enum {cls}Error {",
    ),
    "cpp": (
        "#include <{word}.h>",
        '#include "{word2}.h"',
        "",
        "int main(int argc, char **argv) {",
        "    int {ident} = {num};",
        "    if ({ident} < 0) {",
        '        fprintf(stderr, "error: %d\\n", {ident});',
        "        return 1;",
        "    }",
        "    return 0;",
        "}",
        "static void {fn}(const char *{ident2})",
    ),
    "go": (
        "package main",
        "",
        "import (",
        '\t"fmt"',
        '\t"{gopkg}"',
        ")",
        "func {camel}({ident} string) error {",
        "\tif err != nil {",
        '\t\treturn fmt.Errorf("{verb} {noun}: %w", err)',
        "\t}",
        "\treturn nil",
        "}",
    ),
    "json": (
        "{",
        '  "name": "{repo}",',
        '  "version": "{version}",',
        '  "{word}": {',
        '    "{word2}": {num},',
        '    "error": null',
        "  }",
        "}",
    ),
    "yaml": (
        "version: '3'",
        "services:",
        "  {word}:",
        "    image: {image}",
        "    ports:",
        '      - "{port}:80"',
        "    on_failure: restart",
        "  {word2}:",
    ),
    "md": (
        "# {title}",
        "",
        "The {noun} {verb}s the {adj} {noun2}.",
        "## Errors",
        "- `{cls}Error`: the {noun} is missing",
        "- {title2}",
        "```",
        "{word} --{word2}",
        "```",
    ),
}


CODE["ts"] = CODE["js"]
CODE["cs"] = CODE["kt"] = CODE["swift"] = CODE["java"]
EXTENSIONS = {
    "py": "py",
    "js": "js",
    "ts": "ts",
    "java": "java",
    "rs": "rs",
    "cpp": "cpp",
    "go": "go",
    "json": "json",
    "yaml": "yml",
    "md": "md",
    "cs": "cs",
    "kt": "kt",
    "swift": "swift",
    "php": "php",
    "ino": "ino",
    "r": "R",
    "m": "m",
    "gd": "gd",
}


def code_rows(rng: random.Random, slots: Slots, language: str, count: int) -> list[Row]:
    """Rows of plausible source code, coloured a little."""
    lines = CODE.get(language, CODE["js"])
    start = rng.randrange(len(lines))
    made = []
    for index in range(count):
        fresh = slots if rng.random() < 0.5 else Slots(rng)
        text = fresh.fill(lines[(start + index) % len(lines)]).replace("\t", "    ")
        stripped = text.lstrip()
        role = (
            "comment" if stripped.startswith(("#", "//", '"""')) and not stripped.startswith("#include") else "source"
        )
        made.append(Row((Text(text, role, "", rng.choice(("", "", "accent", "dim"))),)) if stripped else Row(()))
    return made
