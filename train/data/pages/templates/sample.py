"""One page of this package's own sorts: an application with an accident or without one, a form, a page to read."""

from __future__ import annotations

from train.data.pages.brush import Brush, Page
from train.data.pages.draw import browsers
from train.data.pages.templates import accidents
from train.data.pages.templates.reading import READINGS
from train.data.pages.templates.sites import SCENES
from train.data.world.content import Fields, Text
from train.data.world.parts import other_tabs
from train.data.world.slots import Slots

BROWSERS = ("Chromium",) * 6 + ("Google Chrome", "Firefox", "Firefox", "Safari", "Microsoft Edge")
_MENU = (
    "Home|Dashboard|Projects|Reports|Orders|Customers|Settings|Help|Search|Team|Billing|Messages|Docs|Sign out".split(
        "|"
    )
)
_SITES = (
    "{name}",
    "{name}",
    "{name}",
    "{cap} Docs",
    "Stack Overflow",
    "GitHub",
    "Wikipedia",
    "Jira",
    "Grafana",
    "Jenkins",
    "Reddit",
    "GitLab",
)


def _shell(brush: Brush, app: str, main: str, ref: str) -> str:
    """Bar, side bar, content, foot."""
    rng = brush.rng
    bar = brush.nav(app, rng.sample(_MENU, rng.randint(2, 5)), ref) if rng.random() < 0.85 else ""
    side = ""
    if rng.random() < 0.35 and not brush.look.phone:
        entries = "".join(f"<div>{brush.span(t, 'item')}</div>" for t in rng.sample(_MENU, rng.randint(3, 8)))
        side = f'<aside class="m-side">{entries}</aside>'
    foot = ""
    if rng.random() < 0.25:
        foot = (
            '<footer class="m-foot">'
            f"{''.join(brush.span(Slots(rng).fill(t), 'link') for t in ('© 20⟨23|24|25⟩ ' + app, 'Privacy', 'Terms', 'Status'))}</footer>"
        )
    width = "m-narrow" if rng.random() < 0.35 else ""
    return f'{bar}<div class="m-shell">{side}<main class="m-main"><div class="{width}">{main}</div></main></div>{foot}'


def _in_browser(brush: Brush, page: Page, browser: str, title: str) -> Page:
    rng = brush.rng
    url = Text(Slots(rng).get("url"), "url")
    body, style = browsers.chrome(
        brush, browser, Text(title, "title"), url, other_tabs(rng), f'<div class="b-in">{page.body}</div>'
    )
    return Page(page.fields, body, page.family, page.head + style, page.program, page.bare, page.body_class)


def sample_page(brush: Brush, split: str) -> Page:
    """A page; about half of them with an error. A function of the brush's generator and look, and the split."""
    rng = brush.rng
    browser = rng.choice(BROWSERS)
    slots = Slots(rng)
    roll = rng.random()
    if roll < 0.36:
        what = accidents.failure(brush, split)
        scene, name = rng.choice(SCENES)
        place, sort, _ = rng.choices(accidents.ACCIDENTS, [a[2] for a in accidents.ACCIDENTS])[0]
        slots.set("name", what.app)
        body = _shell(brush, what.app, place(brush, what, scene(brush, slots)), "app")
        fields = Fields(True, what.app, "web_page", what.message, what.code, what.category)
        page, title = Page(fields, body, f"app {name}, {sort}", program=what.app), what.app
    elif roll < 0.52:
        failing = rng.random() < 0.75
        body, refused, sort = accidents.form(brush, split, failing)
        if refused is None:
            page = Page(Fields(False, browser, "web_page"), body, sort, program=browser)
        else:
            fields = Fields(True, refused.app, "web_page", refused.message, None, refused.category)
            page = Page(fields, body, f"{sort} refused", program=refused.app)
        title = page.program
    elif roll < 0.76:
        scene, name = rng.choice(SCENES)
        app = slots.fill(rng.choice(_SITES))
        body = _shell(brush, app, scene(brush, slots), "") + accidents.quiet(brush)
        page, title = Page(Fields(False, browser, "web_page"), body, f"app {name}", program=browser), app
    else:
        reading, name = rng.choice(READINGS)
        app = slots.fill(rng.choice(_SITES))
        body = _shell(brush, app, reading(brush, slots, split), "") + (
            accidents.quiet(brush) if rng.random() < 0.25 else ""
        )
        page, title = Page(Fields(False, browser, "web_page"), body, f"reading {name}", program=browser), app
    return _in_browser(brush, page, browser, title) if rng.random() < 0.5 else page
