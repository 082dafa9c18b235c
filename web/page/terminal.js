"use strict";
// The terminal: one prompt for the lab and one for each node, history, completion, Ctrl-C.
(function (L) {
  const el = L.el;
  // More lines on the screen cost time and nobody reads them.
  const ENTRIES_MAX = 400;
  const parts = {};
  const typed = [];
  let place = 0, seat = "lab", options = [], chosen = -1, completing = 0, tried = null;

  const nodeOf = (line) => {
    const found = /^([A-Za-z0-9,-]+)\$/.exec(line);
    return found ? found[1] : null;
  };

  const concerns = (line) => {
    const nodes = nodeOf(line);
    if (seat === "lab") return true;
    return nodes !== null && (nodes === "all" || nodes.split(",").includes(seat));
  };

  // An entry of the log: the line and what it led to.
  L.terminal = {
    write: (prompt, line, text, refused) => {
      const entry = el("div", { class: "entry" + (refused ? " refused" : "") });
      entry.dataset.line = line || "";
      if (line) entry.append(el("p", { class: "said" }, el("span", { class: "prompt" }, prompt), el("b", {}, line)));
      if (text) entry.append(el("pre", {}, ...L.ansi(text.replace(/\n$/, ""))));
      entry.hidden = line ? !concerns(line) : false;
      parts.log.append(entry);
      while (parts.log.children.length > ENTRIES_MAX) parts.log.firstChild.remove();
      parts.log.scrollTop = parts.log.scrollHeight;
      return entry;
    },
    clear: () => parts.log.replaceChildren(),
    prompt: (text) => {
      parts.time = text;
      parts.prompt.textContent = seat === "lab" ? text : seat + "$ ";
    },
    busy: (on) => {
      parts.form.classList.toggle("busy", on);
      parts.stop.hidden = !on || !L.canInterrupt();
    },
    seats: (nodes) => {
      if (!nodes.includes(seat)) seat = "lab";
      parts.seats.replaceChildren(...["lab", ...nodes].map((name) => el("button", {
        type: "button", class: "seat", "aria-pressed": name === seat ? "true" : "false",
        onclick: () => { take(name, nodes); parts.line.focus(); },
      }, name === "lab" ? "Lab" : "Node " + name)));
    },
    focus: () => parts.line.focus({ preventScroll: true }),
    remember: (line) => {
      if (typed[typed.length - 1] !== line) typed.push(line);
      place = typed.length;
    },
    put: (text) => {
      take("lab", L.scene.nodes.map((node) => node.name));
      parts.line.value = text;
      parts.line.focus();
    },
  };

  const take = (name, nodes) => {
    seat = name;
    L.terminal.seats(nodes);
    L.terminal.prompt(parts.time || "");
    for (const entry of parts.log.children) entry.hidden = entry.dataset.line ? !concerns(entry.dataset.line) : false;
    parts.log.scrollTop = parts.log.scrollHeight;
    close();
  };

  // The line as the lab reads it: at a node's prompt it runs on that node.
  const whole = (text) => (seat === "lab" || !text.trim() ? text : seat + "$ " + text);

  const close = () => {
    options = [];
    chosen = -1;
    parts.list.hidden = true;
    parts.line.setAttribute("aria-expanded", "false");
    parts.line.removeAttribute("aria-activedescendant");
  };

  const choose = (number) => {
    chosen = (number + options.length) % options.length;
    [...parts.list.children].forEach((item, i) => item.setAttribute("aria-selected", i === chosen ? "true" : "false"));
    parts.line.setAttribute("aria-activedescendant", "option-" + chosen);
    parts.list.children[chosen].scrollIntoView({ block: "nearest" });
  };

  const accept = (number) => {
    tried = null;
    parts.line.value = options[number].whole + " ";
    close();
    parts.line.focus();
  };

  const complete = async () => {
    const before = seat === "lab" ? "" : seat + "$ ";
    const text = parts.line.value;
    const asked = ++completing;
    const found = await L.ask({ ask: "complete", line: before + text }).catch(() => null);
    if (!found || asked !== completing) return;
    // The lab counts bytes, the page letters: a line that completes is of ASCII before its last word.
    const head = (before + text).slice(0, found.start).slice(before.length);
    options = found.words.slice(0, 60).map((word) => ({ word, whole: head + word }));
    if (options.length === 1) return accept(0);
    if (!options.length) return close();
    parts.list.replaceChildren(...options.map((option, i) => el("li", { role: "option", id: "option-" + i, "aria-selected": "false",
      onmousedown: (event) => { event.preventDefault(); accept(i); } }, option.word)));
    parts.list.hidden = false;
    parts.line.setAttribute("aria-expanded", "true");
    choose(0);
  };

  const onKey = (event) => {
    const open = !parts.list.hidden;
    // A second Tab on a line that nothing completes goes on to the next element, as everywhere else.
    if (event.key === "Tab" && !event.shiftKey && (open || (parts.line.value.trim() && parts.line.value !== tried))) {
      event.preventDefault();
      if (open) choose(chosen + 1);
      else { tried = parts.line.value; complete(); }
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      accept(chosen);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const by = event.key === "ArrowDown" ? 1 : -1;
      if (open) return choose(chosen + by);
      place = Math.min(Math.max(place + by, 0), typed.length);
      parts.line.value = typed[place] === undefined ? "" : typed[place];
    } else if (event.key === "c" && event.ctrlKey && parts.line.selectionStart === parts.line.selectionEnd) {
      event.preventDefault();
      if (L.busy) L.interrupt(); else { parts.line.value = ""; close(); }
    } else if (event.key === "l" && event.ctrlKey) {
      event.preventDefault();
      L.terminal.clear();
    }
  };

  L.terminal.build = () => {
    parts.seats = el("div", { class: "seats", role: "group", "aria-label": "Where you type" });
    parts.log = el("div", { class: "log", role: "log", tabindex: "0", "aria-label": "Terminal" });
    parts.prompt = el("span", { class: "prompt", id: "prompt" });
    parts.list = el("ul", { class: "completions", role: "listbox", id: "completions", "aria-label": "Completions", hidden: true });
    parts.line = el("input", { id: "line", type: "text", autocomplete: "off", autocapitalize: "off", autocorrect: "off", spellcheck: "false", maxlength: "4096",
      enterkeyhint: "send", role: "combobox", "aria-expanded": "false", "aria-controls": "completions", "aria-autocomplete": "list", "aria-label": "Line to type", placeholder: "type a line, or click a node" });
    parts.line.addEventListener("keydown", onKey);
    parts.line.addEventListener("input", () => { completing++; close(); });
    parts.line.addEventListener("blur", close);
    parts.stop = el("button", { type: "button", class: "stop", hidden: true, onclick: () => L.interrupt() }, "Stop (Ctrl-C)");
    parts.form = el("form", { class: "line", autocomplete: "off", onsubmit: (event) => {
      event.preventDefault();
      const line = whole(parts.line.value);
      if (!line.trim() || L.busy) return;
      L.terminal.remember(parts.line.value);
      parts.line.value = "";
      close();
      L.type(line);
    } }, parts.list, parts.prompt, parts.line, parts.stop);
    parts.log.addEventListener("click", () => { if (!String(getSelection())) parts.line.focus({ preventScroll: true }); });
    document.getElementById("terminal").replaceChildren(parts.seats, parts.log, parts.form);
  };
})(Lab);
