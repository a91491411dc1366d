"""Text and boxes of a web page: its visible text nodes, split into visual lines."""

from __future__ import annotations

from typing import Any

import numpy as np

from train.data.capture.core import ShotLine
from train.data.capture.ink import hug

# Every text node is cut into runs of characters on one visual row; runs of one block that stand in one row and close
# together are one line. A run counts when its middle is really what the page shows at that point.
COLLECT = r"""
() => {
  const runs = [];
  const shown = (element) => {
    for (let e = element; e instanceof Element; e = e.assignedSlot || e.parentElement || e.getRootNode().host) {
      const style = getComputedStyle(e);
      if (style.display === 'none' || style.visibility === 'hidden' || parseFloat(style.opacity) < 0.1) return false;
    }
    return true;
  };
  const block = (element) => {
    let e = element;
    while (e.parentElement && /^(inline|contents|ruby)/.test(getComputedStyle(e).display)) e = e.parentElement;
    return e;
  };
  const blocks = [];
  const number = (element) => {
    let at = blocks.indexOf(element);
    if (at < 0) { at = blocks.length; blocks.push(element); }
    return at;
  };
  const role = (element) => {
    if (element.closest('button, input[type=submit], input[type=button], [role=button], .btn, .button')) return 'button';
    if (element.closest('h1, h2, h3, summary, legend')) return 'title';
    if (element.closest('a')) return 'link';
    if (element.closest('input, textarea, select')) return 'input';
    return 'body';
  };
  const visible = (rect, element) => {
    if (rect.width < 0.5 || rect.height < 0.5) return false;
    const x = (Math.max(rect.left, 0) + Math.min(rect.right, innerWidth)) / 2, y = (rect.top + rect.bottom) / 2;
    if (rect.top < -1 || rect.left < -1 || rect.right > innerWidth + 1 || rect.bottom > innerHeight + 1) return false;
    let top = document.elementFromPoint(x, y);
    while (top && top.shadowRoot) {
      const inner = top.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === top) break;
      top = inner;
    }
    const within = (inner, outer) => {
      for (let e = inner; e; e = e.assignedSlot || e.parentNode || e.host) if (e === outer) return true;
      return false;
    };
    return !top || within(top, element) || within(element, top) || getComputedStyle(element).pointerEvents === 'none';
  };
  const transform = (text, element) => {
    const how = getComputedStyle(element).textTransform;
    if (how === 'uppercase') return text.toUpperCase();
    if (how === 'lowercase') return text.toLowerCase();
    if (how === 'capitalize') return text.replace(/(^|\s)\S/g, (letter) => letter.toUpperCase());
    return text;
  };
  const push = (text, rect, element) => {
    if (text.trim() && visible(rect, element)) {
      runs.push({text: transform(text, element), x0: rect.left, y0: rect.top, x1: rect.right, y1: rect.bottom,
                 block: number(block(element)), role: role(element), size: parseFloat(getComputedStyle(element).fontSize)});
    } else if (runs.length && !text.trim() && text) {
      runs[runs.length - 1].text += ' ';
    }
  };
  const walk = (root) => {
    const assigned = root.tagName === 'SLOT' ? root.assignedNodes() : [];
    for (const node of assigned.length ? assigned : root.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) {
        const element = node.parentElement || node.getRootNode().host;
        if (!element || /^(SCRIPT|STYLE|NOSCRIPT|TITLE|OPTION|TEXTAREA)$/.test(element.tagName) || !shown(element)) continue;
        const range = document.createRange();
        let text = '', box = null;
        const flush = () => { if (box) push(text, new DOMRect(box[0], box[1], box[2] - box[0], box[3] - box[1]), element);
                              text = ''; box = null; };
        for (let i = 0; i < node.length; i++) {
          range.setStart(node, i); range.setEnd(node, i + 1);
          const rects = range.getClientRects();
          const rect = rects[rects.length - 1];
          const letter = node.data[i];
          if (!rect || rect.width === 0) { if (/\s/.test(letter)) text += ' '; continue; }
          if (box && (rect.top > box[3] - 2 || rect.bottom < box[1] + 2 || rect.left < box[2] - box[4] * 4)) flush();
          // White space widens the text, not the box: the rows above and below reach into it.
          if (/\s/.test(letter)) { text += letter; continue; }
          if (!box) box = [rect.left, rect.top, rect.right, rect.bottom, rect.height];
          box[0] = Math.min(box[0], rect.left); box[1] = Math.min(box[1], rect.top);
          box[2] = Math.max(box[2], rect.right); box[3] = Math.max(box[3], rect.bottom);
          text += letter;
        }
        flush();
      } else if (node.nodeType === Node.ELEMENT_NODE) {
        if (/^(SCRIPT|STYLE|NOSCRIPT|HEAD|SVG)$/i.test(node.tagName)) continue;
        const list = getComputedStyle(node);
        if (list.display === 'list-item' && list.listStyleType === 'decimal' && shown(node) && node.parentElement.tagName === 'OL') {
          const items = [...node.parentElement.children].filter((item) => item.tagName === 'LI');
          const rect = node.getBoundingClientRect(), size = parseFloat(list.fontSize);
          const text = (node.parentElement.start + items.indexOf(node)) + '.';
          const height = parseFloat(list.lineHeight) || size * 1.25;
          const at = new DOMRect(rect.left - 0.75 * size * text.length, rect.top + parseFloat(list.paddingTop) + 1,
                                 0.75 * size * text.length - 2, height - 1);
          if (rect.height > 2 && at.left >= 0 && at.bottom <= innerHeight) {
            runs.push({text, x0: at.left, y0: at.top, x1: at.right, y1: at.bottom, block: -1 - runs.length, role: 'body', size});
          }
        }
        if (/^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName) && shown(node)) {
          if (/^(checkbox|radio|hidden|range|color|file)$/.test(node.type)) continue;
          const value = node.tagName === 'SELECT' ? node.selectedOptions[0]?.text : (node.value || node.placeholder);
          const style = getComputedStyle(node), rect = node.getBoundingClientRect();
          const inner = new DOMRect(rect.left + parseFloat(style.borderLeftWidth) + 1, rect.top + parseFloat(style.borderTopWidth) + 1,
                                    rect.width - 2 * parseFloat(style.borderLeftWidth) - (node.tagName === 'SELECT' ? 20 : 2),
                                    rect.height - 2 * parseFloat(style.borderTopWidth) - 2);
          if (value && node.type !== 'password' && !value.includes('\n')) push(value, inner, node);
        } else if (node.shadowRoot) walk(node.shadowRoot);
        else walk(node);
      }
    }
  };
  walk(document.body || document.documentElement);
  return runs;
}
"""


