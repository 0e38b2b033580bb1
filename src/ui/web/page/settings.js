// What this browser remembers of how somebody likes the page. Nothing of what was said is kept here.

import { at } from "./dom.js";

/** @typedef {"live" | "folded" | "end"} Feedback */

function read(key, fallback) {
  try {
    return localStorage.getItem(`pushback.${key}`) ?? fallback;
  } catch {
    return fallback;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(`pushback.${key}`, value);
  } catch {
    // A browser that keeps nothing still shows the page.
  }
}

/** @returns {Feedback} */
export const feedback = () => /** @type {Feedback} */ (read("feedback", "live"));
export const setFeedback = (mode) => write("feedback", mode);

/** Whether the dial shows, for hard clients and for others: `yes`, `no`, or `auto`. @param {boolean} hard */
export const dial = (hard) => read(hard ? "dial.hard" : "dial", "auto");
export const setDial = (hard, choice) => write(hard ? "dial.hard" : "dial", choice);

/** Takes the theme over, and follows the select in the page's head. */
export function theme() {
  const select = /** @type {HTMLSelectElement} */ (at("theme"));
  const apply = () => {
    if (select.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = select.value;
  };
  select.value = read("theme", "auto");
  if (select.value === "") select.value = "auto";
  apply();
  select.addEventListener("change", () => {
    write("theme", select.value);
    apply();
  });
}
