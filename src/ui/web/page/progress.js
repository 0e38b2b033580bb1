// How the figures move from session to session.

import { get } from "./api.js";
import { fill, h } from "./dom.js";

/** @param {HTMLElement} view */
export async function show(view) {
  const { html } = await get("/progress");
  const body = h("article", { class: "report", id_: "progress" });
  // As in report.js: escaped by the program.
  body.innerHTML = html;
  fill(view, body);
}
