"""What a terminal shows of the bytes that a program writes: rows of text and their tones."""

from __future__ import annotations

import re

Tone = tuple[int, int, int, str]
_TOKEN = re.compile(
    r"\x1b\[([0-9;?<>=]*)([@-~])"  # control sequence
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\)"  # strings: titles, links
    r"|\x1b[ -/]*[0-~]"  # other escapes
    r"|[\x00-\x1f\x7f]"
    r"|[^\x00-\x1f\x7f\x1b]+",
    re.DOTALL,
)
_COLOURS = {1: "error", 2: "success", 3: "warning", 4: "info", 5: "accent", 6: "info"}
_TAB = 8


class Screen:
    """Rows without end in both directions: nothing is wrapped and nothing scrolls away."""

    def __init__(self) -> None:
        """An empty screen with the cursor at its top left."""
        self.cells: list[list[tuple[str, str]]] = [[]]
        self.row = self.column = 0
        self._colour, self._bold, self._dim = "", False, False

    def feed(self, text: str) -> None:
        """Write text with its control sequences."""
        for found in _TOKEN.finditer(text):
            token = found.group(0)
            if found.group(2):
                self._sequence(found.group(1), found.group(2))
            elif token[0] == "\x1b" or token == "\x7f":
                continue
            elif token[0] >= " ":
                self._write(token)
            else:
                self._control(token)

    def _tone(self) -> str:
        return self._colour or ("bold" if self._bold else "dim" if self._dim else "")

    def _write(self, text: str) -> None:
        line = self.cells[self.row]
        if len(line) < self.column:
            line.extend([(" ", "")] * (self.column - len(line)))
        tone = self._tone()
        line[self.column : self.column + len(text)] = [(character, tone) for character in text]
        self.column += len(text)

    def _down(self) -> None:
        self.row += 1
        while len(self.cells) <= self.row:
            self.cells.append([])

    def _control(self, token: str) -> None:
        if token == "\n":
            self._down()
        elif token == "\r":
            self.column = 0
        elif token == "\b":
            self.column = max(0, self.column - 1)
        elif token == "\t":
            self.column += _TAB - self.column % _TAB

    def _sequence(self, values: str, final: str) -> None:
        numbers = [int(part) if part.isdigit() else 0 for part in values.lstrip("?<>=").split(";")]
        first = numbers[0]
        line = self.cells[self.row]
        if final == "m":
            self._rendition(numbers)
        elif final == "K":
            if first == 0:
                del line[self.column :]
            elif first == 1:
                line[: self.column] = [(" ", "")] * min(self.column, len(line))
            else:
                line.clear()
        elif final == "J" and first == 0:
            del line[self.column :]
            del self.cells[self.row + 1 :]
        elif final == "A":
            self.row = max(0, self.row - max(1, first))
        elif final == "B":
            for _ in range(max(1, first)):
                self._down()
        elif final == "C":
            self.column += max(1, first)
        elif final == "D":
            self.column = max(0, self.column - max(1, first))
        elif final == "G":
            self.column = max(0, first - 1)

    def _rendition(self, numbers: list[int]) -> None:
        if any(number in (38, 48) for number in numbers):  # 256 colours and true colours say nothing of a tone
            return
        for number in numbers:
            if number == 0:
                self._colour, self._bold, self._dim = "", False, False
            elif number == 1:
                self._bold = True
            elif number == 2:
                self._dim = True
            elif number == 22:
                self._bold = self._dim = False
            elif number == 39:
                self._colour = ""
            elif number == 90:
                self._colour = "dim"
            elif number % 10 in _COLOURS and number // 10 in (3, 9):
                self._colour = _COLOURS[number % 10]
            elif number in (30, 37, 97):
                self._colour = ""

    def shown(self) -> tuple[list[str], list[Tone]]:
        """The rows without the blanks at their ends and without empty rows at the end; (row, start, end, tone) runs."""
        rows = ["".join(character for character, _ in line).rstrip() for line in self.cells]
        while rows and not rows[-1]:
            rows.pop()
        tones: list[Tone] = []
        for number, text in enumerate(rows):
            start = 0
            line = self.cells[number][: len(text)]
            for end in range(1, len(line) + 1):
                if end == len(line) or line[end][1] != line[start][1]:
                    if line[start][1]:
                        tones.append((number, start, end, line[start][1]))
                    start = end
        return rows, tones


def resolve(data: bytes) -> tuple[list[str], list[Tone]]:
    """Rows and tones of what a program wrote."""
    screen = Screen()
    screen.feed(data.decode("utf-8", "replace"))
    return screen.shown()
