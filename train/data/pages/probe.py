"""What runs inside a page: settle it, find every character that can be seen, make the glyphs transparent."""

from __future__ import annotations

READY = r"""
(async () => {
  if (window.ready) await window.ready;
  document.body.getBoundingClientRect();  // faces are asked for by the first layout
  await document.fonts.ready;
  const bar = document.createElement('style');
  bar.textContent = `*,*::before,*::after{animation:none!important;transition:none!important;caret-color:transparent!important;
    pointer-events:auto!important} [data-veil],[data-veil]::before,[data-veil]::after,.xterm-viewport,.xterm-helpers,.xterm-helpers *,
    .monaco-scrollable-element>.scrollbar,.CodeMirror-cursors,.CodeMirror>div:first-child
    {pointer-events:none!important}`;
  document.head.append(bar);
  // What an ellipsis leaves of a text, the text itself becomes: the picture then says what the document says.
  for (const e of document.querySelectorAll('body *')) {
    const style = getComputedStyle(e);
    if (style.textOverflow !== 'ellipsis' || style.overflowX === 'visible' || e.scrollWidth <= e.clientWidth) continue;
    if (e.closest('.xterm,.monaco-editor,input,textarea,select')) continue;
    const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT), nodes = [];
    while (walker.nextNode()) if (walker.currentNode.data.trim()) nodes.push(walker.currentNode);
    while (nodes.length && e.scrollWidth > e.clientWidth) {
      const last = nodes[nodes.length - 1], whole = last.data.replace(/…$/, '');
      let low = 0, high = whole.length;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        last.data = whole.slice(0, middle).trimEnd() + '…';
        if (e.scrollWidth <= e.clientWidth) low = middle; else high = middle - 1;
      }
      last.data = low ? whole.slice(0, low).trimEnd() + '…' : '';
      if (low) break;
      nodes.pop();
    }
    e.style.textOverflow = 'clip';
  }
  const parts = [...document.querySelectorAll('[data-role=message]')];
  if (parts.length) {
    const first = parts[0].getBoundingClientRect(), last = parts[parts.length - 1].getBoundingClientRect();
    if (first.top < 4 || last.bottom > innerHeight - 4) parts[parts.length - 1].scrollIntoView({block: 'center', inline: 'nearest'});
  }
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
})()
"""

