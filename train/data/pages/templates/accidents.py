"""Ways in which a web application says that something asked for failed, and notes that say no such thing."""

from __future__ import annotations

from dataclasses import dataclass

from train.data.pages.brush import Brush
from train.data.pages.draw.blocks import corner
from train.data.world.dialogs import generic_failure
from train.data.world.phrases import reason, sentence_case
from train.data.world.slots import Slots


@dataclass(frozen=True)
class Failure:
    """What failed: whose message, the message, more words, the code, the category."""

    app: str
    message: str
    body: str
    code: str | None
    category: str


def failure(brush: Brush, split: str) -> Failure:
    """A failure of an application in words put together."""
    return Failure(*generic_failure(brush.rng, Slots(brush.rng), split))


def _words(brush: Brush, what: Failure, tag: str = "div") -> str:
    strong = brush.rng.random() < 0.5
    head = brush.span(what.message, "message", tag="strong" if strong else "span")
    body = f"<{tag}>{brush.span(what.body)}</{tag}>" if what.body else ""
    more = ""
    if brush.rng.random() < 0.35:
        more = (
            '<div class="m-buttons">'
            f"{brush.button(brush.rng.choice(('Retry', 'Try again', 'Dismiss', 'Details', 'Close')))}</div>"
        )
    return f"<div>{head}</div>{body}{more}"


def toast(brush: Brush, what: Failure, scene: str) -> str:
    """A note in a corner."""
    tone = brush.rng.choice(("error", "error", "error", "warning"))
    return scene + brush.toast(_words(brush, what), tone, corner(brush))


def banner(brush: Brush, what: Failure, scene: str) -> str:
    """A box above the content."""
    return brush.alert(_words(brush, what), brush.rng.choice(("error", "error", "warning"))) + scene


def modal(brush: Brush, what: Failure, scene: str) -> str:
    """A box over the dimmed page."""
    buttons = brush.buttons(brush.rng.choice((["OK"], ["Close", "Retry"], ["Cancel", "Try again"], ["Dismiss"])))
    title = (
        brush.span(
            brush.rng.choice(("Error", "Something went wrong", "Warning", "Oops", what.app)),
            "title",
            tag="h3",
            extra=brush.css("h3"),
        )
        if brush.rng.random() < 0.7
        else ""
    )
    if title and what.message in title:
        title = ""
    return (
        scene + f'<div class="m-veil" data-veil></div><div class="m-modal">{title}{_words(brush, what)}{buttons}</div>'
    )


def panel(brush: Brush, what: Failure, scene: str) -> str:
    """A part of the page that could not be filled."""
    inner = f'<div style="text-align:center;padding:1.5em 1em">{_words(brush, what)}</div>'
    return scene + brush.card(inner) if brush.rng.random() < 0.5 else brush.card(inner) + scene


def alone(brush: Brush, what: Failure, scene: str) -> str:
    """Nothing else on the page."""
    del scene
    body = brush.para(what.body) if what.body else ""
    head = brush.heading(what.message, "message", brush.rng.choice((1, 2)))
    buttons = brush.buttons(
        brush.rng.choice((["Go back"], ["Home", "Retry"], ["Reload page"], ["Contact support", "Back"]))
    )
    return f'<div class="m-centre">{head}{body}{buttons}</div>'


ACCIDENTS = (
    (toast, "toast", 4),
    (banner, "alert", 4),
    (modal, "modal", 3),
    (panel, "panel", 2),
    (alone, "full page", 2),
)

_FORMS = {
    "login": ("Sign in", ("Email|{email}", "Password|••••••••"), "Sign in", "authentication"),
    "register": (
        "Create account",
        ("Name|{person}", "Email|{email}", "Password|••••••", "Company|{cap}"),
        "Register",
        "invalid_input",
    ),
    "checkout": (
        "Payment",
        ("Card number|{num} {num2} {num3}", "Name on card|{person}", "Expires|0{int}/2{int2}", "Postcode|{num4}"),
        "Pay {money}",
        "invalid_input",
    ),
    "upload": ("Upload {nouns}", ("File|{file}", "Title|{title}", "Tags|{word}, {word2}"), "Upload", "invalid_input"),
    "invite": ("Invite to {cap}", ("Email|{email}", "Role|editor"), "Send invitation", "permission"),
}


def form(brush: Brush, split: str, failing: bool) -> tuple[str, Failure | None, str]:
    """(HTML, what failed, its sort): a form in the middle of the page that was refused, or waits."""
    rng = brush.rng
    sort = rng.choice(sorted(_FORMS))
    title, fields, act, usual = _FORMS[sort]
    slots = Slots(rng)
    app = slots.get("name")
    what = None
    bad = -1
    above = ""
    if failing:
        bad = rng.randrange(len(fields)) if rng.random() < 0.6 else -1
        category, why, _ = reason(rng, slots, usual if bad >= 0 or rng.random() < 0.5 else None, split)
        what = Failure(app, sentence_case(why) + rng.choice(("", ".")), "", None, category)
        if bad < 0:
            above = brush.alert(brush.span(what.message, "message"), "error")
    made = ""
    for number, entry in enumerate(fields):
        label, _, value = entry.partition("|")
        made += brush.field(label, slots.fill(value), what.message if what and number == bad else "")
    name = brush.span(app, "app_name", "app", "strong") if rng.random() < 0.8 else ""
    links = "".join(
        f"<div>{brush.link(t)}</div>"
        for t in rng.sample(
            ("Forgot password?", "Need help?", "Create an account", "Privacy", "Use another account"), rng.randint(0, 2)
        )
    )
    inner = (
        f"{name}{brush.heading(slots.fill(title), level=2)}{above}{made}{brush.button(slots.fill(act), True)}{links}"
    )
    box = brush.card(inner) if rng.random() < 0.7 else inner
    return f'<div class="m-centre"><div class="m-box">{box}</div></div>', what, f"form {sort}"


def quiet(brush: Brush) -> str:
    """A note that tells of no failure: cookies, news, a success, or nothing."""
    rng, roll = brush.rng, brush.rng.random()
    if roll < 0.3:
        words = brush.span(
            Slots(rng).fill(
                "⟨We use cookies to improve the {noun}.|This site uses cookies.|Your privacy "
                "matters to us: choose which cookies you allow.⟩"
            )
        )
        place = "left:0;right:0;bottom:0;max-width:none;border-radius:0;z-index:61"
        return brush.toast(words + brush.buttons(["Accept all", "Reject", "Settings"]), "info", place)
    if roll < 0.55:
        words = brush.span(
            Slots(rng).fill(
                "⟨Saved|{cap} updated|Link copied|{num} {nouns} imported, 0 errors|Signed in as {user}|Undo|Sent⟩"
            )
        )
        return brush.toast(words, "success", corner(brush))
    if roll < 0.65:
        words = brush.span(
            Slots(rng).fill("⟨Delete {file}?|Discard changes to “{title}”?|Sign out of {name}?|Save before leaving?⟩"),
            "body",
        )
        return (
            f'<div class="m-veil" data-veil></div><div class="m-modal">{words}{brush.buttons(["Cancel", "Yes"])}</div>'
        )
    return ""
