"use strict";
// Unpacks the program. It is packed with LZMA, a third smaller than what a browser can unpack by itself, and written
// with 7 bits in each letter, an eighth smaller than base64. `assemble.py` is the other side.

// The bytes of the letters. The letters that HTML would change are at 0x80 and above.
function seatrialBytes(text) {
  const bytes = new Uint8Array(Math.floor((text.length * 7) / 8));
  let bits = 0, count = 0, at = 0;
  for (let i = 0; i < text.length; i++) {
    bits = ((bits << 7) | (text.charCodeAt(i) & 0x7f)) & 0x3fff;
    count += 7;
    if (count >= 8) {
      count -= 8;
      bytes[at++] = (bits >> count) & 0xff;
    }
  }
  return bytes;
}

// Decodes a raw LZMA stream (lc = 3, lp = 0, pb = 0) of a known size, after the specification of the LZMA SDK.
function seatrialUnpack(input, size) {
  const LC = 3, STATES = 12, TOP = 0x1000000;
  const out = new Uint8Array(size);
  const fresh = (count) => new Uint16Array(count).fill(1024);
  const literals = fresh(0x300 << LC), isMatch = fresh(STATES), isRep = fresh(STATES), isRep0 = fresh(STATES), isRep1 = fresh(STATES);
  const isRep2 = fresh(STATES), isRep0Long = fresh(STATES), slots = fresh(4 * 64), special = fresh(128), align = fresh(16);
  const lengths = () => ({ choice: fresh(2), low: fresh(8), mid: fresh(8), high: fresh(256) });
  const matchLength = lengths(), repLength = lengths();
  let place = 5, range = -1 >>> 0, code = 0, at = 0, state = 0, rep0 = 0, rep1 = 0, rep2 = 0, rep3 = 0;
  for (let i = 1; i < 5; i++) code = ((code << 8) | input[i]) >>> 0;

  const bit = (table, index) => {
    const probability = table[index];
    const bound = Math.imul(range >>> 11, probability) >>> 0;
    let result;
    if (code < bound) {
      range = bound;
      table[index] = probability + ((2048 - probability) >> 5);
      result = 0;
    } else {
      range = (range - bound) >>> 0;
      code = (code - bound) >>> 0;
      table[index] = probability - (probability >> 5);
      result = 1;
    }
    if (range < TOP) {
      range = (range << 8) >>> 0;
      code = ((code << 8) | input[place++]) >>> 0;
    }
    return result;
  };
  const tree = (table, offset, bits) => {
    let node = 1;
    for (let i = 0; i < bits; i++) node = (node << 1) | bit(table, offset + node);
    return node - (1 << bits);
  };
  const reverse = (table, offset, bits) => {
    let node = 1, value = 0;
    for (let i = 0; i < bits; i++) {
      const one = bit(table, offset + node);
      node = (node << 1) | one;
      value |= one << i;
    }
    return value;
  };
  const direct = (bits) => {
    let value = 0;
    for (let i = 0; i < bits; i++) {
      range >>>= 1;
      const one = code >= range ? 1 : 0;
      if (one) code = (code - range) >>> 0;
      value = (value << 1) | one;
      if (range < TOP) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | input[place++]) >>> 0;
      }
    }
    return value >>> 0;
  };
  const length = (coder) => {
    if (!bit(coder.choice, 0)) return 2 + tree(coder.low, 0, 3);
    if (!bit(coder.choice, 1)) return 10 + tree(coder.mid, 0, 3);
    return 18 + tree(coder.high, 0, 8);
  };
  const distance = (len) => {
    const slot = tree(slots, Math.min(len - 2, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) << bits;
    if (slot < 14) return base + reverse(special, base - slot, bits);
    return base + direct(bits - 4) * 16 + reverse(align, 0, 4);
  };

  while (at < size) {
    if (!bit(isMatch, state)) {
      const offset = 0x300 * ((at ? out[at - 1] : 0) >> (8 - LC));
      let symbol = 1;
      if (state >= 7) {
        let matched = out[at - rep0 - 1];
        while (symbol < 0x100) {
          const wanted = (matched >> 7) & 1;
          matched <<= 1;
          const got = bit(literals, offset + ((1 + wanted) << 8) + symbol);
          symbol = (symbol << 1) | got;
          if (wanted !== got) break;
        }
      }
      while (symbol < 0x100) symbol = (symbol << 1) | bit(literals, offset + symbol);
      out[at++] = symbol & 0xff;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let len;
    if (bit(isRep, state)) {
      if (!bit(isRep0, state)) {
        if (!bit(isRep0Long, state)) {
          state = state < 7 ? 9 : 11;
          out[at] = out[at - rep0 - 1];
          at++;
          continue;
        }
      } else {
        let found;
        if (!bit(isRep1, state)) found = rep1;
        else {
          if (!bit(isRep2, state)) found = rep2;
          else { found = rep3; rep3 = rep2; }
          rep2 = rep1;
        }
        rep1 = rep0;
        rep0 = found;
      }
      len = length(repLength);
      state = state < 7 ? 8 : 11;
    } else {
      rep3 = rep2; rep2 = rep1; rep1 = rep0;
      len = length(matchLength);
      state = state < 7 ? 7 : 10;
      rep0 = distance(len);
    }
    if (rep0 >= at) throw new Error("the program in this page is damaged");
    for (const end = Math.min(at + len, size); at < end; at++) out[at] = out[at - rep0 - 1];
  }
  return out;
}
