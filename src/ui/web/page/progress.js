// How the figures move from session to session.

import { get } from "./api.js";
import { fill, h } from "./dom.js";
import { written } from "./report.js";

/** @param {HTMLElement} view */
export async function show(view) {
  const { html } = await get("/progress");
  fill(view, h("h1", {}, "Progress"), written("progress", html));
}