COLLECT = r"""
(() => {
  const runs = [], cut = [], odd = [];
  const numbers = new Map(), clips = new Map(), shows = new Map();
  const parentOf = (e) => e.assignedSlot || e.parentElement || (e.getRootNode() && e.getRootNode().host) || null;
  const blockOf = (e) => {
    e = holder(e);
    if (e.closest('.xterm-rows')) e = e.closest('.xterm-rows > div') || e;
    if (e.closest('.view-line')) e = e.closest('.view-line');
    if (!numbers.has(e)) numbers.set(e, numbers.size);
    return numbers.get(e);
  };
  const holder = (e) => {
    while (parentOf(e) && /^(inline|contents)$/.test(getComputedStyle(e).display)) e = parentOf(e);
    return e;
  };
  const clipOf = (e) => {
    if (!e) return [0, 0, innerWidth, innerHeight];
    if (clips.has(e)) return clips.get(e);
    const style = getComputedStyle(e), fixed = style.position === 'fixed';
    let box = fixed ? [0, 0, innerWidth, innerHeight] : [...clipOf(parentOf(e))];
    if (e !== document.body && e !== document.documentElement && (style.overflowX !== 'visible' || style.overflowY !== 'visible')
        && style.display !== 'inline') {
      const r = e.getBoundingClientRect();
      if (style.overflowX !== 'visible') { box[0] = Math.max(box[0], r.left); box[2] = Math.min(box[2], r.right); }
      if (style.overflowY !== 'visible') { box[1] = Math.max(box[1], r.top); box[3] = Math.min(box[3], r.bottom); }
    }
    clips.set(e, box);
    return box;
  };
  const shown = (e) => {
    if (!e) return true;
    if (shows.has(e)) return shows.get(e);
    const style = getComputedStyle(e);
    let ok = style.display !== 'none' && parseFloat(style.opacity) > 0.12 && shown(parentOf(e));
    shows.set(e, ok);
    return ok;
  };
  const over = (x, y, e) => {
    const top = document.elementFromPoint(x, y);
    if (!top) return false;
    for (let t = e; t; t = parentOf(t)) if (t === top) return false;
    for (let t = top; t; t = parentOf(t)) if (t === e) return false;
    // Inline neighbours of one block share their edges with a letter, and cover none.
    const row = (t) => t.closest('.xterm-rows > div, .view-line, .CodeMirror-line') || holder(t);
    return row(top) !== row(e);
  };
  const change = (text, style) => {
    const how = style.textTransform;
    if (how === 'uppercase') return text.toUpperCase();
    if (how === 'lowercase') return text.toLowerCase();
    return text;
  };
  const state = (r, clip, e) => {
    const low = r.top + r.height * 0.18, high = r.bottom - r.height * 0.12;
    if (r.right <= clip[0] || r.left >= clip[2] || high <= clip[1] || low >= clip[3]) return 0;
    const whole = r.left >= clip[0] - 0.8 && r.right <= clip[2] + 0.8 && low >= clip[1] - 0.5 && high <= clip[3] + 0.5;
    const x = [r.left + r.width * 0.15, (r.left + r.right) / 2, r.right - r.width * 0.15];
    const y = [low, (low + high) / 2, high];
    let hidden = 0, seen = 0;
    for (const [i, j] of [[1, 1], [0, 0], [2, 2], [0, 2], [2, 0]]) {
      if (x[i] < 0 || y[j] < 0 || x[i] >= innerWidth || y[j] >= innerHeight) continue;
      seen++;
      if (over(x[i], y[j], e)) hidden++;
    }
    if (seen && hidden === seen) return 0;
    return whole && !hidden ? 2 : 1;
  };
  const text = (node) => {
    const e = node.parentElement || node.getRootNode().host;
    if (!e || !node.data.trim() || !shown(e)) return;
    const style = getComputedStyle(e);
    if (style.visibility !== 'visible') return;
    const clip = clipOf(e), size = parseFloat(style.fontSize);
    const marked = e.closest('[data-role]');
    const row = e.closest('.xterm-rows > div');
    const roles = row && row.rowRoles, view = e.closest('.view-line');
    let role = marked ? marked.dataset.role : 'other';
    const key = marked && marked.dataset.ref || '';
    const block = blockOf(e);
    const range = document.createRange();
    const letters = change(node.data, style);
    const same = letters.length === node.data.length;
    let run = null, before = '', column = 0;
    if (row) {
      const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
      while (walker.nextNode() && walker.currentNode !== node) column += walker.currentNode.data.length;
    }
    const flush = () => { if (run) runs.push(run); run = null; };
    let word = style.textTransform === 'capitalize';
    for (let i = 0; i < node.length; i++) {
      const code = node.data.codePointAt(i), wide = code > 0xffff ? 2 : 1;
      let letter = same ? letters.slice(i, i + wide) : node.data.slice(i, i + wide);
      if (style.textTransform === 'capitalize') {
        if (word) letter = letter.toUpperCase();
        word = /\s/.test(letter);
      }
      range.setStart(node, i); range.setEnd(node, i + wide);
      const rects = range.getClientRects(), r = rects[rects.length - 1];
      const at = i; i += wide - 1;
      if (/[\s\u00a0]/.test(letter) || !r || r.width === 0) { if (/[\s\u00a0]/.test(letter)) before += ' '; continue; }
      const seen = state(r, clip, e);
      const charRole = roles ? (roles[column + at] || 'output') : role;
      if (seen === 1) cut.push([r.left, r.top, r.right, r.bottom].map(
        (v, n) => n < 2 ? Math.max(v, clip[n]) : Math.min(v, clip[n])));
      if (seen < 2) { flush(); before = ''; continue; }
      if (run && (r.top > run.y1 - 2 || r.bottom < run.y0 + 2 || r.left < run.x1 - size * 2 || run.role !== charRole)) flush();
      if (!run) run = {text: '', x0: r.left, y0: r.top, x1: r.right, y1: r.bottom, block, role: charRole, ref: key, size,
                       blank: before.length > 0, spots: []};
      else run.text += before;
      if (run.spots.length && r.left - run.x1 > 0) run.wide = true;
      run.spots.push([run.text.length, r.left, r.right]);
      run.text += letter; before = '';
      run.x0 = Math.min(run.x0, r.left); run.x1 = Math.max(run.x1, r.right);
      run.y0 = Math.min(run.y0, r.top); run.y1 = Math.max(run.y1, r.bottom);
    }
    flush();
    if (before && runs.length && runs[runs.length - 1].block === block) runs[runs.length - 1].after = true;
  };
  const field = (e) => {
    if (/^(checkbox|radio|hidden|range|color|file)$/.test(e.type) || !shown(e)) return;
    const style = getComputedStyle(e), r = e.getBoundingClientRect();
    if (style.visibility !== 'visible' || r.width < 8) return;
    const select = e.tagName === 'SELECT', value = select ? e.selectedOptions[0]?.text : (e.value || e.placeholder);
    if (!value || !value.trim()) return;
    const px = (name) => parseFloat(style[name]) || 0;
    const inner = new DOMRect(r.left + px('borderLeftWidth'), r.top + px('borderTopWidth'),
      r.width - px('borderLeftWidth') - px('borderRightWidth'), r.height - px('borderTopWidth') - px('borderBottomWidth'));
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = style.font;
    pen.letterSpacing = style.letterSpacing;
    const room = inner.width - px('paddingLeft') - px('paddingRight'), wide = pen.measureText(value).width;
    const fits = wide <= room + 1 && !value.includes('\n'), clip = clipOf(e);
    const shift = {center: 0.5, right: 1, end: 1}[style.textAlign] || 0, left = inner.left + px('paddingLeft') + shift * (room - wide);
    // A field's letters have no rectangles: slices of its text are looked at instead.
    const slices = [];
    const step = Math.max(4, px('fontSize') / 2);
    for (let x = left; x < left + Math.min(wide, room); x += step)
      slices.push(state(new DOMRect(x, inner.top, step, inner.height), clip, e));
    if (!fits || slices.some((s) => s < 2)) {
      slices.forEach((s, i) => { if (s) cut.push([left + i * step, inner.top, left + (i + 1) * step, inner.bottom]); });
      return;
    }
    const from = Math.max(inner.left, left - 3), to = Math.min(inner.right, left + wide + 4);
    runs.push({text: change(value, style).trim(), x0: from, y0: inner.top, x1: to, y1: inner.bottom, block: -1 - runs.length,
               role: e.dataset.role || 'input', ref: e.dataset.ref || '', size: px('fontSize'), spots: []});
  };
  const marks = (e) => {
    for (const which of ['::before', '::after', '::marker']) {
      const style = getComputedStyle(e, which), what = style.content;
      if (which === '::marker') {
        const own = getComputedStyle(e);
        if (own.display === 'list-item' && !/^(none|disc|circle|square|disclosure.*)$/.test(own.listStyleType)) odd.push('marker');
        continue;
      }
      if (!what || what === 'none' || what === 'normal' || style.display === 'none') continue;
      const said = what.replace(/^"|"$/g, '').replace(/[\s\u00a0\ue000-\uf8ff\u200b]|\\[a-f0-9]+/gi, '');
      if (/[\p{L}\p{N}\p{P}\p{S}]/u.test(said) && !/^(url|attr|linear|image|counter)\(/.test(what) && shown(e)) {
        const r = e.getBoundingClientRect();
        if (r.bottom > 0 && r.top < innerHeight && r.width) odd.push(said);
      }
    }
  };
  const walk = (root) => {
    for (const node of root.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) text(node);
      else if (node.nodeType === Node.ELEMENT_NODE) {
        if (/^(SCRIPT|STYLE|NOSCRIPT|HEAD|TITLE|OPTION|DATALIST)$/i.test(node.tagName) || node.dataset.skip !== undefined) continue;
        if (!node.closest('.monaco-editor,.xterm,.CodeMirror')) marks(node);
        if (/^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName)) {
          if (!node.closest('.monaco-editor,.xterm,.CodeMirror')) field(node);
        } else { if (node.shadowRoot) walk(node.shadowRoot); walk(node); }
      }
    }
  };
  walk(document.body);
  const frame = document.querySelector('[data-frame]');
  const r = frame && frame.getBoundingClientRect();
  return {runs, cut, odd, width: innerWidth, frame: r ? [r.left, r.top, r.right, r.bottom] : null};
})()
"""

BARE = r"""
(() => {
  const bar = document.createElement('style');
  bar.textContent = `*,*::before,*::after,*::placeholder,*::marker{-webkit-text-fill-color:transparent!important;
    text-emphasis-color:transparent!important} svg text,svg tspan{fill:transparent!important;stroke:none!important}`;
  document.head.append(bar);
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));
})()
"""
