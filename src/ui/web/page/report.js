// A session's report, as the program writes it.

import { download, get } from "./api.js";
import { complain, fill, h } from "./dom.js";
import { when } from "./text.js";

const KINDS = [
  ["html", "HTML"],
  ["md", "Markdown"],
  ["json", "JSON"],
  ["csv", "CSV"],
];

/** @param {HTMLElement} view @param {string} id */
export async function show(view, id) {
  const { html } = await get(`/sessions/${id}/report`);
  const save = ([kind, name]) => h("button", { type: "button", class: "link", onclick: () => download(`/sessions/${id}/report.${kind}`, `pushback-${id}.${kind}`).catch(complain) }, name);
  fill(
    view,
    h(
      "div",
      { class: "tools screen-only" },
      h("a", { href: `#/s/${id}` }, "Back to the conversation"),
      h("span", { class: "saving" }, h("span", { class: "label" }, "Save as "), KINDS.map(save)),
      h("button", { type: "button", class: "link", onclick: () => print() }, "Print"),
    ),
    h("h1", {}, "Report"),
    written("report", html),
  );
}

/**
 * What the program has written as HTML. It has escaped every word of it, and the page's policy runs no
 * script that is not a file of its own.
 * @param {string} id @param {string} html
 */
export function written(id, html) {
  const body = h("div", { class: "written", id_: id });
  body.innerHTML = html;
  // A file says UTC, since it may be read anywhere; the page knows where it is read.
  for (const time of body.querySelectorAll("time")) time.textContent = when(time.dateTime.replace("Z", ""));
  body.addEventListener("click", (event) => {
    const link = /** @type {HTMLElement|null} */ (/** @type {HTMLElement} */ (event.target).closest("a.pb-goto"));
    if (!link) return;
    // The part of the address behind # is the page's route, so the way to a turn is taken here.
    event.preventDefault();
    const turn = document.getElementById(`pb-turn-${link.dataset.turn}`);
    turn?.scrollIntoView();
    turn?.focus({ preventScroll: true });
  });
  return body;
}
