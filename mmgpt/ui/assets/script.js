/* What the page does by itself. Words from pictures and models are only ever written as text, or come in HTML that the server escaped. */
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const picks = ["#mm-upload", "#mm-compare-upload"];
  let desk = null;

  const all = (root, selector) => Array.from(root.querySelectorAll(selector));
  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const shown = (node) => Boolean(node && node.offsetParent !== null);

  /* ---- HTML that the server made: painted as a whole, so that nothing of an earlier picture stays in a form ---- */

  function paint(element, props, watch) {
    const draw = () => { element.replaceChildren(fragment(props.value || "")); };
    watch("value", draw);
    draw();
  }
  function fragment(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    return holder.content;
  }
  function open(element, trigger, props, watch) {
    desk = { element, trigger };
    paint(element.querySelector(".mm-root"), props, watch);
  }
  let talking = null;
  function talk(element, trigger, props, watch) {
    talking = { element, trigger };
    const root = element.querySelector(".mm-root");
    const end = () => { const log = root.querySelector(".mm-log"); if (log) log.scrollTop = log.scrollHeight; };
    paint(root, props, watch);
    watch("value", end);
  }
  function reword(node) {
    const turn = node.closest(".mm-turn");
    const said = turn.querySelector(".mm-said");
    const field = make("textarea", "mm-edit");
    field.value = said.textContent;
    field.setAttribute("aria-label", "Your message");
    const keep = make("button", "mm-button primary", "Ask again");
    const leave = make("button", "mm-button", "Cancel");
    keep.type = leave.type = "button";
    const before = Array.from(turn.childNodes);
    const back = () => turn.replaceChildren(...before);
    const tools = make("div", "mm-tools open");
    tools.append(keep, leave);
    leave.addEventListener("click", back);
    keep.addEventListener("click", () => talking.trigger("reword", { turn: Number(turn.dataset.turn), text: field.value }));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") back();
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); keep.click(); }
    });
    turn.replaceChildren(...all(turn, ".mm-thumbs"), field, tools);
    field.focus();
  }
  const send = (name, data) => desk && desk.trigger(name, data);
  const current = () => document.querySelector(".mm-desk");

  /* ---- pictures: chosen, dropped, pasted ---- */

  function input(selector) { return document.querySelector(`${selector} input[type=file]`); }
  function target() {
    const chat = document.querySelector("#mm-chat-box");
    if (shown(chat)) return chat.querySelector("input[type=file]");
    const second = document.querySelector("#mm-compare-drop");
    return input(shown(second) ? picks[1] : picks[0]);
  }
  function give(files, where) {
    const field = where || target();
    const pictures = Array.from(files).filter((file) => file.type.startsWith("image/"));
    if (!field || !pictures.length) return false;
    const moved = new DataTransfer();
    for (const file of field.multiple ? pictures : pictures.slice(0, 1)) moved.items.add(file);
    field.files = moved.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData ? event.clipboardData.files : [];
    if (!files.length) return;
    if (event.target instanceof Element && event.target.closest("#mm-chat-box")) return; // that box takes them itself
    if (give(files)) event.preventDefault();
  });
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    document.body.classList.add("mm-dragging");
  });
  document.addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (!depth) document.body.classList.remove("mm-dragging");
  });
  document.addEventListener("dragover", (event) => { if (carriesFiles(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    depth = 0;
    document.body.classList.remove("mm-dragging");
    if (!carriesFiles(event)) return;
    if (event.target instanceof Element && event.target.closest("#mm-chat-box")) return;
    event.preventDefault();
    event.stopPropagation();
    give(event.dataTransfer.files);
  }, true);

  /* ---- boxes and their fields light each other up ---- */

  function lit(root, keys, lines, on) {
    for (const key of keys) {
      for (const node of all(root, `[data-key="${key}"]`)) node.classList.toggle("lit", on);
      for (const node of all(root, `rect[data-keys~="${key}"]`)) node.classList.toggle("lit", on);
    }
    for (const line of lines) for (const node of all(root, `[data-line="${line}"]`)) node.classList.toggle("lit", on);
    const stage = root.querySelector(".mm-stage");
    if (stage) stage.classList.toggle("busy", Boolean(root.querySelector(".lit")));
  }
  function spot(node) {
    const hit = node instanceof Element && node.closest("[data-key],[data-keys],[data-line]");
    if (!hit) return null;
    const root = hit.closest(".mm-desk,.mm-side");
    if (!root) return null;
    const data = hit.dataset;
    return { hit, root, keys: data.key ? [data.key] : (data.keys || "").split(" ").filter(Boolean), lines: data.line ? [data.line] : [] };
  }
  const light = (on) => (event) => {
    const found = spot(event.target);
    if (found && !found.hit.classList.contains("held")) lit(found.root, found.keys, found.lines, on);
  };
  document.addEventListener("mouseover", light(true));
  document.addEventListener("mouseout", light(false));
  document.addEventListener("focusin", light(true));
  document.addEventListener("focusout", light(false));
  function hold(event) {
    const found = spot(event.target);
    if (!found || event.target.closest("a,button,input,select,textarea")) return;
    const held = found.hit.classList.contains("held");
    for (const node of all(found.root, ".held,.lit")) node.classList.remove("held", "lit");
    if (!held) {
      found.hit.classList.add("held");
      lit(found.root, found.keys, found.lines, true);
      bring(found);
    } else lit(found.root, [], [], false);
  }
  function bring(found) { // what lights up must be seen: on a phone the picture may be far above
    const aim = found.hit.tagName === "rect"
      ? found.root.querySelector("dl .lit, .mm-lines .lit") : found.root.querySelector("rect.lit");
    if (!aim) return;
    const box = aim.getBoundingClientRect();
    if (box.top < 0 || box.bottom > window.innerHeight) aim.scrollIntoView({ block: "center", behavior: "smooth" });
  }
  document.addEventListener("click", hold);
  document.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && spot(event.target) && event.target === document.activeElement) {
      event.preventDefault();
      hold(event);
    }
    if (event.key === "Escape") {
      const root = current();
      if (root) { for (const node of all(root, ".held,.lit")) node.classList.remove("held", "lit"); lit(root, [], [], false); }
    }
    const tab = event.target instanceof Element && event.target.closest(".mm-tabs [role=tab]");
    if (tab && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
      const tabs = all(tab.parentElement, "[role=tab]");
      const next = tabs[(tabs.indexOf(tab) + (event.key === "ArrowRight" ? 1 : tabs.length - 1)) % tabs.length];
      next.focus();
      choose(next);
    }
  });

  /* ---- what buttons and forms do ---- */

  function choose(tab) {
    for (const other of all(tab.parentElement, "[role=tab]")) {
      const on = other === tab;
      other.setAttribute("aria-selected", String(on));
      other.tabIndex = on ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = !on;
    }
    if (tab.id !== "mm-t-heat") cool();
    else if (heat) draw(heat.at);
  }
  async function copy(text) {
    try { await navigator.clipboard.writeText(text); return true; } catch (error) { /* not allowed here: the old way */ }
    const field = make("textarea");
    field.value = text;
    field.style.position = "fixed";
    field.style.opacity = "0";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
  function tell(text) {
    const root = current();
    const place = root && root.querySelector(".mm-actions + .mm-told");
    if (place) place.textContent = text;
  }
  function save(name, data, type) {
    const link = make("a");
    const url = data.startsWith("data:") ? data : URL.createObjectURL(new Blob([data], { type }));
    link.href = url;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    if (url.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(url), 10000);
  }
  const actions = {
    choose: (node) => {
      const field = input(node.closest("#mm-compare-drop") ? picks[1] : picks[0]);
      if (field) field.click();
    },
    example: (node) => send("example", { name: node.dataset.name }),
    tab: (node) => choose(node),
    copy: async (node) => {
      const field = node.closest(".mm-card").querySelector(`.mm-keep[data-name=${node.dataset.from}]`);
      tell((await copy(field.value)) ? "Copied." : "The browser does not allow copying here.");
    },
    redact: (node) => {
      node.disabled = true;
      tell("Covering what is secret …");
      send("redact", { id: current().dataset.id });
    },
    redo: () => talking.trigger("redo", {}),
    takeback: () => talking.trigger("takeback", {}),
    reword,
    copysaid: async (node) => {
      const done = await copy(node.closest(".mm-turn").querySelector(".mm-said").textContent);
      node.textContent = done ? "Copied" : "Not allowed";
      setTimeout(() => { node.textContent = "Copy"; }, 1500);
    },
    heat: (node) => {
      for (const chip of all(node.parentElement, ".mm-chip")) chip.setAttribute("aria-pressed", String(chip === node));
      node.closest(".mm-panel").classList.add("loading");
      send("heat", { id: current().dataset.id, field: node.dataset.field });
    },
  };
  document.addEventListener("click", (event) => {
    const node = event.target instanceof Element && event.target.closest("button[data-do]");
    if (node && actions[node.dataset.do]) actions[node.dataset.do](node);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const kind = form.dataset ? form.dataset.do : "";
    if (kind !== "ask" && kind !== "correct") return;
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    const id = current().dataset.id;
    if (kind === "ask") {
      const question = (values.question || "").trim();
      if (!question) return;
      const entry = make("div", "mm-answer pending");
      entry.append(make("p", "mm-q", question), make("p", "mm-a", "…"));
      current().querySelector(".mm-answers").prepend(entry);
      form.reset();
      send("ask", { id, question });
    } else {
      form.querySelector("button").disabled = true;
      send("correct", { id, values });
    }
  });

  /* ---- the heat map ---- */

  let heat = null;
  function cool() {
    const root = current();
    const layer = root && root.querySelector(".mm-heat-layer");
    if (layer) { layer.replaceChildren(); layer.closest(".mm-stage").classList.remove("heated"); }
  }
  function rect(box, name, opacity) {
    const node = document.createElementNS(SVG, "rect");
    node.setAttribute("class", name);
    node.setAttribute("x", box[0]);
    node.setAttribute("y", box[1]);
    node.setAttribute("width", Math.max(1, box[2] - box[0]));
    node.setAttribute("height", Math.max(1, box[3] - box[1]));
    if (opacity !== undefined) node.style.fillOpacity = opacity.toFixed(3);
    return node;
  }
  function draw(at) {
    const root = current();
    if (!root || !heat || !heat.tokens.length) return;
    heat.at = Math.min(Math.max(at, 0), heat.tokens.length - 1);
    const layer = root.querySelector(".mm-heat-layer");
    const weights = heat.weights[heat.at];
    const most = Math.max(...weights, 1e-9);
    const areas = document.createElementNS(SVG, "g");
    areas.setAttribute("class", "areas");
    const words = [];
    heat.boxes.forEach((box, place) => {
      const share = weights[place] / most;
      if (share < 0.02) return;
      if (heat.kinds[place] === "word") words.push(rect(box, "word", 0.06 + 0.64 * share ** 0.6));
      else areas.append(rect(box, "area", 0.7 * Math.sqrt(share)));
    });
    const copied = heat.copied[heat.at] ? [rect(heat.copied[heat.at], "copied")] : [];
    layer.replaceChildren(areas, ...words, ...copied);
    layer.closest(".mm-stage").classList.add("heated");
    const panel = root.querySelector(".mm-heat");
    all(panel, ".mm-tokens button").forEach((node, place) => node.setAttribute("aria-pressed", String(place === heat.at)));
    panel.querySelector("input").value = String(heat.at);
    panel.querySelector(".mm-at").textContent = `${heat.at + 1} of ${heat.tokens.length}`;
  }
  function warm(reply) {
    const root = current();
    if (!root || root.dataset.id !== reply.id) return;
    const panel = root.querySelector("#mm-p-heat");
    panel.classList.remove("loading");
    const fail = panel.querySelector(".mm-fail");
    fail.hidden = !reply.error;
    fail.textContent = reply.error || "";
    const body = panel.querySelector(".mm-heat");
    body.hidden = Boolean(reply.error) || !reply.heat.tokens.length;
    if (body.hidden) { heat = null; cool(); if (!reply.error) { fail.hidden = false; fail.textContent = "The answer is empty."; } return; }
    heat = { ...reply.heat, at: 0 };
    const tokens = body.querySelector(".mm-tokens");
    tokens.replaceChildren(...heat.tokens.map((text, place) => {
      const node = make("button", heat.copied[place] ? "copied" : "", text);
      node.type = "button";
      node.title = heat.copied[place] ? "copied from the picture" : "written by the decoder";
      node.addEventListener("click", () => draw(place));
      return node;
    }));
    body.querySelector("input").max = String(heat.tokens.length - 1);
    draw(0);
  }
  document.addEventListener("input", (event) => {
    if (event.target instanceof Element && event.target.closest(".mm-slider")) draw(Number(event.target.value));
  });

  /* ---- what the server replies ---- */

  const replies = {
    heat: warm,
    answer: (reply) => {
      const root = current();
      const entry = root && root.dataset.id === reply.id && all(root, ".mm-answer.pending").pop();
      if (!entry) return;
      if (reply.done) entry.classList.remove("pending");
      entry.classList.toggle("failed", Boolean(reply.error));
      entry.querySelector(".mm-a").textContent = reply.error || reply.text || "…";
    },
    delta: (reply) => {
      const log = document.querySelector("#mm-chat-log .mm-log");
      const last = log && all(log, ".mm-turn.assistant .mm-said bdi").pop();
      if (!last) return;
      last.textContent = reply.text;
      log.scrollTop = log.scrollHeight;
    },
    failed: (reply) => { document.querySelector("#mm-chat-alert .mm-page").replaceChildren(make("p", "mm-fail", reply.error)); },
    redaction: (reply) => {
      const root = current();
      for (const node of root ? all(root, "[data-do=redact]") : []) node.disabled = false;
      if (!reply.error) save(reply.name, reply.data, "image/png");
      tell(reply.error || reply.text);
    },
    correction: (reply) => {
      const form = document.querySelector("form[data-do=correct]");
      if (!form) return;
      form.querySelector("button").disabled = false;
      const place = form.querySelector(".mm-told");
      place.textContent = reply.error || reply.text;
      place.classList.toggle("failed", Boolean(reply.error));
    },
    download: (reply) => save(reply.name, reply.data, reply.type),
  };
  function reply(value) {
    if (!value) return;
    const message = JSON.parse(value);
    if (replies[message.kind]) replies[message.kind](message);
  }

  window.mmgpt = { open, talk, paint, reply };
  document.documentElement.lang = "en";
})();
