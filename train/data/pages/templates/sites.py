"""Applications in a browser in good order: what stands around an accident, or alone on a page without one."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from train.data.pages.brush import Brush
from train.data.world.slots import Slots

Scene = Callable[[Brush, Slots], str]


def _some(rng: random.Random, texts: str, low: int, high: int) -> list[str]:
    pool = texts.split("|")
    return rng.sample(pool, min(rng.randint(low, high), len(pool)))


def _fresh(brush: Brush, template: str) -> str:
    return Slots(brush.rng).fill(template)


def _rows(brush: Brush, count: int, templates: Sequence[str]) -> list[list[str]]:
    return [[_fresh(brush, t) for t in templates] for _ in range(count)]


_STATES = "⟨Active|Open|Done|Queued|Running|Failed|Paused|Draft|Closed|OK|Error|Pending|Passed|Timeout⟩"


def dashboard(brush: Brush, slots: Slots) -> str:
    """Numbers, a chart, a table."""
    rng = brush.rng
    names = _some(
        rng,
        (
            "Requests|Errors|Users online|Revenue|Open tickets|Latency p95|Error rate|"
            "Uptime|Failed jobs|Queue depth|Disk used|Sessions"
        ),
        3,
        5,
    )
    values = ("{big}", "{num}", "{money}", "{pct} %", "{ms} ms", "0", "99.9{int} %", "{size}")
    cards = "".join(
        brush.card(
            f'<span class="m-dim">{brush.span(n, "label")}</span><span class="m-big">'
            f"{brush.span(_fresh(brush, rng.choice(values)), 'value')}</span>"
        )
        for n in names
    )
    wide = max(min(brush.look.view[0] - (320 if not brush.look.phone else 60), 900), 200)
    series = [[rng.random() * 0.9 for _ in range(rng.randint(8, 26))] for _ in range(rng.randint(1, 3))]
    days = "".join(brush.span(_fresh(brush, "{day}")[:6].strip(), "value") for _ in range(5))
    axis = (
        '<div style="display:flex;justify-content:space-between;font-size:.8em;'
        f'width:{wide}px;max-width:100%">{days}</div>'
    )
    plot = brush.card(
        brush.heading(
            _fresh(brush, "⟨Requests|Errors|Traffic|{cap}|Orders⟩ ⟨per day|by {noun}|this week|last 24 h⟩"), level=3
        )
        + brush.plot(wide, rng.choice((120, 160, 220)), series, rng.choice(("line", "bar", "line")))
        + axis
    )
    table = brush.table(
        [
            ["Name", "Owner", "Updated", "Status"],
            *_rows(brush, rng.randint(2, 6), ("{file}", "{person}", "{date}", _STATES)),
        ]
    )
    return (
        brush.heading(_fresh(brush, "⟨Dashboard|Overview|{cap} overview|Home|Welcome back, {person}⟩"))
        + f'<div class="m-stats">{cards}</div>{plot}{table}'
    )


def admin(brush: Brush, slots: Slots) -> str:
    """A table of records with filters, pages and buttons."""
    rng = brush.rng
    columns = [*_some(rng, "ID|Name|Email|Role|Created|Amount|Country|Version|Size", 2, 5), "Status"]
    how = {
        "ID": "{num}",
        "Name": "{person}",
        "Email": "{email}",
        "Role": "⟨admin|editor|viewer|owner⟩",
        "Created": "{date}",
        "Amount": "{money}",
        "Country": "⟨Germany|France|Japan|Brazil|India|Canada⟩",
        "Version": "{version}",
        "Size": "{size}",
        "Status": _STATES,
    }
    rows = [columns, *_rows(brush, rng.randint(4, 14), [how[c] for c in columns])]
    search = brush.field("Search", _fresh(brush, "⟨{noun}|{word}|error|{person}|status:failed⟩"))
    pages = "".join(brush.button(t) for t in ("Previous", "1", "2", "3", "Next"))
    count = brush.span(_fresh(brush, "Showing 1 to {int} of {num} {nouns}"), "status")
    return (
        brush.heading(_fresh(brush, "{cap}s"))
        + search
        + brush.buttons(_some(rng, "Add new|Export|Filter|Refresh|Import|Delete", 1, 3))
        + brush.table(rows)
        + f'<div class="m-buttons">{count}{pages}</div>'
    )


def mail(brush: Brush, slots: Slots) -> str:
    """A mail box with folders; subjects speak of errors now and then."""
    rng = brush.rng
    subjects = (
        "{title}",
        "Re: {title}",
        "Your invoice {num}",
        "Build failed: {repo}",
        "[{name}] Alert: {noun} is down",
        "Delivery Status Notification (Failure)",
        "Meeting on {day}",
        "{cap} report",
        "Password changed",
        "Undelivered Mail Returned to Sender",
        "Welcome to {name}",
    )
    rows = "".join(
        '<div class="m-row"><b style="width:9em;flex:none" class="m-clip">'
        f"{brush.span(_fresh(brush, '{person}'), 'label')}</b>"
        '<span class="m-clip m-grow">'
        f"{brush.span(_fresh(brush, rng.choice(subjects)), 'item')}</span><span "
        'class="m-dim" style="flex:none">'
        f"{brush.span(_fresh(brush, '⟨{time}|{day}⟩')[:6], 'label')}</span></div>"
        for _ in range(rng.randint(5, 14))
    )
    return (
        brush.heading(_fresh(brush, "Inbox ({num})"), level=2)
        + brush.buttons(_some(rng, "Compose|Archive|Mark as read|Delete|Refresh", 2, 4))
        + rows
    )


def chat(brush: Brush, slots: Slots) -> str:
    """People talking, also about errors they saw."""
    rng = brush.rng
    said = (
        "Can you look at the {noun}?",
        "I get “Permission denied” when I {verb} the {noun}.",
        "Same here.",
        "Fixed in {version}, thanks!",
        "{title}",
        "The deploy failed again: exit code {int}",
        "lunch?",
        "It says ERR_CONNECTION_RESET, any idea?",
        "works on my machine",
        "See {url}",
        "I will {verb} it on {day}.",
    )
    rows = "".join(
        f'<div><span class="m-face" style="background:hsl({rng.randrange(360)} 45% '
        '55%)"></span><div class="m-grow"><b>'
        f"{brush.span(_fresh(brush, '{person}'), 'label')}</b> &nbsp; "
        f'<small class="m-dim">{brush.span(_fresh(brush, "{time}"), "label")}</small>'
        f"<div>{brush.span(_fresh(brush, rng.choice(said)))}</div></div></div>"
        for _ in range(rng.randint(4, 11))
    )
    send = brush.field(_fresh(brush, "Message #{word}"), _fresh(brush, "⟨I will check the {noun}|thanks!|{title}⟩"))
    return brush.heading(_fresh(brush, "# {word}-{word2}"), level=2) + f'<div class="m-chat">{rows}</div>' + send


def shop(brush: Brush, slots: Slots) -> str:
    """Goods with prices, or a basket."""
    rng = brush.rng
    if rng.random() < 0.4:
        rows = [["Item", "Qty", "Price"], *_rows(brush, rng.randint(1, 5), ("{cap} {noun}", "{int}", "{money}"))]
        total = (
            f'<div class="m-row"><b>{brush.span("Total", "label")}</b><b>'
            f"{brush.span(_fresh(brush, '{money}'), 'value')}</b></div>"
        )
        return (
            brush.heading(_fresh(brush, "⟨Your basket|Shopping cart|Checkout⟩"))
            + brush.table(rows)
            + total
            + brush.buttons(["Continue shopping", "Place order"])
        )
    cards = "".join(
        brush.card(
            (
                f'<div style="height:{rng.choice((70, 110, 140))}px;border-radius:6px;'
                "margin-bottom:8px;"
                f"background:linear-gradient({rng.randrange(180)}deg,hsl({rng.randrange(360)} "
                f'55% 70%),hsl({rng.randrange(360)} 45% 45%))"></div>'
            )
            + brush.span(_fresh(brush, "{cap} {noun}"), "item", tag="div")
            + brush.span(_fresh(brush, "{money}"), "value", tag="b")
            + f'<div class="m-buttons">{brush.button(rng.choice(("Add to cart", "Buy now", "Details")), True)}</div>'
        )
        for _ in range(rng.randint(2, 8))
    )
    return brush.heading(_fresh(brush, "{cap}s")) + f'<div class="m-grid">{cards}</div>'


def tracker(brush: Brush, slots: Slots) -> str:
    """A list of issues: titles that name errors which are not this page's."""
    rng = brush.rng
    titles = (
        "{cls}Error when {verb}ing {nouns}",
        "Crash on start after upgrade to {version}",
        "{cap}: connection refused on port {port}",
        "Add {noun} to {noun2}",
        "Timeout while loading {nouns}",
        "Docs: typo in {noun}",
        "{title}",
        "500 on {urlpath}",
        "Cannot {verb} {noun} with spaces",
    )
    rows = "".join(
        '<div class="m-row"><div class="m-grow">'
        f'{brush.link(_fresh(brush, rng.choice(titles)), "item")}<div class="m-dim" '
        'style="font-size:.85em">'
        f"{brush.span(_fresh(brush, '#{num} opened on {date} by {user}'), 'label')}</div>"
        "</div>"
        f"{brush.badge(_fresh(brush, '⟨bug|feature|open|closed|wontfix|P1|question⟩'))}</div>"
        for _ in range(rng.randint(4, 11))
    )
    return (
        brush.heading(_fresh(brush, "⟨Issues|{num} open issues|Backlog|Bugs⟩"), level=2)
        + brush.buttons(["New issue", "Labels"])
        + rows
    )


