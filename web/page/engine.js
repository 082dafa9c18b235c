"use strict";
// Runs the simulator in a worker, or in the page itself where there are no workers. It is a function of its
// messages: the same questions in the same order get the same answers.
function seatrialEngine(post) {
  let exports = null, panicked = "";
  const encoder = new TextEncoder(), decoder = new TextDecoder();

  const start = async ({ program, size, module }) => {
    const compiled = module || (await WebAssembly.compile(seatrialUnpack(seatrialBytes(program), size)));
    const imports = { env: { host_panic: (pointer, length) => {
      panicked = decoder.decode(new Uint8Array(exports.memory.buffer, pointer, length));
    } } };
    exports = (await WebAssembly.instantiate(compiled, imports)).exports;
    exports.begin();
    return compiled;
  };

  // The memory may have grown since the last access, so each access looks at it anew.
  const put = (bytes) => {
    if (!bytes.length) return [0, 0];
    const pointer = exports.give(bytes.length);
    new Uint8Array(exports.memory.buffer).set(bytes, pointer);
    return [pointer, bytes.length];
  };

  const ask = (question, file) => {
    const whole = BigInt.asUintN(64, exports.ask(...put(encoder.encode(question)), ...put(file || new Uint8Array())));
    const pointer = Number(whole >> 32n), length = Number(whole & 0xffffffffn);
    const text = decoder.decode(new Uint8Array(exports.memory.buffer, pointer, length));
    exports.take(pointer, length);
    return text;
  };

  return async (message) => {
    try {
      if (message.start) {
        const compiled = await start(message.start);
        post({ id: message.id, module: compiled });
      } else {
        post({ id: message.id, text: ask(message.question, message.file) });
      }
    } catch (error) {
      // After a panic the program is in an unknown state: the page starts a new one.
      post({ id: message.id, broken: panicked || String((error && error.message) || error) });
      panicked = "";
    }
  };
}
