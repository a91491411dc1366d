"""Addresses, and fetching from a server that is here: it is hit where it may be, and never where it may not."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from mmgpt.serve.addresses import is_public
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.remote import Fetcher

PUBLIC = ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "::ffff:1.1.1.1"]
INSIDE = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.0.9", "169.254.169.254", "172.16.0.1", "192.0.0.8", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0",
    "fec0::1", "ff02::1", "5f00::1", "", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", INSIDE)
def test_inside(address: str) -> None:
    assert not is_public(address)


PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(5000)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n%s"
Answer = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """A web server on loopback; `paths` are the requests that reached it."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.paths, self.heads = answer, list[str](), list[str]()
        self.port = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            self.paths.append(head.split()[1])
            await self.answer(self.paths[-1], writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(answer: Answer) -> AsyncIterator[Listener]:
    listener = Listener(answer)
    server = await asyncio.start_server(listener.take, "127.0.0.1", 0)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()


async def here(host: str, port: int) -> list[str]:
    """Every name is this machine."""
    return ["127.0.0.1"]


def local(*, seconds: float = 5, hosts: tuple[str, ...] = ("good.example",)) -> Fetcher:
    """The rule with loopback in the place of the internet."""
    return Fetcher(hosts, seconds=seconds, resolve=here, permitted=lambda address: address == "127.0.0.1", ports=None)


async def plain(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(OK % (len(PICTURE), PICTURE))


def refused(
    fetcher: Fetcher, url: str, max_bytes: int = 10_000, answer: Answer = plain
) -> tuple[ServiceError, Listener]:
    """The error of fetching, with {port} in the URL filled in."""

    async def work() -> tuple[ServiceError, Listener]:
        async with listening(answer) as listener:
            with pytest.raises(ServiceError) as caught:
                await fetcher.fetch(url.replace("{port}", str(listener.port)), max_bytes, "image_url")
            return caught.value, listener

    error, listener = asyncio.run(work())
    assert error.status == 400 and error.param == "image_url"
    assert "example" not in error.message.replace("--media-host", "") and "127." not in error.message
    return error, listener


def test_a_picture_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    async def work() -> None:
        async with listening(plain) as listener:
            found = await local().fetch(f"http://GOOD.example:{listener.port}/a/b.png?c=d#part", 10_000)
            assert found == PICTURE and listener.paths == ["/a/b.png?c=d"]
            head = listener.heads[0].lower()
            assert (
                f"host: good.example:{listener.port}\r\n" in head
                and "cookie" not in head
                and "authorization" not in head
            )
            assert await local(hosts=("*.example",)).fetch(f"http://x.good.example:{listener.port}/", 10_000) == PICTURE

    asyncio.run(work())


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "2130706433", "0x7f.1", "0177.0.0.1",
     "127.1", "localhost", "evil.example", "xgood.example", "good.example.evil", "169.254.169.254", "10.0.0.1"],
)  # fmt: skip
def test_hosts_that_are_not_allowed_are_not_even_resolved(host: str) -> None:
    asked = []

    async def resolve(name: str, port: int) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"]

    fetcher = Fetcher(("good.example",), resolve=resolve, permitted=lambda address: True, ports=None)
    error, listener = refused(fetcher, f"http://{host}:{{port}}/latest/meta-data")
    assert error.code == "blocked_url" and listener.paths == [] and asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"])
def test_an_address_on_the_list_must_be_public_all_the_same(host: str) -> None:
    fetcher = Fetcher((host.strip("[]"), "::ffff:127.0.0.1", "0.0.0.0"), ports=None)
    error, listener = refused(fetcher, f"http://{host}:{{port}}/")
    assert error.code == "blocked_url" and listener.paths == []


