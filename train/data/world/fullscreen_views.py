"""Full-screen terminal programs that show things: monitors, text browsers, log viewers, mail, questions in boxes, multiplexers."""

from __future__ import annotations

import random

from train.data.world import sessions
from train.data.world.content import Row
from train.data.world.fullscreen_parts import Screen, line, lines, text_file
from train.data.world.parts import prose
from train.data.world.slots import Slots
from train.data.world.terminals import session_rows


def monitor(rng: random.Random, slots: Slots) -> Screen:
    """htop, top and their like."""
    app = rng.choice(("htop", "htop", "top", "btop", "atop", "glances", "iotop"))
    if app in ("htop", "btop", "glances"):
        rows = [
            line(f"  {i}[{'|' * rng.randint(1, 30):<32}{rng.uniform(0, 100):5.1f}%]", "value")
            for i in range(rng.choice((2, 4, 8)))
        ]
        rows += lines(
            [
                f"Mem[{'|' * rng.randint(5, 30):<32}{rng.uniform(0.5, 14):.2f}G/15.{rng.randint(0, 9)}G]",
                f"Swp[{'':<32}0K/2.00G]",
                f"Tasks: {rng.randint(30, 300)}, {rng.randint(30, 900)} thr; 1 running",
                "Load average: 0.42 0.51 0.47",
                slots.fill("Uptime: {time}"),
            ],
            "value",
        )
        keys = "F1Help  F2Setup F3SearchF4FilterF5Tree  F6SortByF7Nice -F8Nice +F9Kill  F10Quit"
    else:
        rows = lines(
            [
                slots.fill(
                    f"top - {{time}} up {rng.randint(1, 90)} days,  {{time2}},  {rng.randint(1, 4)} users,"
                    f"  load average: 0.{rng.randint(10, 99)}, 0.31, 0.28"
                ),
                f"Tasks: {rng.randint(90, 400)} total,   1 running, {rng.randint(80, 300)} sleeping,   0 stopped,   0 zombie",
                f"%Cpu(s):  {rng.uniform(0, 60):.1f} us,  1.0 sy,  0.0 ni, 94.2 id,  0.3 wa,  0.0 hi,  0.0 si,  0.0 st",
                "MiB Mem :  15893.6 total,   2210.4 free,   6123.0 used,   7560.2 buff/cache",
            ],
            "value",
        )
        keys = ""
    rows.append(
        line(
            rng.choice(
                (
                    "  PID USER       PRI  NI  VIRT   RES   SHR S  CPU% MEM%   TIME+  Command",
                    "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND",
                )
            ),
            "heading",
            "inverse",
        )
    )
    for _ in range(rng.randint(6, 24)):
        s = Slots(rng)
        tree = rng.choice(("", "", "├─ ", "│  └─ "))
        sizes = f"{rng.randint(1, 999)}M {rng.randint(1, 99)}M {rng.randint(1, 60)}M"
        share, clock = rng.uniform(0, 60), f"0:{rng.randint(0, 59):02}.{rng.randint(0, 99):02}"
        name = rng.choice((s.get("path"), s.get("stem"), f"{s.get('word')} --{s.get('noun')}"))
        rows.append(
            line(
                f"{s.get('pid'):>7} {s.get('user')[:9]:<9} 20   0 {sizes} S {share:5.1f} {rng.uniform(0, 9):4.1f}  {clock} {tree}{name}",
                "item",
            )
        )
    if keys:
        rows.append(line(keys, "menu"))
    return Screen(app, rows)


def browser(rng: random.Random, slots: Slots) -> Screen:
    """A page in a text browser: a manual, an article."""
    app = rng.choice(("w3m", "Lynx", "Links", "ELinks"))
    title = rng.choice(
        (slots.get("title"), "Errors and Exceptions", "Error codes", "Troubleshooting", slots.fill("{noun} manual"))
    )
    rows = [line(title.center(rng.choice((60, 78))), "heading")]
    for _ in range(rng.randint(2, 6)):
        rows.append(Row(()))
        if rng.random() < 0.4:
            rows.append(line(slots.fill("{int}. ") + Slots(rng).get("title"), "heading"))
        text = prose(rng, Slots(rng))
        rows += [line(("   " if app == "Lynx" else "") + text[i : i + 74], "body") for i in range(0, len(text), 74)]
        if rng.random() < 0.3:
            rows.append(line(Slots(rng).fill("    • {word}Error: raised when the {noun} is missing"), "body"))
    last = {
        "w3m": f"↑ ↓ Viewing <{title}>",
        "Lynx": "-- press space for next page --",
        "Links": slots.get("url"),
        "ELinks": slots.get("url"),
    }[app]
    rows.append(line(last, "status", "inverse"))
    if app == "Lynx":
        rows.append(line("  Arrow keys: Up and Down to move.  Right to follow a link; Left to go back.", "menu"))
    return Screen(app, rows)


