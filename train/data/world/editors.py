"""Editors and IDEs: clean code, problems panels, failed runs in their terminal, notifications."""

from __future__ import annotations

import random

from train.data.world.content import Block, EditorContent, Fields, Row, Text
from train.data.world.dialogs import generic_failure
from train.data.world.ide import MENUS, OWN_IDE, editor_chrome
from train.data.world.slots import Slots
from train.data.world.source import CODE, code_rows
from train.data.world.tables import Entry, problems
from train.data.world.terminals import error_terminal, normal_terminal


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
            if entry.app in OWN_IDE
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
        title, menus, tabs, tree, status = editor_chrome(rng, slots, ide, language)
        made, message, code = _problem_rows(rng, slots, entry, tabs[0].text)
        app = ide
        fields = Fields(True, app, "ide_editor", message, code, entry.category)
        panel = (
            ("PROBLEMS", "OUTPUT", "DEBUG CONSOLE", "TERMINAL", "PORTS")
            if ide not in MENUS
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
    title, menus, tabs, tree, status = editor_chrome(rng, slots, ide, language)
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
    language = rng.choice(list(CODE))
    title, menus, tabs, tree, status = editor_chrome(rng, slots, ide, language)
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
