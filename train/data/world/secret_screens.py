"""Screens of all sorts into which secrets are planted: terminals, editors, pages, chats, dialogs, settings."""

from __future__ import annotations

import random
import string

from train.data.world import secrets as make
from train.data.world.content import (
    Block,
    Content,
    DesktopAppContent,
    DialogContent,
    EditorContent,
    Row,
    Text,
    WebPageContent,
)
from train.data.world.secret_sower import Sower, fields_of, plain
from train.data.world.secret_terminals import secret_terminal
from train.data.world.secrets import Planted
from train.data.world.slots import Slots, word


def secret_screen(rng: random.Random) -> tuple[Content, list[Planted]]:
    """A screen and the secrets on it. What else stands there looks like secrets at times (hashes, versions, names) and is none."""
    sower = Sower(rng)
    maker = rng.choices(
        (secret_terminal, _editor, _settings_page, _keys_page, _chat, _dialog, _mail_settings, _debug_page),
        (30, 18, 12, 10, 10, 8, 6, 6),
    )[0]
    return maker(sower), sower.planted


_FILES = {
    "env": ".env",
    "yaml": "values.yaml",
    "json": "config.json",
    "python": "settings.py",
    "ini": "app.ini",
    "xml": "settings.xml",
    "key": "id_rsa",
}


def _editor(sower: Sower) -> Content:
    rng = sower.rng
    style = rng.choice(("env", "yaml", "json", "python", "ini", "xml", "key"))
    lines: list[str] = []
    if style == "key":
        first, rows, last = make.private_key(rng)
        lines = [first, *(sower.plant("key", row) for row in rows[: rng.randint(4, 18)]), last]
    else:
        shapes = {
            "env": "{}={}", "yaml": "  {}: {}", "json": '  "{}": "{}",', "python": '{} = "{}"', "ini": "{} = {}", "xml": "  <{0}>{1}</{0}>",
        }  # fmt: skip
        for _ in range(rng.randint(3, 9)):
            name, _, value = plain(rng).partition("=")
            lines.append(shapes[style].format(_cased(rng, name, style), value))
        for _ in range(rng.randint(1, 4)):
            name, value = sower.named()
            if style in ("xml", "json", "python") and set(value) & set("<>&\"'\\"):
                sower.planted.pop()
                continue
            lines.insert(rng.randint(0, len(lines)), shapes[style].format(_cased(rng, name, style), value))
        if rng.random() < 0.4:
            lines.append(shapes[style].format(_cased(rng, "ADMIN_EMAIL", style), sower.email()))
        if rng.random() < 0.4:
            lines.append(shapes[style].format(_cased(rng, "DB_HOST", style), sower.host()))
        if style == "json":
            lines = ["{", *lines, "}"]
    name = _FILES[style]
    code = tuple(Row((Text(line, "source"),)) for line in lines)
    tabs = (Text(name, "tab"), Text("README.md", "tab"))
    return EditorContent(
        fields_of("ide_editor", "VS Code"), Text(f"{name} - {word(rng)} - Visual Studio Code", "title"), tabs, code
    )


def _cased(rng: random.Random, name: str, style: str) -> str:
    parts = name.lower().split("_")
    if style in ("env", "python"):
        return name
    if style == "ini":
        return rng.choice(("_".join(parts), ".".join(parts)))
    return rng.choice(("_".join(parts), parts[0] + "".join(part.capitalize() for part in parts[1:])))


def _page(sower: Sower, title: str, blocks: list[Block]) -> Content:
    rng = sower.rng
    url = Text(Slots(rng).fill("https://{word}.com{urlpath}"), "url")
    return WebPageContent(
        fields_of("web_page", "Chromium"),
        url,
        Text(title, "title"),
        tuple(blocks),
        rng.choice(("app", "centre", "plain")),
        chrome=rng.random() < 0.6,
    )


def _form(rows: list[tuple[str, str]]) -> Block:
    return Block("form", tuple(Row((Text(label, "label"), Text(value, "input"))) for label, value in rows))


def _settings_page(sower: Sower) -> Content:
    rng, slots = sower.rng, Slots(sower.rng)
    rows = [
        ("Name", slots.fill("{person}")),
        ("City", slots.fill("{cap}")),
        ("Order number", slots.fill("{big}")),
        ("Language", "English"),
    ]
    rng.shuffle(rows)
    rows = rows[: rng.randint(1, 3)]
    choices = [
        (rng.choice(("E-mail", "Email address", "Email")), sower.email), (rng.choice(("Card number", "Credit card")), sower.card),
        (rng.choice(("IBAN", "Bank account (IBAN)")), sower.iban),
        (rng.choice(("Password", "Wi-Fi password", "New password")), sower.password),
    ]  # fmt: skip
    for label, maker in rng.sample(choices, rng.randint(1, 3)):
        rows.insert(rng.randint(0, len(rows)), (label, maker()))
    return _page(
        sower,
        "Account",
        [
            Block("heading", (Row((Text("Account", "heading"),)),)),
            _form(rows),
            Block("buttons", (Row((Text("Save", "button"), Text("Cancel", "button"))),)),
        ],
    )


