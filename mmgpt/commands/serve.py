"""`mmgpt serve`: the HTTP service."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mmgpt.commands.console import USAGE, Console, one_line
from mmgpt.commands.inputs import Unusable

if TYPE_CHECKING:
    from mmgpt.serve.settings import Settings

HELP = "answer over HTTP: diagnoses, captions, chat in OpenAI's protocol"
DETAILS = """\
Answers over HTTP until it is stopped, on this machine only unless --host says otherwise. Nothing is sent anywhere.

  mmgpt serve
  mmgpt serve --port 0                                     any free port; the address is printed
  mmgpt serve --host 0.0.0.0 --api-key-file keys.txt       for others, with a key
  curl -F image=@shot.png http://127.0.0.1:8000/v1/diagnose

Each option can stand in the environment, as MMGPT_PORT=8080; an option given here wins. Lists are separated by commas there,
switches are 1 or 0. The file of keys has one a line, `name:key` or the key alone; it is read again when it changes.
/health, /ready and /live need no key, everything else does, /metrics too. The API is described at /openapi.json.
SIGTERM stops it when what runs is answered.

Exit codes: 0 stopped by SIGTERM, 1 the model failed, 2 wrong usage (a port in use, too), 130 Ctrl-C.
"""

# field: (flag, metavar, what it says). Flags of lists can be given several times.
OPTIONS: dict[str, tuple[str, str, str]] = {
    "host": ("--host", "ADDRESS", "listen on this address of the machine"),
    "port": ("--port", "N", "listen on this port; 0: any that is free"),
    "uds": ("--uds", "PATH", "listen on a Unix socket instead"),
    "root_path": ("--root-path", "PATH", "the path that a proxy puts in front"),
    "ssl_keyfile": ("--ssl-keyfile", "FILE", "private key, for HTTPS"),
    "ssl_certfile": ("--ssl-certfile", "FILE", "certificate chain, for HTTPS"),
    "api_key_file": ("--api-key-file", "FILE", "keys, one of which every request must show"),
    "requests_per_minute": ("--requests-per-minute", "N", "that each key may make; 0: any number"),
    "burst": ("--burst", "N", "requests that a key may make at once"),
    "cors_origins": ("--cors-origin", "ORIGIN", "let web pages of this origin ask, as https://desk.example"),
    "allowed_hosts": ("--allowed-host", "NAME", "answer to this name, too, on loopback without keys"),
    "model": ("--model", "DIR", "a folder of weights; the package's own by default"),
    "served_model_name": ("--served-model-name", "NAME", "what the model is called in the API"),
    "reader": ("--reader", "NAME", "nano, rapidocr or tesseract"),
    "knowledge": ("--knowledge", "PATH", "your own knowledge entries: a TOML file or a folder"),
    "built_in_knowledge": ("--built-in-knowledge", "", "the knowledge that comes with the package"),
    "corrections": ("--corrections", "FILE", "keep corrections here and apply them"),
    "device": ("--device", "NAME", "cpu, cuda or cuda:N"),
    "threads": ("--threads", "N", "threads of the model; 0: one a core"),
    "max_body_bytes": ("--max-body-bytes", "N", "of a request"),
    "max_pixels": ("--max-pixels", "N", "of a picture"),
    "max_request_pixels": ("--max-request-pixels", "N", "of all pictures of a request"),
    "max_pictures": ("--max-pictures", "N", "of a request"),
    "max_messages": ("--max-messages", "N", "of a conversation"),
    "max_text": ("--max-text", "N", "characters of all texts of a request"),
    "media_hosts": ("--media-host", "HOST", "fetch pictures from this host (*.example.com: and those below it)"),
    "max_rows": ("--max-rows", "N", "answers that are decoded side by side"),
    "vision_threads": ("--vision-threads", "N", "pictures that are looked at side by side"),
    "queue": ("--queue", "N", "requests that may wait; one more is answered 429"),
    "request_memory": ("--request-memory", "BYTES", "for bodies and pixels of all requests; one more is answered 429"),
    "deadline": ("--deadline", "SECONDS", "for a whole answer"),
    "decode_seconds": ("--decode-seconds", "SECONDS", "for decoding a picture"),
    "decode_processes": ("--decode-processes", "N", "that decode pictures"),
    "decode_memory": ("--decode-memory", "BYTES", "of a process that decodes pictures"),
    "drain_seconds": ("--drain-seconds", "SECONDS", "for what runs when the server is stopped"),
    "result_cache_bytes": ("--result-cache-bytes", "N", "for results of the same picture; 0: none"),
    "picture_cache_bytes": ("--picture-cache-bytes", "N", "for pictures that were looked at; 0: none"),
    "jobs": ("--jobs", "FILE", "keep jobs here (SQLite)"),
    "max_job_pictures": ("--max-job-pictures", "N", "of a job"),
    "max_job_bytes": ("--max-job-bytes", "N", "of all jobs"),
    "job_hours": ("--job-hours", "HOURS", "until a job is deleted; 0: no jobs"),
    "job_rows": ("--job-rows", "N", "pictures of jobs that are worked on side by side"),
    "ui": ("--ui", "", "the page, too, at /"),
    "metrics": ("--metrics", "", "/metrics for Prometheus"),
    "log_level": ("--log-level", "LEVEL", "debug, info, warning, error or critical"),
}
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments: one for each setting. They are checked together with the environment's, so all are texts here."""
    for name, (flag, metavar, about) in OPTIONS.items():
        if not metavar:
            parser.add_argument(flag, dest=name, action=argparse.BooleanOptionalAction, default=None, help=about)
        elif name in LISTS:
            parser.add_argument(flag, dest=name, action="append", metavar=metavar, help=f"{about} (repeatable)")
        else:
            short = ("-m",) if name == "model" else ()
            parser.add_argument(*short, flag, dest=name, metavar=metavar, help=about)
    parser.add_argument("-q", "--quiet", action="store_true", help="no banner")