@pytest.mark.parametrize(
    "url",
    ["http://good.example\\@127.0.0.1:{port}/", "http://user:pw@good.example:{port}/",
     "http://good.example:{port}/ x", "http://good.example:{port}/\r\nHost: x", "http://:{port}/",
     "http://good.example:99999/", "http://①②⑦.⓪.⓪.①:{port}/", "http://[::1/", "http:///x"],
)  # fmt: skip
def test_urls_that_two_parsers_read_in_two_ways(url: str) -> None:
    error, listener = refused(local(), url)
    assert error.code == "invalid_image_url" and listener.paths == []


def test_names_that_lead_inside() -> None:
    async def half(host: str, port: int) -> list[str]:
        return ["1.1.1.1", "127.0.0.1"]

    for resolve in (here, half):
        fetcher = Fetcher(("good.example",), resolve=resolve, ports=None)
        error, listener = refused(fetcher, "http://good.example:{port}/")
        assert error.code == "blocked_url" and listener.paths == []
    assert refused(Fetcher(("good.example",), resolve=here), "http://good.example:22/")[0].code == "blocked_url"


def test_a_name_is_resolved_once_for_each_request() -> None:
    """DNS rebinding: the second answer would be another one, and nobody asks for it."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0)

    async def work() -> None:
        async with listening(plain) as listener:
            fetcher = Fetcher(("good.example",), resolve=resolve, permitted=lambda a: a == "127.0.0.1", ports=None)
            assert await fetcher.fetch(f"http://good.example:{listener.port}/", 10_000) == PICTURE
            with pytest.raises(ServiceError, match="not public"):
                await fetcher.fetch(f"http://good.example:{listener.port}/", 10_000)
            assert len(listener.paths) == 1

    asyncio.run(work())


@pytest.mark.parametrize(
    ("location", "code", "hits"),
    [
        ("http://127.0.0.1:{port}/secret", "blocked_url", 1),
        ("http://evil.example:{port}/", "blocked_url", 1),
        ("//evil.example/", "blocked_url", 1),
        ("file:///etc/passwd", "blocked_url", 1),
        ("http://good.example:x/", "blocked_url", 1),
        ("file://good.example/etc/passwd", "blocked_url", 1),
        ("gopher://good.example/", "blocked_url", 1),
        ("/again", "blocked_url", 4),
    ],
)
def test_redirects(location: str, code: str, hits: int) -> None:
    port = []

    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        number = writer.get_extra_info("sockname")[1]
        port.append(number)
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {location.replace('{port}', str(number))}\r\n\r\n".encode())

    error, listener = refused(local(), "http://good.example:{port}/", answer=answer)
    assert error.code == code and len(listener.paths) == hits


def test_a_redirect_that_is_allowed() -> None:
    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        if path == "/b":
            await plain(path, writer)
        else:
            writer.write(b"HTTP/1.1 301 Moved\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")

    async def work() -> None:
        async with listening(answer) as listener:
            assert await local().fetch(f"http://good.example:{listener.port}/a", 10_000) == PICTURE
            assert listener.paths == ["/a", "/b"]

    asyncio.run(work())


async def endless(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(100_000):
        writer.write(b"4000\r\n" + bytes(0x4000) + b"\r\n")
        await writer.drain()


async def dripping(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    for _ in range(50):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


def fixed(data: bytes) -> Answer:
    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        fixed(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        fixed(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
        fixed(b"HTTP/1.1 206 Part\r\nContent-Length: 3\r\n\r\nabc"),
        fixed(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\n\r\n<html>"),
        fixed(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        fixed(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\nabc"),
        fixed(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc"),
        fixed(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(10**6))),
        fixed(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"),
        fixed(b"SSH-2.0-OpenSSH_9.2\r\n"),
        fixed(b""),
        endless,
        dripping,
    ],
)
def test_servers_that_misbehave(answer: Answer) -> None:
    error, listener = refused(local(seconds=0.4), "http://good.example:{port}/", answer=answer)
    assert error.code == "image_fetch_failed" and len(listener.paths) == 1
