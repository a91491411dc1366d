"""Error pages of web frameworks run as a developer runs them: Werkzeug under Flask, Django, Express."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Page

from train.data.capture.browser import View, web
from train.data.capture.core import Fields
from train.data.capture.processes import serving

FLASK = """
from flask import Flask, render_template, request

app = Flask(__name__)
PRICES = {"tea": 4.20, "coffee": 5.10}


@app.route("/price/<name>")
def price(name):
    return {"name": name, "price": PRICES[name]}


@app.route("/cart")
def cart():
    return render_template("cart.html", items=request.args)


@app.route("/import")
def load():
    import openpyxl

    return openpyxl.__version__
"""
DJANGO = """
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

settings.configure(
    DEBUG=True, SECRET_KEY="local", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["board.example.test"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": ["templates"]}],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)


def board(request):
    return HttpResponse("<h1>Board</h1><form method=post action=/save><button>Save</button></form>")


def topic(request, number):
    return render(request, "topic.html", {"number": number})


def save(request):
    return HttpResponse("saved")


def members(request):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM members ORDER BY name")
        return HttpResponse(cursor.fetchall())


urlpatterns = [
    path("", board), path("topics/<int:number>/", topic, name="topic"), path("save", save), path("members/", members),
]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
"""
EXPRESS = """
const express = require("express");
const app = express();

app.use(express.json());

function label(order) {
  return order.customer.name + " #" + order.id;
}

app.get("/orders/:id", (request, response) => {
  response.send(label({ id: request.params.id }));
});

app.listen(Number(process.argv[2]), "127.0.0.1");
"""


@contextmanager
def program(folder: str, files: Mapping[str, str], command: list[str], port: int) -> Iterator[None]:
    """A program in a folder of its own under /srv, which exists for the length of the block."""
    root = Path("/srv") / folder
    root.mkdir(parents=True)
    try:
        for name, content in files.items():
            (root / name).write_text(content.lstrip("\n"))
        if folder == "orders":
            (root / "node_modules").symlink_to("/srv/app/node_modules")
        with serving(
            command, port, cwd=root, environment={"PYTHONDONTWRITEBYTECODE": "1", "NODE_PRESERVE_SYMLINKS": "1"}
        ):
            yield
    finally:
        shutil.rmtree(root)


def flask(port: int) -> AbstractContextManager[None]:
    """The Flask program with its debugger."""
    command = ["/usr/bin/python3", "-m", "flask", "--app", "app", "--debug", "run", "--no-reload", "-p", str(port)]
    return program("prices", {"app.py": FLASK}, command, port)


def django(port: int) -> AbstractContextManager[None]:
    """The Django program with DEBUG on."""
    command = ["/usr/bin/python3", "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    return program("board", {"manage.py": DJANGO}, command, port)


def express(port: int) -> AbstractContextManager[None]:
    """The Express program."""
    return program("orders", {"index.js": EXPRESS}, ["node", "index.js", str(port)], port)


def failed(app: str, message: str, code: str | None, category: str) -> Fields:
    """The label of a page that a framework made."""
    return Fields(True, app, "web_page", message, code, category)


RECIPES = [
    web(
        "werkzeug-key-error",
        "Flask",
        "KeyError",
        "http://localhost:8491/price/cocoa",
        View(1280, 800),
        failed("Werkzeug", "KeyError: 'cocoa'", "KeyError", "not_found"),
        "cocoa",
        server=partial(flask, 8491),
    ),
    web(
        "werkzeug-template-not-found",
        "Flask",
        "TemplateNotFound",
        "http://localhost:8492/cart",
        View(1366, 768, window=True),
        failed(
            "Werkzeug",
            "jinja2.exceptions.TemplateNotFound: cart.html",
            "jinja2.exceptions.TemplateNotFound",
            "not_found",
        ),
        "cart.html",
        server=partial(flask, 8492),
    ),
    web(
        "werkzeug-module-not-found",
        "Flask",
        "ModuleNotFoundError",
        "http://localhost:8493/import",
        View(1100, 760),
        failed(
            "Werkzeug", "ModuleNotFoundError: No module named 'openpyxl'", "ModuleNotFoundError", "import_dependency"
        ),
        "openpyxl",
        server=partial(flask, 8493),
    ),
    web(
        "django-404",
        "Django",
        "404",
        "http://board.example.test:8494/topic/12/",
        View(1280, 800),
        failed("Django", "Page not found (404)", "404", "not_found"),
        "/topic/12/",
        server=partial(django, 8494),
    ),
    web(
        "django-template-missing",
        "Django",
        "TemplateDoesNotExist",
        "http://board.example.test:8495/topics/12/",
        View(1440, 900),
        failed("Django", "TemplateDoesNotExist at /topics/12/", "TemplateDoesNotExist", "not_found"),
        "topic.html",
        server=partial(django, 8495),
    ),
    web(
        "django-csrf",
        "Django",
        "CSRF",
        "http://board.example.test:8496/",
        View(1024, 768),
        failed("Django", "Forbidden (403)", "403", "permission"),
        "/save",
        server=partial(django, 8496),
        steps=partial(Page.click, selector="button"),
    ),
    web(
        "django-disallowed-host",
        "Django",
        "DisallowedHost",
        "http://forum.example.test:8497/",
        View(1280, 768, window=True),
        failed("Django", "DisallowedHost at /", "DisallowedHost", "configuration"),
        "forum.example.test",
        server=partial(django, 8497),
    ),
    web(
        "django-no-such-table",
        "Django",
        "OperationalError",
        "http://board.example.test:8498/members/",
        View(1600, 900),
        failed("Django", "OperationalError at /members/", "OperationalError", "not_found"),
        "members",
        server=partial(django, 8498),
    ),
    web(
        "express-cannot-get",
        "Express",
        "404",
        "http://api.example.test:8499/customers",
        View(1024, 600),
        failed("Express", "Cannot GET /customers", None, "not_found"),
        "/customers",
        server=partial(express, 8499),
    ),
    web(
        "express-type-error",
        "Express",
        "TypeError",
        "http://localhost:8500/orders/731",
        View(1200, 800, window=True),
        failed("Express", "TypeError: Cannot read properties of undefined (reading 'name')", "TypeError", "type"),
        "orders/731",
        server=partial(express, 8500),
    ),
]
