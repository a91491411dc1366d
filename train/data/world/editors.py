"""Editors and IDEs: clean code, problems panels, failed runs in their terminal, notifications."""

from __future__ import annotations

import random

from train.data.world.content import Block, EditorContent, Fields, Row, Text
from train.data.world.dialogs import generic_failure
from train.data.world.slots import Slots
from train.data.world.tables import Entry, problems
from train.data.world.terminals import error_terminal, normal_terminal

_CODE: dict[str, tuple[str, ...]] = {
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
_CODE["ts"] = _CODE["js"]
_CODE["cs"] = _CODE["java"]
_CODE["kt"] = _CODE["java"]
_CODE["swift"] = _CODE["java"]
_EXT = {
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
_VSCODE_MENUS = ("File", "Edit", "Selection", "View", "Go", "Run", "Terminal", "Help")
_MENUS = {
    "IntelliJ IDEA": (
        "File",
        "Edit",
        "View",
        "Navigate",
        "Code",
        "Refactor",
        "Build",
        "Run",
        "Tools",
        "VCS",
        "Window",
        "Help",
    ),
    "Visual Studio": (
        "File",
        "Edit",
        "View",
        "Git",
        "Project",
        "Build",
        "Debug",
        "Test",
        "Analyze",
        "Tools",
        "Extensions",
        "Window",
        "Help",
    ),
    "Eclipse": ("File", "Edit", "Source", "Refactor", "Navigate", "Search", "Project", "Run", "Window", "Help"),
    "Xcode": (),
    "Notepad++": (
        "File",
        "Edit",
        "Search",
        "View",
        "Encoding",
        "Language",
        "Settings",
        "Tools",
        "Macro",
        "Run",
        "Plugins",
        "Window",
        "?",
    ),
    "Arduino IDE": ("File", "Edit", "Sketch", "Tools", "Help"),
    "RStudio": ("File", "Edit", "Code", "View", "Plots", "Session", "Build", "Debug", "Profile", "Tools", "Help"),
    "Sublime Text": ("File", "Edit", "Selection", "Find", "View", "Goto", "Tools", "Project", "Preferences", "Help"),
    "Kate": ("File", "Edit", "View", "Projects", "Bookmarks", "Sessions", "Tools", "Settings", "Help"),
    "Geany": ("File", "Edit", "Search", "View", "Document", "Project", "Build", "Tools", "Help"),
    "IDLE": ("File", "Edit", "Format", "Run", "Options", "Window", "Help"),
    "Mousepad": ("File", "Edit", "Search", "View", "Document", "Help"),
}
_OWN_IDE = (
    "PyCharm",
    "IntelliJ IDEA",
    "Eclipse",
    "Visual Studio",
    "Xcode",
    "Android Studio",
    "Arduino IDE",
    "RStudio",
    "MATLAB",
    "Jupyter",
    "Godot",
    "Unity",
)


def code_rows(rng: random.Random, slots: Slots, language: str, count: int) -> list[Row]:
    """Rows of plausible source code, coloured a little."""
    lines = _CODE.get(language, _CODE["js"])
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


def _chrome(
    rng: random.Random, slots: Slots, app: str, language: str
) -> tuple[Text, tuple[Text, ...], tuple[Text, ...], tuple[Text, ...], tuple[Text, ...]]:
    """Title, menus, tabs, tree, status bar."""
    extension = _EXT.get(language, "txt")
    name = f"{slots.get('stem')}.{extension}"
    repo = slots.get("repo")
    title = Text(
        rng.choice(
            (
                f"{name} - {repo} - {app}",
                f"{name} — {repo}",
                f"{repo} – {name}",
                f"{app} - {name}",
                f"*{name} - {app}",
                name,
            )
        ),
        "title",
    )
    if app in title.text:
        title = Text(title.text, "title", "app")
    menus = tuple(Text(entry, "menu") for entry in _MENUS.get(app, _VSCODE_MENUS)) if rng.random() < 0.75 else ()
    tabs = (
        Text(name, "tab"),
        *(Text(slots.get(f"file{index + 40}"), "tab") for index in range(rng.choice((0, 1, 2, 3)))),
    )
    tree = (
        tuple(
            Text(entry, "item")
            for entry in (
                "EXPLORER",
                repo.upper(),
                "src",
                name,
                *(slots.get(f"file{index + 60}") for index in range(rng.randint(1, 8))),
            )
        )
        if rng.random() < 0.6
        else ()
    )
    errors, warnings = rng.choice((0, 0, 1, 2)), rng.choice((0, 0, 3))
    status = (
        tuple(
            Text(entry, "status")
            for entry in (
                slots.get("branch"),
                f"{errors} {warnings}",
                f"Ln {slots.get('line')}, Col {slots.get('col')}",
                f"Spaces: {rng.choice((2, 4))}",
                "UTF-8",
                "LF",
                {
                    "py": "Python",
                    "js": "JavaScript",
                    "ts": "TypeScript React",
                    "java": "Java",
                    "rs": "Rust",
                    "cpp": "C++",
                    "go": "Go",
                }.get(language, "Plain Text"),
            )[rng.choice((0, 0, 2)) :]
        )
        if rng.random() < 0.8
        else ()
    )
    return title, menus, tabs, tree, status


def _problem_rows(rng: random.Random, slots: Slots, entry: Entry, name: str) -> tuple[list[Row], str, str | None]:
    message = slots.fill(entry.message)
    code = slots.fill(entry.code) or None
    source = entry.title
    made = (
        [Row((Text(name, "item"), Text(slots.get("dir"), "label"), Text(str(rng.choice((1, 1, 2, 3))), "value")))]
        if rng.random() < 0.7
        else []
    )
    pieces = [Text(message, "message", "message")]
    shown = code is not None and (code in message or rng.random() < 0.75)
    if shown and code is not None and code not in message:
        pieces.append(Text(f"{source}({code})" if source else code, "code", "error_code"))
    elif source and rng.random() < 0.5:
        pieces.append(Text(source, "label"))
    pieces.append(
        Text(
            rng.choice(
                (
                    f"[Ln {slots.get('line')}, Col {slots.get('col')}]",
                    f":{slots.get('line')}",
                    f"{name} {slots.get('line')}",
                )
            ),
            "label",
        )
    )
    made.append(Row(tuple(pieces)))
    if not shown:
        code = None
    return made, message, code


def error_editor(rng: random.Random, split: str = "train") -> EditorContent:
    """An editor in which the picture's subject is a problem: in its panel, its terminal, a notification."""
    slots = Slots(rng)
    style = rng.random()
    if style < 0.55:
        entry = rng.choice([entry for entry in problems() if entry.is_held_out == (split == "held_out")])
        language = entry.style
        ide = (
            entry.app
            if entry.app in _OWN_IDE
            else rng.choice(
                (
                    "Visual Studio Code",
                    "Visual Studio Code",
                    "Visual Studio Code",
                    "VSCodium",
                    "Sublime Text",
                    "Zed",
                    "Kate",
                )
            )
        )
        title, menus, tabs, tree, status = _chrome(rng, slots, ide, language)
        made, message, code = _problem_rows(rng, slots, entry, tabs[0].text)
        app = ide
        fields = Fields(True, app, "ide_editor", message, code, entry.category)
        panel = (
            ("PROBLEMS", "OUTPUT", "DEBUG CONSOLE", "TERMINAL", "PORTS")
            if ide not in _MENUS
            else rng.choice(
                (
                    ("Problems", "Console", "Build"),
                    ("Error List", "Output"),
                    ("Problems", "Javadoc", "Declaration", "Console"),
                )
            )
        )
        for _ in range(rng.choice((0, 0, 1, 2))):
            other = rng.choice(problems())
            made.append(
                Row(
                    (
                        Text(slots.fill(other.message), "trace"),
                        Text(f"[Ln {rng.randint(1, 200)}, Col {rng.randint(1, 60)}]", "label"),
                    )
                )
            )
        return EditorContent(
            fields,
            title,
            tabs,
            tuple(code_rows(rng, slots, language, rng.randint(6, 22))),
            menus,
            tree,
            tuple(made),
            (),
            tuple(Text(name, "tab") for name in panel),
            status,
            None,
            rng.choice((1, 1, rng.randint(2, 300))),
            rng.random() < 0.9,
            ide,
            rng.choice(("dark", "dark", "light")),
        )
    ide = rng.choice(
        (
            "Visual Studio Code",
            "Visual Studio Code",
            "PyCharm",
            "IntelliJ IDEA",
            "Eclipse",
            "Spyder",
            "Thonny",
            "Geany",
            "WebStorm",
            "CLion",
        )
    )
    language = rng.choice(("py", "py", "js", "java", "cpp", "go", "rs"))
    title, menus, tabs, tree, status = _chrome(rng, slots, ide, language)
    code_part = tuple(code_rows(rng, slots, language, rng.randint(5, 18)))
    if style < 0.85:  # a failed run in the panel below
        run = error_terminal(rng, split)
        fields = Fields(
            True, run.fields.app, "ide_editor", run.fields.message, run.fields.error_code, run.fields.category
        )
        panel = rng.choice(
            (
                ("PROBLEMS", "OUTPUT", "DEBUG CONSOLE", "TERMINAL"),
                ("Run:", tabs[0].text),
                ("Console", "Problems"),
                ("Terminal", "Local"),
            )
        )
        return EditorContent(
            fields,
            title,
            tabs,
            code_part,
            menus,
            tree,
            (),
            run.rows[-24:]
            if any(p.ref == "message" for row in run.rows[-24:] for p in row.pieces)
            and (fields.error_code is None or any(fields.error_code in row.text for row in run.rows[-24:]))
            else run.rows,
            tuple(Text(name, "tab") for name in panel),
            status,
            None,
            1,
            True,
            ide,
            rng.choice(("dark", "dark", "light")),
        )
    app, message, body, code, category = generic_failure(rng, slots, split, ide)
    toast_rows = [Row((Text(message, "message", "message"),))]
    if body:
        toast_rows.append(Row((Text(body, "body"),)))
    toast_rows.append(
        Row(
            tuple(
                Text(label, "button")
                for label in rng.choice(
                    (("Retry",), ("Open Log",), ("Show Output", "Cancel"), ("Configure",), ("Details",))
                )
            )
        )
    )
    fields = Fields(True, app, "ide_editor", message, code, category)
    return EditorContent(
        fields,
        title,
        tabs,
        code_part,
        menus,
        tree,
        (),
        (),
        (),
        status,
        Block("toast", tuple(toast_rows), None, "error"),
        1,
        True,
        ide,
        rng.choice(("dark", "dark", "light")),
    )


def normal_editor(rng: random.Random, split: str = "train") -> EditorContent:
    """An editor with code (which may well speak of errors), sometimes with a terminal in which all went well."""
    slots = Slots(rng)
    ide = rng.choice(
        (
            "Visual Studio Code",
            "Visual Studio Code",
            "VSCodium",
            "PyCharm",
            "IntelliJ IDEA",
            "Eclipse",
            "Sublime Text",
            "Notepad++",
            "Xcode",
            "Kate",
            "Geany",
            "Text Editor",
            "Mousepad",
            "IDLE",
        )
    )
    language = rng.choice(list(_CODE))
    title, menus, tabs, tree, status = _chrome(rng, slots, ide, language)
    terminal: tuple[Row, ...] = ()
    made: tuple[Row, ...] = ()
    panel: tuple[Text, ...] = ()
    if rng.random() < 0.35:
        terminal = normal_terminal(rng, split).rows[-20:]
        panel = tuple(Text(name, "tab") for name in ("PROBLEMS", "OUTPUT", "DEBUG CONSOLE", "TERMINAL"))
    elif rng.random() < 0.25:
        made = (Row((Text("No problems have been detected in the workspace.", "body"),)),)
        panel = tuple(Text(name, "tab") for name in ("PROBLEMS", "OUTPUT", "TERMINAL"))
    toast = None
    if rng.random() < 0.1:
        toast = Block(
            "toast",
            (
                Row(
                    (
                        Text(
                            slots.fill(
                                rng.choice(
                                    (
                                        "Do you want to install the recommended extensions for {name}?",
                                        "{name} {version} is available. Restart to update.",
                                        "Build completed with 0 errors and 0 warnings",
                                    )
                                )
                            ),
                            "body",
                        ),
                    )
                ),
                Row((Text("Install", "button"), Text("Later", "button"))),
            ),
            None,
            "info",
        )
    return EditorContent(
        Fields(False, ide, "ide_editor"),
        title,
        tabs,
        tuple(code_rows(rng, slots, language, rng.randint(8, 34))),
        menus,
        tree,
        made,
        terminal,
        panel,
        status,
        toast,
        rng.choice((1, 1, rng.randint(2, 300))),
        rng.random() < 0.9,
        ide,
        rng.choice(("dark", "dark", "light")),
    )