def log_viewer(rng: random.Random, slots: Slots) -> Screen:
    app = rng.choice(("lnav", "lnav", "multitail", "tig", "ncdu", "mutt"))
    if app == "tig":
        rows = [
            line(
                Slots(rng).fill("{date} {time} {person}  ○ ")
                + rng.choice(("Fix the error in ", "Add ", "Remove "))
                + Slots(rng).get("noun"),
                "item",
            )
            for _ in range(rng.randint(8, 24))
        ]
        return Screen(app, [*rows, line(slots.fill("[main] {longsha} - commit {int} of {num}"), "status", "inverse")])
    if app == "ncdu":
        rows = [
            line("ncdu 1.18 ~ Use the arrow keys to navigate, press ? for help", "title", "inverse"),
            line("--- " + slots.get("dir") + " " + "-" * 40),
        ]
        rows += [
            line(
                f"  {rng.uniform(1, 900):6.1f} {rng.choice(('KiB', 'MiB'))} [{'#' * rng.randint(0, 10):<10}] {Slots(rng).get('file')}",
                "item",
            )
            for _ in range(rng.randint(6, 20))
        ]
        return Screen(
            app,
            [
                *rows,
                line(
                    slots.fill(" Total disk usage: {size}  Apparent size: {size2}  Items: {num}"), "status", "inverse"
                ),
            ],
        )
    if app == "mutt":
        rows = [line("q:Quit  d:Del  u:Undel  s:Save  m:Mail  r:Reply  g:Group  ?:Help", "menu", "inverse")]
        rows += [
            line(
                Slots(rng).fill(
                    f"{i:>4} ⟨N|O| ⟩ {{month}} {rng.randint(1, 28):02} {{person}}   (0.{rng.randint(1, 9)}K) "
                    "⟨Re: |||[ALERT] ⟩⟨{title}|Build failed in {repo}|Error on {host}⟩"
                ),
                "item",
            )
            for i in range(1, rng.randint(8, 24))
        ]
        return Screen(
            app,
            [
                *rows,
                line(
                    slots.fill("---Mutt: =INBOX [Msgs:{num} New:{int} 1.2M]---(threads/date)----(all)---"),
                    "status",
                    "inverse",
                ),
            ],
        )
    rows = lines(text_file(rng, slots) + text_file(rng, slots))
    if rng.random() < 0.7:
        rows.insert(
            0, line(slots.fill("{day} {time} UTC") + "   " + "Press ENTER to focus on the breadcrumb bar", "status")
        )
    keys = f"L{rng.randint(1, 90)}  {rng.randint(1, 99)}%   {rng.randint(0, 9)} hits   ?:View Help"
    return Screen(
        app,
        [
            *rows,
            line(
                f"Files :: Text Filters :: {rng.randint(0, 4)} of {rng.randint(4, 9)} enabled  Press TAB to edit",
                "status",
            ),
            line(keys, "status", "inverse"),
        ],
    )


def question(rng: random.Random, slots: Slots) -> Screen:
    """A box of dialog, whiptail, debconf."""
    app = rng.choice(("debconf", "whiptail", "dialog", "raspi-config", "nmtui"))
    body = rng.choice(
        (
            "Configuration file {path} was changed. What would you like to do about it?",
            "Do you want to restart {name} now?",
            "Choose the {nouns} that shall be installed.",
            "The {noun} was saved.",
            "Enter the name of the {noun}:",
            "Keep the local version currently installed?",
        )
    )
    text = slots.fill(body)
    width = max(44, min(70, len(text) + 4))
    gap = " " * rng.randint(2, 10)
    title = rng.choice((slots.fill("Configuring {stem}"), slots.get("title"), "Package configuration"))
    rows = [line(rng.choice(("Package configuration", "")), "title"), Row(()), Row(())]
    rows.append(line(gap + f"┌─┤ {title} ├".ljust(width, "─") + "┐", "title"))
    rows += [
        line(gap + "│ " + text[i : i + width - 4].ljust(width - 3) + "│", "body")
        for i in range(0, len(text), width - 4)
    ]
    rows += [
        line(gap + "│ " + Slots(rng).fill("[⟨*| ⟩] {word} {noun}").ljust(width - 3) + "│", "item")
        for _ in range(rng.choice((0, 0, 3, 5)))
    ]
    rows.append(
        line(
            gap + "│" + rng.choice(("<Ok>", "<Yes>            <No>", "<Ok>       <Cancel>")).center(width - 1) + "│",
            "button",
        )
    )
    rows.append(line(gap + "└" + "─" * (width - 1) + "┘"))
    return Screen(app, rows)


def multiplexer(rng: random.Random, slots: Slots) -> Screen:
    """tmux or screen over an ordinary session, a log that runs, an editor."""
    session = sessions.sample(rng)[1]
    rows = (
        session_rows(rng, slots, session)
        if rng.random() < 0.5
        else lines(text_file(rng, slots) + text_file(rng, slots))
    )
    names = [rng.choice(("bash", "vim", "logs", "htop", "ssh", "zsh", "make", "db")) for _ in range(rng.randint(1, 5))]
    active = rng.randrange(len(names))
    bar = " ".join(
        f"{i}:{name}{'*' if i == active else '-' if i == active - 1 else ''}" for i, name in enumerate(names)
    )
    rows.append(
        line(
            f"[{rng.choice(('0', '1', slots.get('word')))}] {bar}".ljust(60) + slots.fill('"{shost}" {time}'),
            "status",
            "inverse",
        )
    )
    return Screen("tmux", rows)
