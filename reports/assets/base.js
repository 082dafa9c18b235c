"use strict";
// What the player's scripts share with the lab's page: safe elements, clocks, and how a run is read.
const Seatrial = {};

(function (S) {
  // The kinds of events, as Code in player.rs has them.
  S.STEP = 0; S.CHECK = 1; S.FAULT = 2; S.REQUEST = 3; S.ENDED = 4; S.LINK_UP = 5; S.LINK_DOWN = 6;
  S.LOG = 7; S.DISK = 8; S.PROCESS = 9; S.NOTE = 10; S.STATE = 11; S.CUTS = 12; S.QUORUM = 13;
  S.REUNION = 14;

  // Control characters and marks that turn the direction of writing are shown, never obeyed: the same
  // as visible() in escape.rs.
  const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
  S.visible = (text) =>
    String(text).replace(HIDDEN, (c) => {
      const code = c.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      if (code === 0x7f) return "\u2421";
      return "\\u{" + code.toString(16) + "}";
    });

  // The only way in which this program makes elements: every text becomes a text node.
  S.el = (name, attributes, ...children) => {
    const svg = name.startsWith("svg:");
    const element = svg
      ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4))
      : document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else element.setAttribute(key, value === true ? "" : S.visible(value));
    }
    for (const child of children.flat()) {
      if (child === null || child === undefined || child === false) continue;
      element.append(child instanceof Node ? child : S.visible(child));
    }
    return element;
  };

  // Puts a run into objects. `data` is what player.rs writes, with all its texts in it. Times count from `origin`,
  // in microseconds; what happened before it has led to the state at 0.
  S.unpack = (data, origin = 0) => {
    let t = -origin;
    data.events = data.events.map(([delta, code, node, ...args]) => ({ t: Math.max(0, (t += delta)), code, node, args }));
    t = -origin;
    const [deltas, took, from, to, frames] = data.messages;
    const messages = deltas.map((delta, i) => {
      t += delta;
      return { t, arrives: took[i] < 0 ? null : t + took[i], from: from[i], to: to[i], frame: frames[i] };
    });
    data.messages = messages.filter((message) => message.t >= 0);
    data.end = Math.max(0, data.end - origin);
    data.text = (place) => (place < 0 ? null : data.strings[place]);
    return S.model(data);
  };

  // 83.412 s as people read it.
  S.clock = (us) => {
    const ms = Math.floor(us / 1000);
    const minutes = Math.floor(ms / 60000);
    const rest = ((ms % 60000) / 1000).toFixed(3).padStart(6, "0");
    return minutes + ":" + rest;
  };

  // The last place in a list sorted by t that is not after t; -1 if there is none.
  S.lastAt = (list, t) => {
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle].t <= t) low = middle + 1; else high = middle;
    }
    return low - 1;
  };
})(Seatrial);
