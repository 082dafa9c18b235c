"use strict";
// The address holds the session: its lines, deflated. The simulator is deterministic, so the lines are the state.
(function (L) {
  const LONGEST = 60000;
  const LINES_MAX = 3000;

  // Without these streams the page works, and has no links.
  L.canLink = typeof DecompressionStream === "function" && typeof CompressionStream === "function";

  const toBase64 = (bytes) => {
    let binary = "";
    for (let i = 0; i < bytes.length; i += 4096) binary += String.fromCharCode(...bytes.subarray(i, i + 4096));
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const fromBase64 = (text) => {
    const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(binary, (c) => c.charCodeAt(0));
  };
  const through = async (bytes, transform) =>
    new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(transform)).arrayBuffer());

  // Reads at most so many bytes: a small link can unpack to gigabytes.
  const unpacked = async (bytes, limit) => {
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    const parts = [];
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > limit) {
        await reader.cancel();
        throw new Error("it unpacks to more than a session can be");
      }
      parts.push(value);
    }
    return new Blob(parts).text();
  };

  // The fragment of a session, or null if it is too long for an address.
  L.fragment = async (session) => {
    if (!L.canLink) return null;
    const short = { v: session.version, l: session.lines };
    if (session.opening) short.o = session.opening;
    if (session.seed !== "1") short.s = session.seed;
    if (session.missions.length) short.m = session.missions;
    if (session.hash) short.h = session.hash;
    const bytes = await through(new TextEncoder().encode(JSON.stringify(short)), new CompressionStream("deflate-raw"));
    const text = "s=" + toBase64(bytes);
    return text.length > LONGEST ? null : text;
  };

  // The session of a fragment. It throws an error with a sentence where the link is damaged.
  L.sessionOf = async (fragment) => {
    let short;
    try {
      short = JSON.parse(await unpacked(fromBase64(fragment.slice(2)), 4_000_000));
    } catch (error) {
      throw new Error("This link is damaged or was cut off: the session in it cannot be read.");
    }
    const texts = (list) => Array.isArray(list) && list.every((text) => typeof text === "string");
    const good = short && typeof short === "object" && typeof short.v === "string" && texts(short.l) &&
      short.l.length <= LINES_MAX && (short.o === undefined || typeof short.o === "string") &&
      (short.s === undefined || /^\d{1,20}$/.test(short.s)) && (short.m === undefined || texts(short.m));
    if (!good) throw new Error("This link is damaged: what it holds is not a session of the lab.");
    return { version: short.v, lines: short.l, opening: short.o || "", seed: short.s || "1", missions: short.m || [], hash: short.h || null };
  };
})(Lab);
