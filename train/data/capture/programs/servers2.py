"""More error pages of real servers on loopback: proxies, small web servers, frameworks of Python and Ruby, Adminer, Vite."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from train.data.capture.browser import View, web
from train.data.capture.core import Fields
from train.data.capture.processes import serving
from train.data.capture.programs.web_servers import server

SQUID = """
http_port 127.0.0.1:{port}
pid_filename none
cache_log /dev/null
access_log none
cache deny all
dns_nameservers 127.0.0.1
dns_timeout 2 seconds
visible_hostname proxy.corp.example
cache_mgr helpdesk@corp.example
acl games dstdomain .games.test
http_access deny games
http_access allow all
"""
LIGHTTPD = """
server.port = {port}
server.bind = "127.0.0.1"
server.document-root = "{folder}/www"
server.modules = ("mod_access")
$HTTP["url"] =~ "^/internal" {{ url.access-deny = ("") }}
"""
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 32; }}
http {{
  access_log off; {temporary}
  server {{
    listen 127.0.0.1:{port} ssl; root {folder}/www;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
  }}
}}
"""
APACHE = """
ServerRoot /etc/apache2
Listen 127.0.0.1:{port}
PidFile {folder}/pid
ErrorLog {folder}/error.log
ServerName {name}
ServerAdmin webmaster@example.test
ServerSignature On
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
ProxyPass /app http://127.0.0.1:9/
ProxyPass /slow http://127.0.0.1:{port}1/
ProxyErrorOverride Off
"""
TORNADO = """
import sys

import tornado.ioloop
import tornado.web


class Report(tornado.web.RequestHandler):
    def get(self, year):
        totals = {2022: 118, 2023: 131}
        self.write(str(totals[int(year)]))


tornado.web.Application([(r"/report/(\\d+)", Report)], debug=True, autoreload=False).listen(int(sys.argv[1]), "127.0.0.1")
tornado.ioloop.IOLoop.current().start()
"""
CHERRYPY = """
import sys

import cherrypy


class Shop:
    @cherrypy.expose
    def index(self):
        return "<h1>Shop</h1>"

    @cherrypy.expose
    def basket(self, items):
        return "%d items" % len(items.split(","))

    @cherrypy.expose
    def invoice(self, number):
        return open("/srv/kiosk/invoices/%s.txt" % number).read()


cherrypy.config.update({"server.socket_host": "127.0.0.1", "server.socket_port": int(sys.argv[1]), "log.screen": False})
cherrypy.quickstart(Shop())
"""
BOTTLE = """
import sys

from bottle import route, run


@route("/hello/<name>")
def hello(name):
    return "Hello " + name


run(host="127.0.0.1", port=int(sys.argv[1]), quiet=True)
"""
STARLETTE = """
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


async def seats(request):
    row = request.query_params["row"]
    return JSONResponse({"row": row, "free": 40 - int(row)})


app = Starlette(debug=True, routes=[Route("/seats", seats)])
"""
SINATRA = """
require 'sinatra'

set :bind, '127.0.0.1'
set :port, ARGV.last.to_i
set :environment, :development
set :host_authorization, { permitted_hosts: [] }

get '/rooms/:id' do
  rooms = { '1' => { seats: 12 } }
  "Room with #{rooms[params[:id]].fetch(:seats)} seats"
end
"""
VITE = {
    "index.html": '<!doctype html><title>Shop</title><div id="app"></div><script type="module" src="/src/main.js"></script>\n',
    "src/main.js": 'import { total } from "./cart.js";\n\ndocument.querySelector("#app").textContent = total([12, 30]);\n',
    "src/cart.js": "export function total(prices) {\n  return prices.reduce((sum, price => sum + price, 0);\n}\n",
}
FOLDER = "kiosk"


@contextmanager
def program(port: int, name: str, code: str, *command: str) -> Iterator[None]:
    """A program of one file in /srv/kiosk, which exists for the length of the block; `{port}` in the command is filled in."""
    root = Path("/srv") / FOLDER
    root.mkdir(parents=True)
    try:
        (root / name).write_text(code.lstrip("\n"))
        line = [part.replace("{port}", str(port)) for part in command]
        with serving(line, port, cwd=root, environment={"PYTHONDONTWRITEBYTECODE": "1", "HOME": str(root)}):
            yield
    finally:
        shutil.rmtree(root)


def python(port: int, code: str) -> AbstractContextManager[None]:
    """A server written in Python (Debian's modules)."""
    return program(port, "server.py", code, "/usr/bin/python3", "server.py", "{port}")


def starlette(port: int) -> AbstractContextManager[None]:
    """The Starlette program under uvicorn."""
    return program(
        port,
        "seats.py",
        STARLETTE,
        "/usr/bin/python3",
        "-m",
        "uvicorn",
        "--port",
        "{port}",
        "--log-level",
        "error",
        "seats:app",
    )


def sinatra(port: int) -> AbstractContextManager[None]:
    """The Sinatra program under WEBrick."""
    return program(port, "rooms.rb", SINATRA, "ruby", "rooms.rb", "-s", "webrick", "{port}")


