"""Pages that speak of errors and show none: documentation, posts, threads, results, lists of codes; and pages of other sorts."""

from __future__ import annotations

from collections.abc import Callable

from train.data.pages.brush import Brush
from train.data.world.families import terminal_families
from train.data.world.parts import prose
from train.data.world.slots import Slots
from train.data.world.tables import browser_pages, pages

Reading = Callable[[Brush, Slots, str], str]


def _fresh(brush: Brush, template: str) -> str:
    return Slots(brush.rng).fill(template)


def known_error(brush: Brush, split: str) -> tuple[str, str]:
    """(sentence, code or "") of an error that is only spoken of."""
    rng, wanted = brush.rng, split == "held_out"
    slots = Slots(rng)
    roll = rng.random()
    if roll < 0.4:
        entry = rng.choice([p for p in pages() if p.is_held_out == wanted])
        return slots.fill(entry.message), slots.fill(entry.code)
    if roll < 0.65:
        page = rng.choice([p for p in browser_pages() if p.is_held_out == wanted])
        return slots.fill(page.heading), page.code
    family = rng.choice([f for f in terminal_families() if f.is_held_out == wanted])
    for line in rng.choice(family.screens).split("\n"):
        if line.startswith("» "):
            return slots.fill(line[2:]).replace("«", "").replace("»", ""), ""
    return slots.fill("{cls}Error: {noun} not found"), ""


def documentation(brush: Brush, slots: Slots, split: str) -> str:
    """A chapter of a manual on an error, its causes and what to do."""
    message, code = known_error(brush, split)
    parts = [
        brush.heading(
            _fresh(brush, "⟨Troubleshooting|Errors|How to fix: |Common problems: |⟩") + f" {code or message}"
        ),
        brush.para(prose(brush.rng, slots)),
        brush.heading("Symptoms", level=2),
    ]
    parts.append(
        brush.para(
            f"When this happens, the program prints “{message}” and stops."
            if brush.rng.random() < 0.5
            else f"You may see the message “{message}”."
        )
    )
    if brush.rng.random() < 0.6:
        parts.append(brush.code([message]))
    steps = [
        _fresh(brush, t)
        for t in (
            "Check that the {noun} is running.",
            "Restart the {noun}.",
            "Set {const} to a value above {num}.",
            "Open {path} and look for {ident}.",
            "Update to version {version} or later.",
        )
    ]
    parts += [brush.heading("Solution", level=2), brush.items(brush.rng.sample(steps, brush.rng.randint(2, 5)), "body")]
    return "".join(parts)


def codes(brush: Brush, slots: Slots, split: str) -> str:
    """A table of error codes."""
    rows = [["Code", "Meaning", "Action"]]
    for _ in range(brush.rng.randint(3, 9)):
        message, code = known_error(brush, split)
        rows.append(
            [
                code or _fresh(brush, "⟨{const}|E{num}|{winhex}⟩"),
                message[:70],
                _fresh(brush, "⟨Retry later|Contact support|Check the {noun}|Sign in again|None⟩"),
            ]
        )
    return (
        brush.heading(_fresh(brush, "⟨Error codes|Status codes|Error reference|Return values of {fn}()⟩"))
        + brush.para(prose(brush.rng, slots))
        + brush.table(rows)
    )


def post(brush: Brush, slots: Slots, split: str) -> str:
    """A blog post on hunting an error."""
    message, code = known_error(brush, split)
    day = brush.span(_fresh(brush, "{date} · {person} · {int} min read"), "label", tag="div", extra='class="m-dim"')
    title = _fresh(brush, "⟨How we fixed|Debugging|The story of|Understanding⟩ ") + (
        code or _fresh(brush, "a {adj} {noun} bug")
    )
    return (
        brush.heading(title)
        + day
        + brush.para(prose(brush.rng, slots))
        + brush.para(f"The first thing that we saw was “{message}”.")
        + brush.code([message])
        + brush.para(prose(brush.rng, slots))
    )


def thread(brush: Brush, slots: Slots, split: str) -> str:
    """A question and answers."""
    message, _ = known_error(brush, split)
    answers = "".join(
        brush.card(
            brush.para(
                _fresh(
                    brush,
                    (
                        "⟨You have to {verb} the {noun} first.|This is a bug in {version}; upgrade.|"
                        "Check your {noun} settings and restart.|Did you try to {verb} it again?⟩"
                    ),
                )
            )
            + brush.span(_fresh(brush, "answered {date} by {user}"), "label")
        )
        for _ in range(brush.rng.randint(1, 4))
    )
    votes = brush.badge(_fresh(brush, "{int} votes"))
    return (
        brush.heading(_fresh(brush, "⟨Why do I get|What causes|How to solve⟩") + f" “{message[:90]}”?")
        + votes
        + brush.para(prose(brush.rng, slots))
        + brush.code([_fresh(brush, "$ {verb} {file}"), message])
        + brush.heading(_fresh(brush, "{int} Answers"), level=2)
        + answers
    )