def join_runs(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Joins runs of one block that stand in one row with less than 1.5 letters' height between them."""
    lines: list[dict[str, Any]] = []
    for run in runs:
        for line in reversed(lines[-6:]):
            overlap = min(line["y1"], run["y1"]) - max(line["y0"], run["y0"])
            gap = run["x0"] - line["x1"]
            low = min(line["y1"] - line["y0"], run["y1"] - run["y0"])
            if (
                line["block"] == run["block"]
                and overlap > 0.5 * low
                and -2 <= gap < 1.5 * max(line["size"], run["size"])
            ):
                space = " " if gap > 0.15 * run["size"] and not line["text"].endswith(" ") else ""
                line["text"] += space + run["text"]
                line["x1"] = max(line["x1"], run["x1"])
                line["y0"], line["y1"] = min(line["y0"], run["y0"]), max(line["y1"], run["y1"])
                break
        else:
            lines.append(dict(run))
    return lines


def page_lines(
    image: np.ndarray, runs: list[dict[str, Any]], scale: float, offset: tuple[int, int] = (0, 0)
) -> list[ShotLine]:
    """Lines with boxes hugging the ink in the picture; `scale` is device pixels a CSS pixel, `offset` the page's corner."""
    found: list[ShotLine] = []
    for line in join_runs(runs):
        region = (
            line["x0"] * scale + offset[0],
            np.ceil(line["y0"] * scale) + offset[1],
            line["x1"] * scale + offset[0],
            np.floor(line["y1"] * scale) + offset[1],
        )
        box = hug(image, region)
        if box is not None and line["text"].strip():
            found.append(ShotLine(line["text"].strip(), box, line["role"]))
    return found