def _keys_page(sower: Sower) -> Content:
    rng, slots = sower.rng, Slots(sower.rng)
    blocks = [
        Block("heading", (Row((Text(rng.choice(("API keys", "Access tokens", "Developer settings")), "heading"),)),))
    ]
    if rng.random() < 0.5:
        head = Row(tuple(Text(t, "cell") for t in ("Name", rng.choice(("Key", "Token", "Secret")), "Created")))
        body = [
            Row(
                (
                    Text(slots.fill(f"{{word{i}}}"), "cell"),
                    Text(sower.token(), "cell"),
                    Text(slots.fill(f"{{date{i}}}"), "cell"),
                )
            )
            for i in range(rng.randint(1, 3))
        ]
        blocks.append(Block("table", (head, *body)))
    else:
        label = rng.choice(("API key", "Client secret", "Access token", "Signing secret"))
        blocks.append(
            _form(
                [("Client ID", slots.fill("{big}")), (label, sower.plant("token", make.drawn(rng, make.ALNUM, 24, 34)))]
            )
        )
    blocks.append(
        Block(
            "paragraph",
            (
                Row(
                    (
                        Text(
                            "Keep your keys safe. Tokens expire after 90 days; a lost key can be revoked at any time.",
                            "body",
                        ),
                    )
                ),
            ),
        )
    )
    return _page(sower, "Settings", blocks)


def _chat(sower: Sower) -> Content:
    rng, slots = sower.rng, Slots(sower.rng)
    said = [
        lambda: f"the wifi password is {sower.password()}", lambda: f"use {sower.token()} for staging", lambda: f"pw: {sower.password()}",
        lambda: f"please send it to {sower.email()}", lambda: f"my IBAN is {sower.iban()}",
        lambda: f"card {sower.card()} was refused again",
        lambda: f"server is {sower.host()} now", lambda: f"login with {sower.email()} / password: {sower.password()}",
    ]  # fmt: skip
    plain = [
        "Is the build green again?",
        "Did you reset the password?",
        "I lost my token, who can make a new one?",
        "See ticket {big} please",
        "Commit {sha} broke it",
    ]
    rows = []
    lines = [maker() for maker in rng.sample(said, rng.randint(1, 3))] + [
        slots.fill(p) for p in rng.sample(plain, rng.randint(1, 3))
    ]
    rng.shuffle(lines)
    for line in lines:
        rows.append(
            Row(
                (
                    Text(Slots(rng).fill("{person}"), "item"),
                    Text(f"{rng.randint(8, 18)}:{rng.randint(10, 59)}", "other"),
                    Text(line, "body"),
                )
            )
        )
    return _page(sower, "Chat", [Block("chat", tuple(rows))])


def _dialog(sower: Sower) -> Content:
    rng = sower.rng
    way = rng.randrange(5)
    body = [
        lambda: f"Your new access token: {sower.token()}", lambda: f"Cannot reach {sower.host()}. Check the network and try again.",
        lambda: f"The login of {sower.email()} failed.", lambda: f"The card {sower.card()} was declined.",
        lambda: f"The temporary password is {sower.password()}",
    ][way]()  # fmt: skip
    buttons = (Text("OK", "button"), Text("Copy", "button"))
    return DialogContent(
        fields_of("desktop_dialog", "Setup"),
        Text("Setup", "title"),
        None,
        (Text(body, "body"),),
        buttons,
        "info",
        "Setup",
        rng.choice(("windows", "gtk", "macos", "qt")),
    )


def _mail_settings(sower: Sower) -> Content:
    rng = sower.rng
    rows = [
        ("Name", Slots(rng).fill("{person}")),
        ("Email", sower.email()),
        ("Server", sower.host()),
        ("Port", "993"),
        ("Password", sower.password()),
    ]
    blocks = (_form(rows), Block("buttons", (Row((Text("Apply", "button"),)),)))
    return DesktopAppContent(
        fields_of("desktop_app", "Mail"),
        Text("Account settings", "title"),
        blocks,
        menus=tuple(Text(t, "menu") for t in ("File", "Edit", "View", "Help")),
        app="Mail",
        style=rng.choice(("gtk", "qt", "windows", "macos")),
    )


def _debug_page(sower: Sower) -> Content:
    rng = sower.rng
    pairs = [tuple(plain(rng).split("=", 1)) for _ in range(rng.randint(3, 6))] + [
        sower.named() for _ in range(rng.randint(1, 3))
    ]
    rng.shuffle(pairs)
    head = Row((Text("Variable", "cell"), Text("Value", "cell")))
    table = Block("table", (head, *(Row((Text(name, "cell"), Text(value, "cell"))) for name, value in pairs)))
    heading = Block(
        "heading",
        (Row((Text(f"{''.join(rng.choice(string.ascii_uppercase) for _ in range(3))} environment", "heading"),)),),
    )
    return _page(sower, "Debug", [heading, table])
