"""Prints what is visible in the desktop's programs as JSON; run by the system's Python, which has the AT-SPI bindings."""

from __future__ import annotations

import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402 - the version has to be chosen before

SCREEN = Atspi.CoordType.SCREEN
LIMIT = 4000


def rows_of(node: Atspi.Accessible) -> list[tuple[str, list[int]]]:
    """The text of a node by visual rows, by the places of its characters."""
    text = node.get_text_iface()
    if text is None:
        return []
    count = min(Atspi.Text.get_character_count(text), 3000)
    whole = Atspi.Text.get_text(text, 0, count)
    rows: list[tuple[str, list[int]]] = []
    for index, letter in enumerate(whole):
        try:
            at = Atspi.Text.get_character_extents(text, index, SCREEN)
        except Exception:
            continue
        if letter == "\n" or at.height <= 0:
            continue
        box = [at.x, at.y, at.x + at.width, at.y + at.height]
        if rows and abs(box[1] - rows[-1][1][1]) < at.height * 0.6:
            joined = rows[-1][1]
            merged = [min(joined[0], box[0]), min(joined[1], box[1]), max(joined[2], box[2]), max(joined[3], box[3])]
            rows[-1] = (rows[-1][0] + letter, merged)
        else:
            rows.append((letter, box))
    return rows


def main() -> None:
    """Walks every showing node of the programs whose name holds the argument (all without one)."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    found: list[dict[str, object]] = []
    desktop = Atspi.get_desktop(0)
    seen = 0

    def walk(node: Atspi.Accessible, depth: int) -> None:
        nonlocal seen
        seen += 1
        if node is None or seen > LIMIT or depth > 60:
            return
        try:
            states = node.get_state_set()
            showing = states.contains(Atspi.StateType.SHOWING) or depth < 1
            if not showing:
                return
            role, name = node.get_role_name(), node.get_name() or ""
            component = node.get_component_iface()
            extents = Atspi.Component.get_extents(component, SCREEN) if component else None
            box = [extents.x, extents.y, extents.x + extents.width, extents.y + extents.height] if extents else None
            children = node.get_child_count()
            found.append({"role": role, "name": name, "box": box, "rows": rows_of(node), "children": children})
            for index in range(min(children, 400)):
                walk(node.get_child_at_index(index), depth + 1)
        except Exception as error:
            print(f"skipped a node: {error}", file=sys.stderr)

    for index in range(desktop.get_child_count()):
        program = desktop.get_child_at_index(index)
        if program is not None and wanted.lower() in (program.get_name() or "").lower():
            walk(program, 0)
    print(json.dumps(found))


main()
