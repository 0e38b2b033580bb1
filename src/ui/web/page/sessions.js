// The sessions on this computer.

import { get } from "./api.js";
import { complain, fill, h } from "./dom.js";
import { count, when } from "./text.js";

/** Pause after a key before the program is asked, in ms. */
const TYPING = 150;

/** @param {HTMLElement} view */
export async function show(view) {
  const field = h("input", { type: "search", id: "search", id_: "search", autocomplete: "off" });
  const list = h("ol", { class: "sessions", role: "list" });
  const told = h("p", { class: "label", role: "status" });
  let wait;
  let asked = 0;
  const draw = async () => {
    asked += 1;
    const mine = asked;
    try {
      const found = await get(`/sessions?q=${encodeURIComponent(field.value.trim())}`);
      if (mine !== asked) return; // an older search that was slower
      fill(list, found.map(row));
      fill(told, found.length > 0 ? count(found.length, "session", "sessions") : field.value ? "Nothing found." : ["No sessions yet. ", h("a", { href: "#/" }, "Choose a client.")]);
    } catch (fault) {
      complain(fault);
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(draw, TYPING);
  });
  fill(view, h("h1", {}, "Sessions"), h("p", { class: "filters" }, h("label", { for: "search" }, "Search what was said"), field), told, list);
  await draw();
}

function row({ id, name, persona, replies, ended, exam, preview, started }) {
  const who = name ?? persona;
  const open = ended ? "" : " · open";
  return h(
    "li",
    { id_: `session-${id}` },
    h("h2", {}, h("a", { href: `#/s/${id}` }, who), h("span", { class: "label" }, ` ${when(started)} · ${count(replies, "reply", "replies")}${open}${exam ? " · exam" : ""}`)),
    preview && h("p", { class: "preview" }, preview),
    h(
      "p",
      { class: "tools" },
      h("a", { href: `#/s/${id}` }, ended ? "Read" : "Go on", unseen(` session ${id}, ${who}`)),
      (ended || !exam) && h("a", { href: `#/r/${id}` }, "Report", unseen(` of session ${id}, ${who}`)),
    ),
  );
}

const unseen = (text) => h("span", { class: "unseen" }, text);