def results(brush: Brush, slots: Slots, split: str) -> str:
    """Search results for an error."""
    message, code = known_error(brush, split)
    query = (code or message)[:48]
    rows = "".join(
        '<div style="margin:0 0 1.2em">'
        f"{brush.span(_fresh(brush, '{host} › {word} › {word2}'), 'url', tag='div')}<div "
        'style="font-size:1.2em">'
        f"{brush.link(known_error(brush, split)[0][:64] + _fresh(brush, ' ⟨- {cap} Docs|| - {name}| · Issue #{num}⟩'))}</div>"
        f"{brush.span(prose(brush.rng, slots), tag='div')}</div>"
        for _ in range(brush.rng.randint(3, 7))
    )
    return (
        brush.field("Search", query)
        + brush.span(_fresh(brush, "About {big} results ({secs} seconds)"), "status", tag="p")
        + rows
    )


def notes(brush: Brush, slots: Slots, split: str) -> str:
    """Release notes."""
    entries = [
        _fresh(
            brush,
            (
                "⟨Fixed a crash when {verb}ing {nouns}|Added {noun} support|No longer fails "
                "with “Permission denied”|Faster {noun} {noun2}|Error messages now name the "
                "{noun}⟩"
            ),
        )
        for _ in range(brush.rng.randint(3, 8))
    ]
    return (
        brush.heading(_fresh(brush, "{name} {version}"))
        + brush.span(_fresh(brush, "Released {date}"), "label", tag="p")
        + brush.items(entries, "body")
        + brush.heading(_fresh(brush, "{version2}"), level=2)
        + brush.para(prose(brush.rng, slots))
    )


def status(brush: Brush, slots: Slots, split: str) -> str:
    """A status page in good order, with incidents of the past."""
    rows = "".join(
        (
            '<div class="m-row">'
            f"{brush.span(_fresh(brush, '⟨API|Website|Database|{cap} service|CDN|Login⟩'), 'label')}{brush.badge('Operational')}</div>"
        )
        for _ in range(brush.rng.randint(3, 7))
    )
    past = brush.card(
        brush.heading(_fresh(brush, "{day}"), level=3)
        + brush.para(_fresh(brush, "Resolved - Elevated error rates of the {noun} {noun2} were fixed at {time} UTC."))
    )
    return (
        brush.alert(brush.span("All systems operational"), "success")
        + rows
        + brush.heading("Past incidents", level=2)
        + past
    )


def api(brush: Brush, slots: Slots, split: str) -> str:
    """Reference of an interface with its answers."""
    rows = [
        ["Status", "Description"],
        ["200", "OK"],
        ["400", _fresh(brush, "The {noun} is malformed.")],
        ["404", _fresh(brush, "No such {noun}.")],
        ["429", "Too many requests."],
        ["500", "Internal error."],
    ]
    sample = [
        _fresh(brush, t)
        for t in ("GET {urlpath} HTTP/1.1", "Host: {host}", "", "{", '  "{ident}": {num},', '  "error": null', "}")
    ]
    return (
        brush.heading(_fresh(brush, "⟨GET|POST|DELETE⟩ /v1/{nouns}"))
        + brush.para(prose(brush.rng, slots))
        + brush.code([s for s in sample if s])
        + brush.heading("Responses", level=2)
        + brush.table(rows[: brush.rng.randint(3, 6)])
    )


def log_viewer(brush: Brush, slots: Slots, split: str) -> str:
    """A viewer of logs with lines of all levels."""
    rows = []
    for _ in range(brush.rng.randint(6, 18)):
        rows.append(
            _fresh(brush, "{stamp} ⟨INFO|INFO|DEBUG|WARN|ERROR⟩ ⟨{noun}|{word}.{word2}⟩: ")
            + (
                known_error(brush, split)[0][:80]
                if brush.rng.random() < 0.2
                else _fresh(brush, "⟨{verb} {noun} {num}|done in {ms} ms|retry {int}|{ip} connected⟩")
            )
        )
    return (
        brush.heading(_fresh(brush, "⟨Logs|{cap} log|Live tail⟩"), level=2)
        + brush.field("Filter", _fresh(brush, "⟨level:error|{word}|host:{host}⟩"))
        + brush.code(rows, "output")
    )


def pricing(brush: Brush, slots: Slots, split: str) -> str:
    """Plans and prices."""
    cards = "".join(
        brush.card(
            brush.heading(n, level=3)
            + f'<span class="m-big">{brush.span(_fresh(brush, "{money}"), "value")}</span>'
            + brush.items([_fresh(brush, "{num} {nouns}") for _ in range(3)])
            + brush.button("Choose", n == "Pro")
        )
        for n in ("Free", "Pro", "Team", "Enterprise")[: brush.rng.randint(2, 4)]
    )
    return brush.heading(_fresh(brush, "⟨Pricing|Plans|Choose a plan⟩")) + f'<div class="m-grid">{cards}</div>'


READINGS: tuple[tuple[Reading, str], ...] = (
    (documentation, "documentation"),
    (codes, "error codes"),
    (post, "blog post"),
    (thread, "thread"),
    (results, "search results"),
    (notes, "release notes"),
    (status, "status page"),
    (api, "api reference"),
    (log_viewer, "log viewer"),
    (pricing, "pricing"),
)
