"use strict";
// What the report carries, and how a run is unpacked. The writer is reports/src/html/player.rs.
(function (S) {
  S.index = JSON.parse(document.getElementById("index").textContent);
  S.rules = new Map(S.index.rules.map((rule) => [rule.id, rule]));

  const inflate = async (base64) => {
    const binary = atob(base64);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Response(stream).json();
  };

  // The texts that several runs have are kept once; a run names them by their places.
  const texts = inflate(document.getElementById("texts").textContent);

  const unpack = (data, common) => {
    data.strings = data.strings.map((text) => (typeof text === "number" ? common[text] : text));
    return S.unpack(data);
  };

  const opened = new Map();
  // The run with this link ("scenario/engine/seed"), unpacked; null if the page does not carry it.
  S.open = (link) => {
    if (!opened.has(link)) {
      const number = S.index.runs.findIndex((run) => run.join("/") === link);
      if (number < 0) return Promise.resolve(null);
      const base64 = document.getElementById("run-" + number).textContent;
      opened.set(link, Promise.all([inflate(base64), texts]).then(([data, common]) => unpack(data, common)));
    }
    return opened.get(link);
  };

  S.linkOf = (run) => run.join("/");
})(Seatrial);
