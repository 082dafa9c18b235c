"use strict";
// What the browser keeps: the progress of lessons and missions. Storage may be full or forbidden; the page then says
// so once and goes on without it.
(function (L) {
  const KEY = "seatrial-lab";
  const EMPTY = { format: 1, lessons: {}, missions: null, seen: false };
  let told = false, memory = { ...EMPTY };

  const cannot = () => {
    if (told) return;
    told = true;
    L.notice("This browser keeps nothing for this page, so your progress ends with the tab. “Progress” can save it as a file.", "warn");
  };

  // A value from outside is taken apart and checked, whoever wrote it.
  L.readProgress = (text) => {
    const value = JSON.parse(text);
    if (!value || typeof value !== "object" || value.format !== 1) throw new Error("this is not a file of the lab's progress");
    const lessons = {};
    for (const [number, done] of Object.entries(value.lessons || {})) if (/^\d$/.test(number) && Number.isInteger(done)) lessons[number] = done;
    return { format: 1, lessons, missions: value.missions || null, seen: value.seen === true };
  };

  L.progress = () => {
    try {
      const text = localStorage.getItem(KEY);
      if (text) memory = L.readProgress(text);
    } catch (error) {
      // Nothing is lost yet: `keep` says so when there is something to keep.
    }
    return memory;
  };

  L.keep = (change) => {
    memory = { ...L.progress(), ...change };
    try {
      localStorage.setItem(KEY, JSON.stringify(memory));
    } catch (error) {
      cannot();
    }
  };

  L.forget = () => {
    memory = { ...EMPTY, seen: true };
    try {
      localStorage.setItem(KEY, JSON.stringify(memory));
    } catch (error) {
      cannot();
    }
  };

  // Offers a text as a file.
  L.download = (name, text, type) => {
    const url = URL.createObjectURL(new Blob([text], { type: type || "text/plain" }));
    const link = L.el("a", { href: url, download: name.split(/[\\/]/).pop() || "seatrial.txt" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
})(Lab);
