"""`mmgpt chat`: a conversation about pictures on the terminal, or piped line by line."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mmgpt.commands.ask import printable
from mmgpt.commands.console import BOLD, DIM, FAILED, OK, USAGE, Console, one_line
from mmgpt.commands.inputs import Source, expand, process
from mmgpt.commands.models import Models, add_model_arguments, add_sampling_arguments, sampling_of

if TYPE_CHECKING:
    from mmgpt.copied import CopiedPart
    from mmgpt.generate import Answer, Conversation, Engine, Sampling, Seen
    from vision.image import LoadedImage

HELP = "talk about pictures"
COMMANDS = """\
  /image PATH      show another picture
  /where           where the parts of the last answer stand that were copied from a picture
  /reset           begin anew with the same pictures; /reset all: without them
  /save FILE.json  keep the conversation in a file
  /help            this list
  /quit            the end, as Ctrl-D; Ctrl-C stops an answer, and a second one ends
"""
DETAILS = f"""\
Holds a conversation about pictures, offline. Each line is a question; answers come as they are made. Lines that begin
with / are commands:

{COMMANDS}
Exit codes: 0 the conversation was ended, 1 so it was, but a command or a picture failed or the weights cannot be used,
2 wrong usage, 130 Ctrl-C.
"""
PROMPT = "> "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="picture files to begin with")
    parser.add_argument("--quiet", action="store_true", help="no notes on stderr")
    add_sampling_arguments(parser)
    add_model_arguments(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Holds the conversation. Returns the exit code; raises Unusable, OutputClosed, KeyboardInterrupt."""
    if "-" in args.images:
        console.fail("", "the conversation is read from stdin, so no picture can be - name its file")
        return USAGE
    _replace_bad_bytes()
    models = Models(args.reader, args.weights)
    chat = Chat(models.engine, sampling_of(args), console, models.name)
    chat.show(args.images)
    if sys.stdin.isatty():
        console.note("ask something; /help lists the commands, Ctrl-D ends")
        try:
            import readline  # noqa: F401 (its import gives input() a memory and arrow keys)
        except ImportError:
            pass  # Windows: the terminal itself has both
    while (line := chat.next_line()) is not None:
        try:
            if not chat.take(line):
                break
        except KeyboardInterrupt:
            chat.interrupted()
    return FAILED if console.failures else OK


@dataclass(frozen=True)
class Picture:
    """A picture that was looked at, and where it came from."""

    path: str
    loaded: LoadedImage
    seen: Seen


@dataclass(frozen=True)
class Exchange:
    """A question with the pictures that are first shown with it, and its answer; `answer` None: it was stopped after `text`."""

    pictures: tuple[Picture, ...]
    question: str
    text: str
    answer: Answer | None