def calendar(brush: Brush, slots: Slots) -> str:
    """A month with entries."""
    rng = brush.rng
    first = rng.randint(0, 6)
    cells = [["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]]
    days = [""] * first + [str(n) for n in range(1, 31)]
    days = [d + (_fresh(brush, " {cap} {time}")[:-3] if d and rng.random() < 0.13 else "") for d in days] + [""] * (
        -(len(days)) % 7
    )
    cells += [days[i : i + 7] for i in range(0, len(days), 7)]
    return (
        brush.heading(_fresh(brush, "{month} 20⟨23|24|25⟩"), level=2)
        + brush.buttons(["Today", "Month", "Week"])
        + brush.table(cells)
    )


def wiki(brush: Brush, slots: Slots) -> str:
    """An article with chapters and links."""
    from train.data.world.parts import prose

    parts = [brush.heading(_fresh(brush, "{title}")), brush.para(prose(brush.rng, slots))]
    for _ in range(brush.rng.randint(1, 3)):
        parts.append(
            brush.heading(_fresh(brush, "⟨History|Usage|See also|Design|{cap}s|Known problems⟩"), level=2)
            + brush.para(prose(brush.rng, slots))
        )
        if brush.rng.random() < 0.4:
            parts.append(brush.items([_fresh(brush, "{title}") for _ in range(brush.rng.randint(2, 5))]))
    return "".join(parts)


def pipeline(brush: Brush, slots: Slots) -> str:
    """A build server's runs, with a log."""
    rng = brush.rng
    rows = "".join(
        '<div class="m-row">'
        f"{brush.badge(_fresh(brush, '⟨passed|passed|failed|running|canceled|skipped⟩'))}<span "
        'class="m-grow m-clip">'
        f"{brush.link(_fresh(brush, '⟨Merge branch {branch}|Fix {noun}|Add {noun2} to {noun}|Bump {pkg} to {version}⟩'), 'item')}</span>"
        f'<code class="m-mono">{brush.span(_fresh(brush, "{sha}"), "value")}</code>'
        f"{brush.span(_fresh(brush, '{int}m {int2}s'), 'label')}</div>"
        for _ in range(rng.randint(3, 9))
    )
    log = brush.code(
        [
            _fresh(
                brush,
                (
                    "⟨{time} Step {int}/9 : RUN {verb} {noun}|{time} Running {num} tests|{time} "
                    "{num} passed, 0 failed|{time} Uploading {file}|$ {verb} --{noun}⟩"
                ),
            )
            for _ in range(rng.randint(3, 9))
        ],
        "output",
    )
    return brush.heading(_fresh(brush, "⟨Pipelines|Builds|Workflow runs|Deployments⟩"), level=2) + rows + log


def console(brush: Brush, slots: Slots) -> str:
    """A cloud's console: instances, regions, buttons."""
    rng = brush.rng
    rows = [
        ["Instance", "Type", "Zone", "IP address", "State"],
        *_rows(
            brush,
            rng.randint(2, 9),
            (
                "{pod}",
                "⟨t3.micro|m5.large|n2-standard-4|B2s|c6g.xlarge⟩",
                "⟨eu-west-1a|us-east-2b|europe-north1-c⟩",
                "{ip}",
                "⟨Running|Stopped|Pending|Terminated|Healthy|Degraded⟩",
            ),
        ),
    ]
    return (
        brush.heading(_fresh(brush, "⟨Instances|Clusters|Buckets|Virtual machines|Databases⟩"), level=2)
        + brush.buttons(_some(rng, "Launch|Start|Stop|Actions|Connect|Create", 2, 4))
        + brush.table(rows)
    )


def settings(brush: Brush, slots: Slots) -> str:
    """A form of settings."""
    rng = brush.rng
    names = {
        "Name": "{person}",
        "Email": "{email}",
        "Time zone": "⟨Europe/Berlin|UTC|America/New_York⟩",
        "Host": "{host}",
        "Port": "{port}",
        "Path": "{path}",
        "Language": "English",
        "Company": "{cap} {noun}",
        "API key": "{hex}{hex2}",
        "Webhook": "{url}",
        "Limit": "{num}",
    }
    chosen = rng.sample(sorted(names), rng.randint(3, 6))
    made = "".join(brush.field(n, _fresh(brush, names[n]), select=rng.random() < 0.2) for n in chosen)
    return (
        brush.heading(_fresh(brush, "⟨Settings|Account|Profile|{cap} settings|Connection⟩"))
        + made
        + brush.buttons(["Save changes", "Cancel"])
    )


def files(brush: Brush, slots: Slots) -> str:
    """A list of files in the cloud."""
    rows = [["Name", "Modified", "Size"], *_rows(brush, brush.rng.randint(4, 13), ("{file}", "{date}", "{size}"))]
    return (
        brush.heading(_fresh(brush, "⟨My files|Shared with me|{cap}s|Documents⟩"), level=2)
        + brush.buttons(["Upload", "New folder"])
        + brush.table(rows)
    )


def board(brush: Brush, slots: Slots) -> str:
    """Columns of cards."""
    columns = "".join(
        f"<div>{brush.heading(name, level=3)}"
        + "".join(
            brush.card(
                brush.span(
                    _fresh(brush, "⟨{title}|Fix {noun} timeout|{cap} {noun2}|Investigate error in {noun}⟩"), "item"
                )
            )
            for _ in range(brush.rng.randint(1, 4))
        )
        + "</div>"
        for name in ("To do", "In progress", "Review", "Done")[: brush.rng.randint(2, 4)]
    )
    return brush.heading(_fresh(brush, "{cap} board"), level=2) + f'<div class="m-grid">{columns}</div>'


def diff(brush: Brush, slots: Slots) -> str:
    """A review of changed lines, with a remark."""
    lines = [
        _fresh(brush, t)
        for t in (
            "@@ -{line},7 +{line2},9 @@",
            "   def {fn}({ident}):",
            "-    return {ident2}.{attr}",
            "+    if {ident2} is None:",
            "+        raise {cls}Error('{noun} not found')",
            "     return {ident}",
        )
    ]
    remark = brush.card(
        f"<b>{brush.span(_fresh(brush, '{user}'), 'label')}</b><div>"
        f"{brush.span(_fresh(brush, '⟨Should this raise an error?|Nit: rename {ident}.|What if the {noun} is empty?|LGTM⟩'))}</div>"
    )
    return (
        brush.heading(_fresh(brush, "⟨Fix|Add|Rename⟩ {noun} in {noun2} #{num}"), level=2)
        + brush.span(_fresh(brush, "src/{word}/{file}"), "label", tag="div")
        + brush.code(lines)
        + remark
    )


SCENES: tuple[tuple[Scene, str], ...] = (
    (dashboard, "dashboard"),
    (admin, "admin table"),
    (mail, "mail"),
    (chat, "chat"),
    (shop, "shop"),
    (tracker, "tracker"),
    (calendar, "calendar"),
    (wiki, "wiki"),
    (pipeline, "ci"),
    (console, "cloud console"),
    (settings, "settings"),
    (files, "files"),
    (board, "board"),
    (diff, "review"),
)
