// A session's report, as the program writes it.

import { download, get } from "./api.js";
import { complain, fill, h } from "./dom.js";

/** @param {HTMLElement} view @param {string} id */
export async function show(view, id) {
  const { html } = await get(`/sessions/${id}/report`);
  const body = h("article", { class: "report", id_: "report" });
  // The program has escaped every word of it, and the page's policy runs no script that is not a file of its own.
  body.innerHTML = html;
  const save = (kind) => h("button", { type: "button", class: "quiet", onclick: () => download(`/sessions/${id}/report.${kind}`, `pushback-${id}.${kind}`).catch(complain) }, kind.toUpperCase());
  fill(
    view,
    h(
      "div",
      { class: "tools screen-only" },
      h("a", { href: `#/s/${id}` }, "Back to the conversation"),
      h("span", { class: "label" }, "Save as"),
      ["html", "md", "json", "csv"].map(save),
      h("button", { type: "button", class: "quiet", onclick: () => print() }, "Print"),
    ),
    body,
  );
}
