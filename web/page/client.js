"use strict";
// The page's side of the simulator: questions and promises. A line that takes too long is interrupted by ending the
// worker; the session is then a function of its lines, so they are said again in a new one.
(function (L) {
  let post = null, worker = null, module = null, next = 0;
  let waiting = new Map();

  const receive = (message) => {
    const asked = waiting.get(message.id);
    if (!asked) return;
    waiting.delete(message.id);
    if (message.broken !== undefined) asked.no(Object.assign(new Error(message.broken), { broken: true }));
    else asked.yes(message);
  };

  const send = (message, transfer) => new Promise((yes, no) => {
    const id = ++next;
    waiting.set(id, { yes, no });
    post({ ...message, id }, transfer || []);
  });

  const inPage = () => {
    // A script from a text is what the policy forbids, so the same source stands in the page for this case.
    const engine = seatrialEngine((message) => setTimeout(() => receive(message)));
    post = (message) => { engine(message); };
  };

  const inWorker = () => {
    const source = [seatrialBytes, seatrialUnpack, seatrialEngine].join("\n") + "\nconst answer = seatrialEngine((m) => postMessage(m)); onmessage = (e) => answer(e.data);";
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    worker = new Worker(url);
    worker.onmessage = (event) => receive(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      for (const asked of waiting.values()) asked.no(Object.assign(new Error(event.message || "the worker did not start"), { broken: true }));
      waiting.clear();
    };
    post = (message, transfer) => worker.postMessage(message, transfer);
  };

  // With real nodes the page asks the program that served it; there is no simulator and nothing to interrupt.
  L.real = document.querySelector("meta[name=seatrial-nodes]") !== null;

  const askProgram = async (question) => {
    let answer;
    try {
      answer = await fetch(location.pathname, { method: "POST", body: question });
    } catch (error) {
      throw new Error("“seatrial lab” does not answer: it has ended, and its nodes are gone");
    }
    return answer.text();
  };

  // A worker takes a moment to begin, which the page has before the program is there.
  try {
    if (!L.real) inWorker();
  } catch (error) {
    // `start` says what that means.
    worker = null;
  }

  // Starts the simulator: in a worker, or in the page where there are none.
  L.start = async () => {
    if (L.real) return;
    const program = module ? { module } : { program: document.getElementById("program").textContent, size: L.contents.size };
    try {
      if (L.noWorkers) throw new Error("no workers");
      if (!worker) inWorker();
      module = (await send({ start: program })).module;
    } catch (error) {
      if (worker) worker.terminate();
      worker = null;
      waiting.clear();
      inPage();
      module = (await send({ start: program })).module;
      if (!L.noWorkers) L.notice("This browser gives the page no worker, so a long line makes the page wait and cannot be interrupted.", "warn");
      L.noWorkers = true;
    }
  };

  L.canInterrupt = () => worker !== null;

  // Ends the simulator, whatever it does. The next `start` begins a new one with nothing in it.
  L.stop = () => {
    if (worker) worker.terminate();
    worker = null;
    for (const asked of waiting.values()) asked.no(Object.assign(new Error("interrupted"), { interrupted: true }));
    waiting = new Map();
  };

  // JSON has no 64-bit numbers in JavaScript: a seed is written as its digits.
  const written = (question) => {
    const { seed, ...rest } = question;
    const text = JSON.stringify(rest);
    return seed === undefined ? text : text.slice(0, -1) + ",\"seed\":" + String(seed) + "}";
  };

  L.ask = async (question, file) => {
    const message = { question: written(question) };
    if (file) message.file = file;
    const text = L.real ? await askProgram(message.question) : (await send(message, file ? [file.buffer] : [])).text;
    const answer = JSON.parse(text);
    if (answer && answer.error !== undefined) throw new Error(answer.error);
    return answer;
  };
})(Lab);
