"use strict";
// Words of the glossary as links, and the small marks of the lesson texts: `code`, *word*, [text](link).
const Lab = {};

(function (L, S) {
  const el = S.el;
  L.el = el;
  L.contents = JSON.parse(document.getElementById("contents").textContent);

  // Colours of the terminal's text, as classes.
  const STYLES = { 1: "t-bold", 2: "t-dim", 31: "t-red", 32: "t-green", 33: "t-yellow", 36: "t-cyan" };
  L.ansi = (text) => {
    const seen = new Set();
    const out = [];
    let style = "";
    text.split(/\u001b\[([0-9;]*)m/).forEach((part, i) => {
      if (i % 2) {
        const code = part.split(";")[0];
        style = STYLES[code] || "";
      } else if (part) {
        out.push(style ? el("span", { class: style }, L.linked(part, seen)) : L.linked(part, seen));
      }
    });
    return out.flat();
  };

  // The words that become links in running text. Short common words of the glossary stay plain.
  let pattern = null, byWord = new Map();
  const PLAIN = new Set(["node", "state", "row", "rest", "run", "step", "check", "claim", "verdict", "finding", "real"]);
  L.setWords = (words) => {
    byWord = new Map(words.map((entry) => [entry.word.toLowerCase(), entry]));
    const names = words.map((entry) => entry.word).filter((word) => !PLAIN.has(word.toLowerCase()));
    names.sort((a, b) => b.length - a.length);
    const escaped = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    pattern = new RegExp("(?<![\\w.-])(" + escaped.join("|") + ")(?![\\w-])", "gi");
  };
  L.wordOf = (word) => byWord.get(word.toLowerCase());

  L.word = (entry, shown) => el("button", { type: "button", class: "word", onclick: () => L.showWord(entry) }, shown || entry.word);
  L.showWord = (entry) => L.dialog(entry.word, [el("p", {}, ...L.marked(entry.meaning))]);

  // A text with its glossary words as links, each word once: `seen` has those before it. A link adds no width, so
  // that terminal output keeps its columns.
  L.linked = (text, seen = new Set()) => {
    if (!pattern) return [text];
    const out = [];
    let last = 0;
    for (const match of text.matchAll(pattern)) {
      const entry = L.wordOf(match[1]);
      if (!entry || seen.has(entry)) continue;
      seen.add(entry);
      out.push(text.slice(last, match.index), L.word(entry, match[1]));
      last = match.index + match[1].length;
    }
    out.push(text.slice(last));
    return out;
  };

  L.marked = (text) => {
    const seen = new Set();
    const out = [];
    const marks = /\x60([^\x60]+)\x60|\*([^*]+)\*|\[([^\]]+)\]\(([^)]*)\)/g;
    let last = 0;
    for (const match of text.matchAll(marks)) {
      out.push(...L.linked(text.slice(last, match.index), seen));
      if (match[1]) out.push(el("code", {}, match[1]));
      else if (match[2]) {
        const entry = L.wordOf(match[2]);
        out.push(entry ? L.word(entry, match[2]) : el("em", {}, match[2]));
      } else {
        const lesson = /^(\d)-.*\.md/.exec(match[4] || "");
        out.push(lesson
          ? el("button", { type: "button", class: "word", onclick: () => L.openLesson(Number(lesson[1])) }, match[3])
          : match[3]);
      }
      last = match.index + match[0].length;
    }
    out.push(...L.linked(text.slice(last), seen));
    return out;
  };

  // A dialog with a title, closed by Escape, its button, or a click outside of it.
  L.dialog = (title, content, more) => {
    const dialog = document.getElementById("dialog");
    const close = () => dialog.close();
    dialog.className = (more && more.class) || "";
    dialog.replaceChildren(
      el("div", { class: "dialog-head" }, el("h2", { id: "dialog-title" }, title),
        el("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: close }, "✕")),
      el("div", { class: "dialog-body" }, content));
    dialog.onclick = (event) => { if (event.target === dialog) close(); };
    if (!dialog.open) dialog.showModal();
    return dialog;
  };

  // A sentence at the top of the page, which stays until it is closed.
  L.notice = (text, tone) => {
    const notice = el("p", { class: "notice " + (tone || "") }, el("span", {}, text),
      el("button", { type: "button", class: "quiet", "aria-label": "Close this notice", onclick: () => notice.remove() }, "✕"));
    document.getElementById("notices").append(notice);
    return notice;
  };

  L.plural = (count, one, many) => count + " " + (count === 1 ? one : many || one + "s");
  L.list = (names) => names.length < 2 ? names.join("") : names.slice(0, -1).join(", ") + " and " + names[names.length - 1];
  L.clock = (ms) => {
    const seconds = Math.floor(ms / 1000);
    const pad = (n) => String(n).padStart(2, "0");
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    return h ? h + ":" + pad(m) + ":" + pad(s) : m + ":" + pad(s);
  };
  L.button = (label, onclick, more) => el("button", Object.assign({ type: "button", onclick }, more), label);
})(Lab, Seatrial);
