// Where the trainee writes. Enter sends, Shift-Enter breaks the line, Esc stops the client, Up in an
// empty field goes back to the last line. What is typed survives a reload.

import { composing, h } from "./dom.js";

/** Longest reply that the program takes, in characters. */
const LONGEST = 8000;

/**
 * @param {{session: number, send: (text: string) => Promise<boolean>, stop: () => void, last: () => void}} ways
 */
export function composer(ways) {
  const key = `pushback.draft.${ways.session}`;
  const field = /** @type {HTMLTextAreaElement} */ (
    h("textarea", { id: "composer", id_: "composer", rows: 2, maxlength: LONGEST, placeholder: "What do you say?", "aria-label": "Your reply", "aria-describedby": "keys" })
  );
  field.value = sessionStorage.getItem(key) ?? "";
  const keep = () => {
    if (field.value) sessionStorage.setItem(key, field.value);
    else sessionStorage.removeItem(key);
    grow(field);
  };
  const set = (text) => {
    field.value = text;
    keep();
  };
  const go = async () => {
    const text = field.value;
    if (button.disabled) return;
    if (await ways.send(text)) {
      // Whatever was typed while the program answered stays.
      if (field.value === text) set("");
    }
  };
  const button = h("button", { type: "button", class: "main", id_: "send", onclick: go }, "Say it");
  field.addEventListener("input", keep);
  field.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      go();
    } else if (event.key === "Escape") {
      ways.stop();
    } else if (event.key === "ArrowUp" && field.value === "") {
      event.preventDefault();
      ways.last();
    }
  });
  const box = h("div", { class: "composer" }, field, button);
  requestAnimationFrame(() => grow(field));
  return { box, field, button, set };
}

/** As tall as what is in it, up to a third of the window. */
export function grow(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, innerHeight / 3)}px`;
}

/**
 * A field for words said otherwise; Enter hands them in, Esc closes it.
 * @param {string} text @param {string} label @param {(text: string) => void} done @param {() => void} leave
 */
export function rewording(text, label, done, leave) {
  const field = /** @type {HTMLTextAreaElement} */ (h("textarea", { rows: 2, maxlength: LONGEST, "aria-label": label }));
  field.value = text;
  field.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      done(field.value);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      leave();
    }
  });
  field.addEventListener("input", () => grow(field));
  const box = h(
    "div",
    { class: "rewording" },
    field,
    h("div", { class: "tools" }, h("button", { type: "button", class: "main", onclick: () => done(field.value) }, label), h("button", { type: "button", class: "quiet", onclick: leave }, "Leave it")),
  );
  return { box, field };
}