class Chat:
    """One conversation: pictures are looked at once, when they come; everything said stays until /reset."""

    def __init__(self, engine: Engine, sampling: Sampling, console: Console, name: str) -> None:
        self._engine, self._sampling, self._console, self._name = engine, sampling, console, name
        self._pictures: list[Picture] = []
        self._waiting: list[Picture] = []  # not shown with a question yet
        self._exchanges: list[Exchange] = []
        self._stopped = False  # a second Ctrl-C ends
        self._commands: dict[str, Callable[[str], None]] = {
            "/image": self._image, "/where": self._where, "/reset": self._reset, "/save": self._save, "/help": self._help,
        }  # fmt: skip

    def next_line(self) -> str | None:
        """The next line that is not blank; None at the end. Raises KeyboardInterrupt for a second Ctrl-C in a row."""
        while True:
            try:
                line = self._read()
            except KeyboardInterrupt:
                self.interrupted()
                continue
            if line is None or line.strip():
                self._stopped = False
                return None if line is None else line.strip()

    def interrupted(self) -> None:
        """Ctrl-C: the first says how to end, a second in a row ends by KeyboardInterrupt."""
        if self._stopped:
            raise KeyboardInterrupt
        self._stopped = True
        self._console.note("stopped - Ctrl-C again ends")

    def take(self, line: str) -> bool:
        """Does what a line says: answers it, or runs its command; False to end. Raises KeyboardInterrupt when something other than an
        answer is interrupted."""
        if not line.startswith("/"):
            self._ask(line)
            return True
        name, _, rest = line.partition(" ")
        if name == "/quit":
            return False
        if name in self._commands:
            self._commands[name](rest.strip())
        else:
            self._console.fail(name, "is no command - /help lists them")
        return True

    def show(self, paths: list[str]) -> None:
        """Looks at pictures; one that cannot be used is a line on stderr."""

        def look(source: Source) -> Picture:
            loaded = source.load()
            return Picture(source.key, loaded, self._engine.look(loaded.pixels))

        most = self._engine.model.config.max_pictures
        for source, picture in process(expand(paths, False, self._console), look, self._console, "looking"):
            if len(self._pictures) == most:
                self._console.fail(
                    source.name, f"is one too many - this model takes {most} pictures; /reset all begins anew"
                )
                return
            self._pictures.append(picture)
            self._waiting.append(picture)
            for warning in picture.loaded.warnings:
                self._console.note(f"{source.name}: {warning}")
            lines = len(picture.seen.lines)
            size = f"{picture.loaded.width} × {picture.loaded.height} pixels"
            self._console.note(f"picture {len(self._pictures)} is {source.name}: {size}, {lines} lines of text")

    def _conversation(self) -> Conversation:
        from mmgpt.generate import Conversation

        conversation = Conversation()
        for past in self._exchanges:
            conversation = conversation.ask(*(p.seen for p in past.pictures), past.question).answered(past.text)
        return conversation

    def _ask(self, question: str) -> None:
        """Answers a question, bit by bit. Ctrl-C ends the answer; what there is of it stays in the conversation."""
        shown = tuple(self._waiting)
        text, answer = "", None
        bits = self._engine.stream(self._conversation().ask(*(p.seen for p in shown), question), self._sampling)
        try:
            while True:
                try:
                    bit = next(bits)
                except StopIteration as end:
                    answer = end.value
                    break
                text += bit
                self._console.write(printable(bit))
        except KeyboardInterrupt:
            self._console.write("\n")
            self.interrupted()
            if not text:
                return
        except ValueError as error:  # more than the model takes
            self._console.debug()
            self._console.fail("", f"{error} - /reset begins anew")
            return
        else:
            self._console.write("\n")
            if answer is not None and answer.finish == "length":
                self._console.note(f"the answer was cut after {len(answer.ids)} tokens - --max-tokens allows more")
        self._waiting = []
        self._exchanges.append(Exchange(shown, question, text, answer))

    def _image(self, rest: str) -> None:
        """`rest` is one path as it stands, or several quoted as for a shell."""
        try:
            paths = [rest] if os.path.exists(rest) else [os.path.expanduser(path) for path in shlex.split(rest)]
        except ValueError:
            paths = [rest]
        if not rest or "-" in paths:
            self._console.fail("/image", "needs the path of a picture - as in: /image shot.png")
            return
        self.show(paths)

    def _where(self, rest: str) -> None:
        del rest
        last = self._exchanges[-1].answer if self._exchanges else None
        if last is None:
            self._console.note("the last answer was stopped" if self._exchanges else "nothing was answered yet")
            return
        parts = self._copied(last)
        if not parts:
            self._console.note("nothing in the last answer was copied from a picture")
        for part in parts:
            x0, y0, x1, y1 = part.box
            which = f"picture {part.picture}, " if len(self._pictures) > 1 else ""
            place = f"{which}x {x0} to {x1}, y {y0} to {y1}, read {part.confidence * 100:.0f} % surely"
            self._console.write(f"  {one_line(part.text)}  {self._console.paint(place, DIM)}\n")

    def _copied(self, answer: Answer) -> list[CopiedPart]:
        from mmgpt.copied import copied_parts

        return copied_parts(answer, [p.seen for past in self._exchanges for p in past.pictures])

    def _reset(self, rest: str) -> None:
        if rest not in ("", "all"):
            self._console.fail("/reset", "begins anew, with the same pictures, or without them: /reset all")
            return
        self._exchanges = []
        self._pictures = [] if rest else self._pictures
        self._waiting = list(self._pictures)
        kept = f" about the same {len(self._pictures)} picture(s)" if self._pictures else ""
        self._console.note(f"a new conversation{kept}")

    def _save(self, rest: str) -> None:
        path = Path(rest).expanduser()
        if path.suffix.lower() != ".json":
            self._console.fail("/save", "needs a file name that ends in .json - as in: /save talk.json")
            return
        try:
            _check_ours(path)
            scratch = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            scratch.write_text(self._as_json(), "utf-8")
            os.replace(scratch, path)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._console.fail(rest, f"cannot be written ({reason}) - name another file")
        else:
            self._console.note(f"{len(self._exchanges)} questions with their answers saved in {rest}")

    def _as_json(self) -> str:
        from mmgpt.copied import Shown, Talk, Turn
        from mmgpt.schema import ImageInfo, layout, unit

        order = [p for past in self._exchanges for p in past.pictures]
        images = [
            Shown(path=p.path, image=ImageInfo(width=p.loaded.width, height=p.loaded.height, sha256=p.loaded.sha256))
            for p in order
        ]
        messages, shown = [], 0
        for past in self._exchanges:
            numbers = list(range(shown + 1, shown + len(past.pictures) + 1))
            shown += len(past.pictures)
            spans = [] if past.answer is None else self._copied(past.answer)
            sure = None if past.answer is None else unit(past.answer.confidence)
            messages.append(Turn(role="user", text=past.question, pictures=numbers, spans=[], confidence=None))
            messages.append(Turn(role="assistant", text=past.text, pictures=[], spans=spans, confidence=sure))
        return layout(Talk(model=self._name, images=images, messages=messages).to_dict()) + "\n"

    def _help(self, rest: str) -> None:
        del rest
        self._console.write(COMMANDS)

    def _read(self) -> str | None:
        """One line of stdin, None at its end. On a terminal after a prompt, which never goes into piped output."""
        if sys.stdin.isatty() and self._console.terminal:
            try:
                return input(self._console.paint(PROMPT, BOLD))
            except EOFError:
                self._console.write("\n")
                return None
        if sys.stdin.isatty():
            sys.stderr.write(PROMPT)
            sys.stderr.flush()
        return sys.stdin.readline() or None


def _check_ours(path: Path) -> None:
    """Raises ValueError where a file is there already and is no conversation of ours: saving must not destroy it."""
    from mmgpt.copied import CONVERSATION_SCHEMA

    if not path.exists():
        return
    try:
        ours = json.loads(path.read_bytes())["schema"] == CONVERSATION_SCHEMA
    except (ValueError, TypeError, KeyError):
        ours = False
    if not ours:
        raise ValueError("it is there already, and is no conversation of mmgpt")


def _replace_bad_bytes() -> None:
    """Lines are UTF-8; what is not must not end the conversation."""
    reconfigure = getattr(sys.stdin, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding=None if sys.stdin.isatty() else "utf-8", errors="replace")
