"""Rows 38 to 42: URLs that lead inside. A listener on this machine's own addresses counts who comes, and nobody does.

Two servers: one as it is by default, which fetches nothing, and one that may fetch from every name used here, with 127.0.0.2 standing
for a public address. There, one URL is fetched (the positive control), and a plain client reaches the listener.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serve.hold.asking import Asker, data_url, fine, refused
from tests.serve.hold.listening import Listener, listening
from tests.serve.hold.odd_pictures import one_bit
from tests.serve.hold.seamed import PUBLIC
from tests.serve.servers import served

ROWS = frozenset(range(38, 43))
NAMES: dict[str, list[list[str]]] = {
    "good.example": [[PUBLIC]],
    "inside.example": [["127.0.0.1"]],
    "half.example": [[PUBLIC, "127.0.0.1"]],
    "net.example": [["10.0.0.1"]],
    "cloud.example": [["169.254.169.254"]],
    "six.example": [["::ffff:127.0.0.1"]],
    "nat.example": [["64:ff9b::7f00:1"]],
    "relay.example": [["2002:7f00:1::"]],
    "none.example": [[]],
    "rebinding.example": [[PUBLIC], ["127.0.0.1"]],
}
LITERALS = (
    "127.0.0.1",
    "localhost",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "0.0.0.0",
    "169.254.169.254",
    "10.0.0.1",
)
IN_BRACKETS = (
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
)
TRICKS = (
    *LITERALS,
    *IN_BRACKETS,
    "LOCALHOST",
    "127.0.0.1.",
    "good.example@127.0.0.1",
    "127.0.0.1#good.example",
    "①②⑦.⓪.⓪.①",
)

pytestmark = [pytest.mark.slow, pytest.mark.hold]


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with listening() as found:
        with httpx.Client(trust_env=False) as http:  # the positive control: this is how it looks when somebody comes
            assert http.get(f"http://127.0.0.1:{found.port}/good.png").status_code == 200
        assert found.inside == 1 and found.hits["127.0.0.1"] == ["GET /good.png HTTP/1.1"]
        found.hits["127.0.0.1"].clear()
        yield found


@pytest.fixture(scope="module")
def fetching(debug_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """A server that may fetch: even from names of this machine, which the rule must still refuse."""
    hosts = [*NAMES, "*.example", *LITERALS]
    options = [part for host in hosts for part in ("--media-host", host)]
    launch = (sys.executable, "-m", "tests.serve.hold.seamed")
    more = {
        "MMGPT_TEST_NAMES": json.dumps(NAMES),
        "http_proxy": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
    }
    folder = tmp_path_factory.mktemp("fetching")
    with served(folder, *options, model=debug_weights, more=more, launch=launch) as server, server.client() as http:
        yield Asker(server, http)


def everywhere(asker: Asker, url: str, code: str) -> None:
    """Refused by every route that takes the URL of a picture."""
    for path, others in (("read", {}), ("diagnose", {}), ("caption", {}), ("redact", {}), ("query", {"question": "?"})):
        refused(asker.post(f"/v1/{path}", json={"image_url": url, **others}), 400, code, "image_url")
    refused(asker.shown({"url": url}), 400, code, "messages.0.content.0.image_url")
    good = {"type": "image_url", "image_url": data_url(one_bit(8, 8))}
    second = [good, {"type": "image_url", "image_url": url}, {"type": "text", "text": "?"}]
    refused(asker.chat(second), 400, code, "messages.0.content.1.image_url")


def in_a_job(asker: Asker, urls: list[str]) -> list[Any]:
    """What a job over these URLs says of each."""
    made = asker.post("/v1/jobs", json={"image_urls": urls, "task": "read"})
    assert made.status_code == 202, made.text
    for _ in range(600):
        job = fine(asker.get(f"/v1/jobs/{made.json()['id']}"))
        if job["status"] in ("done", "completed", "failed", "cancelled"):
            break
        time.sleep(0.05)
    lines = asker.get(f"/v1/jobs/{made.json()['id']}/results").text.splitlines()
    assert len(lines) == len(urls), job
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("number", [pytest.param(38, id="row-38")])
def test_addresses_inside(number: int, asker: Asker, fetching: Asker, listener: Listener) -> None:
    """remote_images_disabled without allowed hosts; blocked_url (or invalid_image_url, where it is no URL) with them."""
    for host in TRICKS:
        for scheme in ("http", "https", "HTTP"):
            url = f"{scheme}://{host}:{listener.port}/good.png"
            everywhere(asker, url, "remote_images_disabled")
            refused(
                asker.post("/v1/jobs", json={"image_urls": [url]}), 400, "remote_images_disabled", "image_urls.0"
            )  # fmt: skip
    codes = {}
    for host in TRICKS:
        url = f"http://{host}:{listener.port}/good.png"
        error = fetching.read(url).json()["error"]
        codes[host] = error["code"]
        everywhere(fetching, url, error["code"])
    strange = {host for host, code in codes.items() if code == "invalid_image_url"}
    assert strange == {"good.example@127.0.0.1", "①②⑦.⓪.⓪.①"} and set(codes.values()) == {
        "blocked_url",
        "invalid_image_url",
    }
    for name in NAMES.keys() - {"good.example", "rebinding.example"}:
        everywhere(fetching, f"http://{name}:{listener.port}/good.png", "blocked_url")
    refused(fetching.read(f"http://stranger.test:{listener.port}/"), 400, "blocked_url", "image_url")
    for line in in_a_job(
        fetching, [f"http://{host}:{listener.port}/good.png" for host in ("127.0.0.1", "inside.example")]
    ):
        assert line["error"]["code"] == "blocked_url", line
    assert listener.inside == 0, listener.hits
    assert listener.hits[PUBLIC] == []
    fetched = fine(fetching.read(f"http://good.example:{listener.port}/good.png"))  # the rule lets through what it may
    assert fetched["image"]["width"] == 160 and listener.hits[PUBLIC] == ["GET /good.png HTTP/1.1"]
    asker.good()
    fetching.good()


@pytest.mark.parametrize("number", [pytest.param(39, id="row-39")])
def test_redirects(number: int, fetching: Asker, listener: Listener) -> None:
    base = f"http://good.example:{listener.port}"
    before = len(listener.hits[PUBLIC])
    for target in (
        "http://127.0.0.1:PORT/x", "http://inside.example:PORT/x", "http://[::1]:PORT/", "http://2130706433:PORT/", "//127.0.0.1:PORT/",
        "http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "gopher://good.example:PORT/", "javascript:alert(1)",
        "http://stranger.test/", f"{base}/to?{base}/to?{base}/to?{base}/to?{base}/good.png",
    ):  # fmt: skip
        everywhere(fetching, f"{base}/to?{target}", "blocked_url")
    loop = f"{base}/to?/to?/to?/to?/to?/to?/"
    refused(fetching.read(loop), 400, "blocked_url", "image_url")
    assert listener.inside == 0 and len(listener.hits[PUBLIC]) > before
    assert fine(fetching.read(f"{base}/to?{base}/good.png"))["image"]["width"] == 160
    fetching.good()


@pytest.mark.parametrize("number", [pytest.param(40, id="row-40")])
def test_a_name_that_changes_its_address(number: int, fetching: Asker, listener: Listener) -> None:
    """The first answer is public, all later ones lead inside: the address that was judged is the one that is asked."""
    url = f"http://rebinding.example:{listener.port}"
    before = len(listener.hits[PUBLIC])
    refused(fetching.read(f"{url}/to?{url}/good.png"), 400, "blocked_url", "image_url")
    assert len(listener.hits[PUBLIC]) == before + 1  # it was asked once, where it was looked up once
    everywhere(fetching, f"{url}/good.png", "blocked_url")
    assert listener.inside == 0
    fetching.good()


@pytest.mark.parametrize("number", [pytest.param(41, id="row-41")])
def test_servers_that_misbehave(number: int, fetching: Asker, listener: Listener) -> None:
    """Choice: 400 for all of them, never 502 or 504: the URL is a part of the request."""
    base = f"http://good.example:{listener.port}"
    start = time.monotonic()
    for path in ("missing", "500", "html", "short", "long", "gzip", "chunks", "silent", "drip"):
        refused(fetching.read(f"{base}/{path}"), 400, "image_fetch_failed", "image_url")
    refused(fetching.shown(f"{base}/500"), 400, "image_fetch_failed", "messages.0.content.0.image_url")
    refused(fetching.read("http://good.example:1/"), 400, "image_fetch_failed", "image_url")
    assert time.monotonic() - start < 60
    refused(fetching.read(f"{base}/to?{base}/missing"), 400, "image_fetch_failed", "image_url")
    (line,) = in_a_job(fetching, [f"{base}/missing"])
    assert line["error"]["code"] == "image_fetch_failed"
    fetching.good()


@pytest.mark.parametrize("number", [pytest.param(42, id="row-42")])
def test_what_is_no_address_of_the_web(number: int, asker: Asker, fetching: Asker, listener: Listener) -> None:
    for url in (
        "file:///etc/passwd", "file://localhost/etc/passwd", "/etc/passwd", "..\\..\\windows\\win.ini", "../../etc/passwd", "C:\\x.png",
        f"ftp://127.0.0.1:{listener.port}/x", f"gopher://127.0.0.1:{listener.port}/_x", "javascript:alert(1)", "blob:x", "about:blank",
        f"ws://127.0.0.1:{listener.port}/", f"//127.0.0.1:{listener.port}/x", f"unix:///{listener.port}", "\tfile:///etc/passwd",
    ):  # fmt: skip
        for each in (asker, fetching):
            everywhere(each, url, "invalid_image_url")
            refused(each.post("/v1/jobs", json={"image_urls": [url]}), 400, "invalid_image_url", "image_urls.0")
    assert listener.inside == 0
    asker.good()
    fetching.good()
