"""Error pages of real web servers on loopback: nginx, Apache, HAProxy, Tomcat, PHP, Python."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from train.data.capture.browser import View, web
from train.data.capture.core import Fields
from train.data.capture.processes import serving

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 32; }}
http {{
  access_log off; {temporary}
  server {{
    listen 127.0.0.1:{port}; root {folder}/www;
    location /private {{ deny all; }}
    location /api {{ proxy_pass http://127.0.0.1:9; }}
    location /upload {{ client_max_body_size 1; }}
  }}
}}
"""
APACHE = """
ServerRoot /etc/apache2
Listen 127.0.0.1:{port}
PidFile {folder}/pid
ErrorLog {folder}/error.log
ServerName {name}
ServerSignature On
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
DocumentRoot {folder}/www
<Location /private>
  Require all denied
</Location>
Redirect gone /old
"""
HAPROXY = """
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend main
  bind 127.0.0.1:{port}
  default_backend app
backend app
"""
PHP = """<?php
function total(array $rows): float {
    return array_sum($rows;
}
echo total([12.50]);
"""
PHP_WARNING = """<?php
echo "<h2>Order summary</h2>";
$order = ["id" => 48213, "customer" => "Keller"];
echo "<p>Order " . $order["id"] . " for " . $order["customer"] . "</p>";
include "templates/footer.php";
"""


@contextmanager
def server(kind: str, port: int) -> Iterator[None]:
    """One of the servers on a loopback port, with a small site in a folder that goes away with it."""
    with TemporaryDirectory(prefix="site-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        www = folder / "www"
        www.mkdir()
        (www / "index.html").write_text("<h1>Welcome</h1>")
        values = {"folder": name, "port": port, "name": "www.example.test"}
        if kind == "nginx":
            kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            temporary = " ".join(f"{item}_temp_path {folder}/{item};" for item in kinds)
            (folder / "conf").write_text(NGINX.format(**values, temporary=temporary))
            command = ["nginx", "-c", f"{folder}/conf"]
        elif kind == "apache":
            (folder / "conf").write_text(APACHE.format(**values))
            command = ["apache2", "-X", "-f", f"{folder}/conf"]
        elif kind == "haproxy":
            (folder / "conf").write_text(HAPROXY.format(**values))
            command = ["haproxy", "-db", "-f", f"{folder}/conf"]
        elif kind == "python":
            command = ["/usr/bin/python3", "-m", "http.server", "-b", "127.0.0.1", "-d", str(www), str(port)]
        elif kind == "tomcat":
            base = folder / "tomcat"
            for part in ("logs", "temp", "work", "webapps/ROOT", "conf"):
                (base / part).mkdir(parents=True)
            shutil.copy("/etc/tomcat10/web.xml", base / "conf")
            (base / "conf/server.xml").write_text(
                '<Server port="-1"><Service name="Catalina">'
                f'<Connector port="{port}" address="127.0.0.1"/>'
                '<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps"/></Engine>'
                "</Service></Server>"
            )
            (base / "webapps/ROOT/cart.jsp").write_text('<%@ page session="false" %>\n<h1>Cart</h1>\n<%= total %>\n')
            with serving(
                ["/usr/share/tomcat10/bin/catalina.sh", "run"],
                port,
                environment={"CATALINA_BASE": str(base), "CATALINA_HOME": "/usr/share/tomcat10"},
            ):
                yield
            return
        else:
            raise ValueError(f"no server named {kind}")
        with serving(command, port):
            yield


@contextmanager
def php(port: int) -> Iterator[None]:
    """PHP's built-in server in /srv/shop, which exists for the length of the block."""
    site = Path("/srv/shop")
    site.mkdir(parents=True, exist_ok=True)
    (site / "invoice.php").write_text(PHP)
    (site / "order.php").write_text(PHP_WARNING)
    options = ["-d", "display_errors=1", "-d", "html_errors=1", "-d", "error_reporting=-1", "-d", "include_path=."]
    try:
        with serving(["php", *options, "-S", f"127.0.0.1:{port}", "-t", str(site)], port, cwd=site):
            yield
    finally:
        shutil.rmtree(site)


def failed(app: str, message: str, code: str | None, category: str) -> Fields:
    """The label of a page that a server made."""
    return Fields(True, app, "web_page", message, code, category)


RECIPES = [
    web(
        "nginx-404",
        "nginx",
        "404",
        "http://www.example.test:8471/news/2024",
        View(1280, 800),
        failed("nginx", "404 Not Found", "404", "not_found"),
        "/news/2024",
        server=partial(server, "nginx", 8471),
    ),
    web(
        "nginx-403",
        "nginx",
        "403",
        "http://intranet.corp.example:8472/private/",
        View(1024, 768, window=True),
        failed("nginx", "403 Forbidden", "403", "permission"),
        "/private/",
        server=partial(server, "nginx", 8472),
    ),
    web(
        "nginx-502",
        "nginx",
        "502",
        "http://app.example.test:8473/api/session",
        View(1366, 768, window=True),
        failed("nginx", "502 Bad Gateway", "502", "server_error"),
        "/api/session",
        server=partial(server, "nginx", 8473),
    ),
    web(
        "apache-404",
        "Apache",
        "404",
        "http://www.example.test:8474/downloads/manual.pdf",
        View(1280, 720),
        failed("Apache", "Not Found", None, "not_found"),
        "/downloads/manual.pdf",
        server=partial(server, "apache", 8474),
    ),
    web(
        "apache-403",
        "Apache",
        "403",
        "http://files.corp.example:8475/private/",
        View(1152, 800, window=True),
        failed("Apache", "Forbidden", "403", "permission"),
        "/private/",
        server=partial(server, "apache", 8475),
    ),
    web(
        "haproxy-503",
        "HAProxy",
        "503",
        "http://shop.example.test:8477/",
        View(1440, 900),
        failed("HAProxy", "503 Service Unavailable", "503", "server_error"),
        "/",
        server=partial(server, "haproxy", 8477),
    ),
    web(
        "python-http-404",
        "Python http.server",
        "404",
        "http://localhost:8478/slides/",
        View(1024, 640),
        failed("Python", "Message: File not found.", "404", "not_found"),
        "/slides/",
        server=partial(server, "python", 8478),
    ),
    web(
        "tomcat-404",
        "Tomcat",
        "404",
        "http://crm.corp.example:8479/customers/17",
        View(1280, 800),
        failed("Apache Tomcat", "HTTP Status 404 – Not Found", "404", "not_found"),
        "/customers/17",
        server=partial(server, "tomcat", 8479),
    ),
    web(
        "php-parse-error",
        "PHP",
        "parse error",
        "http://billing.example.test:8481/invoice.php",
        View(1280, 700),
        failed(
            "PHP",
            'Parse error: syntax error, unexpected token ";", expecting ")" in /srv/shop/invoice.php on line 3',
            None,
            "syntax",
        ),
        "invoice.php",
        server=partial(php, 8481),
    ),
    web(
        "php-include-missing",
        "PHP",
        "include",
        "http://shop.example.test:8482/order.php",
        View(1200, 760, window=True),
        failed(
            "PHP",
            "Warning: include(templates/footer.php): Failed to open stream: No such file or directory in "
            "/srv/shop/order.php on line 5",
            None,
            "not_found",
        ),
        "footer.php",
        server=partial(php, 8482),
    ),
]