LISTS = frozenset({"cors_origins", "allowed_hosts", "knowledge", "media_hosts"})


def run(args: argparse.Namespace, console: Console) -> int:
    """Serves until it is stopped."""
    try:
        import fastapi  # noqa: F401
        import prometheus_client  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn  # noqa: F401
    except ModuleNotFoundError as error:
        console.debug()
        raise Unusable(f"the Python package {error.name} is not installed - run: pip install 'mmgpt[serve]'") from error
    from mmgpt.serve.door.keys import KeyFileError
    from mmgpt.serve.listening import ListenError
    from mmgpt.serve.server import ServerFailed
    from mmgpt.serve.server import run as serve

    try:
        settings = settings_from(vars(args), os.environ)
        _check(settings)
        return serve(settings, lambda address: _banner(settings, address, console))
    except (WrongSetting, ListenError, KeyFileError) as error:
        console.debug()
        console.fail("serve", str(error))
        return USAGE
    except ServerFailed as error:
        raise Unusable(f"serve: {error}") from error


class WrongSetting(ValueError):
    """A setting cannot be as it is: the message names its flag or variable."""


def settings_from(given: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Settings from options (None: not given), then MMGPT_… variables, then defaults. Raises WrongSetting."""
    from pydantic import ValidationError

    from mmgpt.serve.settings import Settings

    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, (flag, _, _) in OPTIONS.items():
        variable = variable_of(name)
        if given.get(name) is not None:
            values[name], sources[name] = given[name], flag
        elif environment.get(variable, "").strip():
            values[name], sources[name] = _from_text(name, environment[variable].strip(), variable), variable
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        said = str(first["msg"]).replace("Input should be", "must be").partition(", unable to parse")[0]
        raise WrongSetting(f"{sources.get(name, name)}: {one_line(said)}") from error


def variable_of(field: str) -> str:
    """The environment variable of a setting."""
    return f"MMGPT_{field.upper()}"


def _from_text(name: str, text: str, variable: str) -> Any:
    if not OPTIONS[name][1]:
        if text.lower() not in _YES + _NO:
            raise WrongSetting(f"{variable}: must be 1 or 0")
        return text.lower() in _YES
    return [part.strip() for part in text.split(",") if part.strip()] if name in LISTS else text


def _check(settings: Settings) -> None:
    """What a setting's type does not say. Raises WrongSetting."""
    from urllib.parse import urlsplit

    from mmgpt.serve.door.logs import LEVELS
    from vision.reader import READERS

    if settings.log_level.lower() not in LEVELS:
        raise WrongSetting(f"--log-level: must be one of {', '.join(LEVELS)}")
    for origin in settings.cors_origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
            raise WrongSetting(
                "--cors-origin: must be one exact origin, as https://desk.example (no path, no *, and not null)"
            )
    for host in settings.media_hosts:
        if "/" in host or ":" in host or not host.removeprefix("*.") or "*" in host.removeprefix("*."):
            raise WrongSetting("--media-host: must be a host's name, as pictures.example.com or *.example.com")
    if settings.reader not in READERS:
        raise WrongSetting(f"--reader: must be one of {', '.join(READERS)}")
    if not re.fullmatch(r"cpu|cuda(:\d{1,3})?", settings.device):
        raise WrongSetting("--device: must be cpu, cuda or cuda:N")
    for place in settings.knowledge:
        if not place.exists():
            raise WrongSetting(f"--knowledge: there is no {one_line(str(place))}")
    if settings.ssl_keyfile is not None and settings.ssl_certfile is None:
        raise WrongSetting("--ssl-keyfile: goes with --ssl-certfile")
    for flag, path in (
        ("--ssl-certfile", settings.ssl_certfile),
        ("--ssl-keyfile", settings.ssl_keyfile),
        ("--api-key-file", settings.api_key_file),
    ):
        if path is not None and not path.is_file():
            raise WrongSetting(f"{flag}: there is no such file")
    if settings.model is not None and not settings.model.is_dir():
        raise WrongSetting("--model: there is no such folder")
    if settings.root_path and (not settings.root_path.startswith("/") or settings.root_path.endswith("/")):
        raise WrongSetting("--root-path: must begin with / and not end with it, as /mmgpt")
    if settings.ui:
        from importlib.util import find_spec

        if find_spec("gradio") is None:
            raise WrongSetting("--ui: needs the Python package gradio - run: pip install 'mmgpt[demo]'")


def _warnings(settings: Settings) -> list[str]:
    from mmgpt.serve.door.keys import read_keys, warnings_about
    from mmgpt.serve.door.origins import is_loopback

    found = []
    if settings.api_key_file is not None:
        found += warnings_about(settings.api_key_file, read_keys(settings.api_key_file))
    elif settings.uds is None and not is_loopback(settings.host):
        found.append("everyone who reaches this machine can ask: give --api-key-file, or listen on 127.0.0.1")
    if settings.api_key_file is not None and settings.ssl_certfile is None and not is_loopback(settings.host):
        found.append("keys travel unencrypted: give --ssl-certfile, or put a proxy with HTTPS in front")
    return found


def _banner(settings: Settings, address: str, console: Console) -> None:
    model = settings.served_model_name or (settings.model.name if settings.model is not None else "nano")
    keys = "keys: " + ("needed" if settings.api_key_file is not None else "none needed")
    console.note(f"listening on {address}" + (" (API and page)" if settings.ui else ""))
    console.note(f"model {one_line(model)} on {settings.device}, loading - /ready says when it answers; {keys}")
    console.note(
        f"limits: {settings.max_body_bytes / 2**20:g} MiB a request, {settings.max_pixels / 1e6:g} MP a picture, "
        f"{settings.max_pictures} pictures a request, {settings.queue} waiting"
    )
    for line in _warnings(settings):
        console.note(f"warning: {line}")
    console.note("Ctrl-C or SIGTERM stops it; what runs is finished first")