def webrick(port: int) -> AbstractContextManager[None]:
    """Ruby's file server."""
    return program(
        port, "index.html", "<h1>Menu</h1>", "ruby", "-run", "-e", "httpd", ".", "-b", "127.0.0.1", "-p", "{port}"
    )


@contextmanager
def small(kind: str, port: int) -> Iterator[None]:
    """Squid, Varnish, lighttpd, nginx with TLS or Apache as a proxy, with a folder that goes away with it."""
    with TemporaryDirectory(prefix="site-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "www").mkdir()
        (folder / "www/index.html").write_text("<h1>Welcome</h1>")
        values = {"folder": name, "port": port, "name": "www.example.test"}
        if kind == "squid":
            (folder / "conf").write_text(SQUID.format(**values))
            command = ["squid", "-N", "-f", f"{folder}/conf", "-n", f"capture{port}"]
        elif kind == "varnish":
            command = [
                "varnishd",
                "-F",
                "-a",
                f"127.0.0.1:{port}",
                "-b",
                "127.0.0.1:9",
                "-n",
                f"{folder}/work",
                "-T",
                "none",
            ]
        elif kind == "lighttpd":
            (folder / "conf").write_text(LIGHTTPD.format(**values))
            command = ["lighttpd", "-D", "-f", f"{folder}/conf"]
        elif kind == "apache":
            (folder / "conf").write_text(APACHE.format(**values))
            command = ["apache2", "-X", "-f", f"{folder}/conf"]
        elif kind == "nginx":
            from train.data.capture.loopback import certificate

            certificate(folder, "pay.example.test")
            kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            temporary = " ".join(f"{item}_temp_path {folder}/{item};" for item in kinds)
            (folder / "conf").write_text(NGINX.format(**values, temporary=temporary))
            command = ["nginx", "-c", f"{folder}/conf"]
        else:
            raise ValueError(f"no server named {kind}")
        with serving(command, port):
            yield


@contextmanager
def adminer(port: int) -> Iterator[None]:
    """Debian's Adminer behind PHP's own server."""
    root = Path("/srv") / FOLDER
    root.mkdir(parents=True)
    try:
        (root / "index.php").write_text("<?php include '/usr/share/adminer/adminer/index.php';\n")
        for part in ("adminer", "editor", "externals", "designs", "plugins"):
            if (Path("/usr/share/adminer") / part).exists():
                (root / part).symlink_to(f"/usr/share/adminer/{part}")
        if Path("/usr/share/adminer/adminer.php").exists():
            (root / "index.php").write_text("<?php include '/usr/share/adminer/adminer.php';\n")
        with serving(["php", "-S", f"127.0.0.1:{port}", "-t", str(root)], port, cwd=root):
            yield
    finally:
        shutil.rmtree(root)


def sign_in(page: Page) -> None:
    """Fills in Adminer's form and sends it."""
    page.fill("input[name='auth[server]']", "127.0.0.1:3307")
    page.fill("input[name='auth[username]']", "shop")
    page.click("input[type=submit]")
    page.wait_for_timeout(800)


@contextmanager
def vite(port: int) -> Iterator[None]:
    """Vite's development server over a small project; MMGPT_VITE names a folder whose node_modules hold vite."""
    modules = Path(os.environ.get("MMGPT_VITE", "/srv/v")) / "node_modules"
    root = Path("/srv") / FOLDER
    (root / "src").mkdir(parents=True)
    try:
        for name, content in VITE.items():
            (root / name).write_text(content)
        (root / "node_modules").symlink_to(modules)
        command = ["node", f"{modules}/vite/bin/vite.js", "--host", "127.0.0.1", "--port", str(port), "--strictPort"]
        with serving(command, port, cwd=root, environment={"HOME": str(root)}):
            yield
    finally:
        shutil.rmtree(root)


def failed(app: str, message: str, code: str | None, category: str) -> Fields:
    """The label of a page that a server made."""
    return Fields(True, app, "web_page", message, code, category)


def proxied(port: int) -> tuple[str, ...]:
    """Chromium's flags for a proxy on loopback."""
    return (f"--proxy-server=127.0.0.1:{port}",)


RECIPES = [
    web(
        "squid-refused",
        "Squid",
        "connection failed",
        "http://127.0.0.1:8699/start",
        View(1100, 720, flags=(*proxied(8601), "--proxy-bypass-list=<-loopback>")),
        failed("Squid", "The requested URL could not be retrieved", "111", "network"),
        "127.0.0.1:8699",
        server=partial(small, "squid", 8601),
    ),
    web(
        "squid-denied",
        "Squid",
        "access denied",
        "http://chess.games.test/lobby",
        View(1024, 640, flags=proxied(8602)),
        failed("Squid", "The requested URL could not be retrieved", None, "permission"),
        "chess.games.test",
        server=partial(small, "squid", 8602),
    ),
    web(
        "varnish-503",
        "Varnish",
        "503",
        "http://news.example.test:8603/today",
        View(1024, 600, window=True),
        failed("Varnish", "Error 503 Backend fetch failed", "503", "server_error"),
        "/today",
        server=partial(small, "varnish", 8603),
    ),
    web(
        "lighttpd-404",
        "lighttpd",
        "404",
        "http://cam.example.test:8604/stream/2",
        View(800, 480),
        failed("lighttpd", "404 Not Found", "404", "not_found"),
        "/stream/2",
        server=partial(small, "lighttpd", 8604),
    ),
    web(
        "lighttpd-403",
        "lighttpd",
        "403",
        "http://cam.example.test:8605/internal/keys",
        View(1024, 600, window=True, dark=True),
        failed("lighttpd", "403 Forbidden", "403", "permission"),
        "/internal/keys",
        server=partial(small, "lighttpd", 8605),
    ),
    web(
        "nginx-plain-to-https",
        "nginx",
        "400 plain HTTP",
        "http://pay.example.test:8606/checkout",
        View(1280, 640),
        failed("nginx", "400 Bad Request", "400", "invalid_input"),
        "/checkout",
        server=partial(small, "nginx", 8606),
    ),
    web(
        "apache-503",
        "Apache",
        "503",
        "http://www.example.test:8607/app/login",
        View(1152, 700),
        failed("Apache", "Service Unavailable", None, "server_error"),
        "/app/login",
        server=partial(small, "apache", 8607),
    ),
    web(
        "tomcat-500",
        "Tomcat",
        "500",
        "http://crm.corp.example:8608/cart.jsp",
        View(1366, 768),
        failed("Apache Tomcat", "HTTP Status 500 – Internal Server Error", "500", "syntax"),
        "cart.jsp",
        server=partial(server, "tomcat", 8608),
    ),
    web(
        "tornado-key-error",
        "Tornado",
        "KeyError",
        "http://localhost:8609/report/2021",
        View(1100, 620),
        failed("Tornado", "KeyError: 2021", "KeyError", "not_found"),
        "2021",
        server=partial(python, 8609, TORNADO),
    ),
    web(
        "cherrypy-missing-parameter",
        "CherryPy",
        "404",
        "http://kiosk.example.test:8610/basket",
        View(1024, 700, window=True),
        failed("CherryPy", "404 Not Found", "404", "invalid_input"),
        "/basket",
        server=partial(python, 8610, CHERRYPY),
    ),
    web(
        "cherrypy-500",
        "CherryPy",
        "FileNotFoundError",
        "http://kiosk.example.test:8611/invoice?number=4711",
        View(1280, 800),
        failed("CherryPy", "500 Internal Server Error", "500", "not_found"),
        "4711",
        server=partial(python, 8611, CHERRYPY),
    ),
    web(
        "bottle-404",
        "Bottle",
        "404",
        "http://localhost:8612/goodbye/Ada",
        View(960, 540),
        failed("Bottle", "Error: 404 Not Found", "404", "not_found"),
        "/goodbye/Ada",
        server=partial(python, 8612, BOTTLE),
    ),
    web(
        "starlette-key-error",
        "Starlette",
        "KeyError",
        "http://localhost:8613/seats",
        View(1280, 800),
        failed("Starlette", "KeyError: 'row'", "500", "invalid_input"),
        "row",
        server=partial(starlette, 8613),
    ),
    web(
        "sinatra-no-method",
        "Sinatra",
        "NoMethodError",
        "http://localhost:8614/rooms/9",
        View(1280, 800),
        failed("Sinatra", "NoMethodError at /rooms/9", "NoMethodError", "type"),
        "/rooms/9",
        server=partial(sinatra, 8614),
    ),
    web(
        "sinatra-404",
        "Sinatra",
        "404",
        "http://localhost:8615/floors/2",
        View(1024, 760, window=True),
        failed("Sinatra", "Sinatra doesn’t know this ditty.", None, "not_found"),
        "/floors/2",
        server=partial(sinatra, 8615),
    ),
    web(
        "webrick-404",
        "WEBrick",
        "404",
        "http://menu.example.test:8616/desserts.html",
        View(900, 560),
        failed("WEBrick", "Not Found", None, "not_found"),
        "/desserts.html",
        server=partial(webrick, 8616),
    ),
    web(
        "adminer-refused",
        "Adminer",
        "connection refused",
        "http://localhost:8617/",
        View(1024, 700),
        failed("Adminer", "Connection refused", None, "network"),
        "127.0.0.1:3307",
        server=partial(adminer, 8617),
        steps=sign_in,
    ),
    web(
        "vite-overlay",
        "Vite",
        "overlay",
        "http://localhost:8618/",
        View(1280, 800),
        failed(
            "Vite",
            "[plugin:vite:import-analysis] Failed to parse source for import analysis because the content contains invalid JS "
            "syntax. If you are using JSX, make sure to name the file with the .jsx or .tsx extension.",
            None,
            "syntax",
        ),
        "cart.js",
        server=partial(vite, 8618),
    ),
]
