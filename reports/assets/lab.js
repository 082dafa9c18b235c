"use strict";
// The lab in this file: a link to it opens the lab's page in a frame, on the state that the link holds.
(function (S) {
  const el = S.el;
  const source = document.getElementById("lab");
  let page = null, dialog = null;

  // The lab is unpacked when it is first asked for. `html/mod.rs` wrote U+E000 for each `<` of it.
  const address = () => {
    page = page || URL.createObjectURL(new Blob([source.textContent.replaceAll("\ue000", "<")], { type: "text/html" }));
    return page;
  };

  const closed = () => {
    dialog.remove();
    dialog = null;
    // The place of the reader stays, so the address alone is changed.
    if (location.hash.startsWith("#lab=")) history.replaceState(null, "", location.pathname + location.search);
  };

  const show = () => {
    if (!location.hash.startsWith("#lab=")) { if (dialog) dialog.close(); return; }
    const url = address() + "#s=" + location.hash.slice(5);
    if (dialog) { dialog.querySelector("iframe").src = url; return; }
    // The name tells the lab where a link to its session must lead.
    const frame = el("iframe", { src: url, title: "The lab", allow: "clipboard-write", name: location.href.split("#")[0] });
    dialog = el("dialog", { class: "lab-frame", "aria-label": "The lab" },
      el("p", { class: "lab-bar" }, el("span", {}, "The lab, at the state of this report."), el("button", { type: "button", id: "close-lab", onclick: () => dialog.close() }, "Back to the report")),
      frame);
    dialog.addEventListener("close", closed);
    document.body.append(dialog);
    dialog.showModal();
  };

  addEventListener("hashchange", show);
  show();
})(Seatrial);
