// The sessions on this computer.

import { get } from "./api.js";
import { complain, fill, h } from "./dom.js";

/** @param {HTMLElement} view */
export async function show(view) {
  const field = h("input", { type: "search", id: "search", id_: "search", autocomplete: "off" });
  const list = h("ol", { class: "sessions" });
  const count = h("p", { class: "label", role: "status" });
  let wait;
  let asked = 0;
  const draw = async () => {
    asked += 1;
    const mine = asked;
    try {
      const found = await get(`/sessions?q=${encodeURIComponent(field.value.trim())}`);
      if (mine !== asked) return; // an older search that was slower
      fill(list, found.map(row));
      fill(count, found.length === 0 ? (field.value ? "Nothing found." : "No sessions yet.") : `${found.length} ${found.length === 1 ? "session" : "sessions"}`);
    } catch (fault) {
      complain(fault);
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(draw, 150);
  });
  fill(view, h("h1", {}, "Sessions"), h("p", { class: "filters" }, h("label", { for: "search" }, "Search what was said"), field), count, list);
  await draw();
}

function row(session) {
  const { id, name, persona, replies, ended, exam, preview, started } = session;
  return h(
    "li",
    { id_: `session-${id}` },
    h("div", {}, h("b", {}, name ?? persona), h("span", { class: "label" }, ` ${started} UTC · ${replies} ${replies === 1 ? "reply" : "replies"}${ended ? "" : " · open"}${exam ? " · exam" : ""}`)),
    preview && h("p", {}, preview),
    h(
      "p",
      { class: "tools" },
      h("a", { href: `#/s/${id}`, "aria-label": `${ended ? "Look at" : "Go on with"} session ${id}, ${name ?? persona}` }, ended ? "Look at it" : "Go on"),
      h("a", { href: `#/r/${id}`, "aria-label": `Report of session ${id}, ${name ?? persona}` }, "Report"),
    ),
  );
}
