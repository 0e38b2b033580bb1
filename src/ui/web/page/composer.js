// Where the trainee writes. Enter sends, Shift-Enter breaks the line, Esc stops the client, Up in an
// empty field goes back to the last line. What is typed survives a reload.

import { composing, h } from "./dom.js";

/** Longest reply that the program takes, in characters. */
const LONGEST = 8000;

/**
 * @param {{session: number|string, send: (text: string) => Promise<boolean>, stop: () => void, last: () => void}} ways
 */
export function composer(ways) {
  const key = `pushback.draft.${ways.session}`;
  const field = h("textarea", { id: "composer", id_: "composer", rows: 2, maxlength: LONGEST, placeholder: "What do you say?", "aria-label": "Your reply", "aria-describedby": "keys", enterkeyhint: "send" });
  field.value = sessionStorage.getItem(key) ?? "";
  let held = false; // the client has the floor
  let sending = false;
  const settle = () => {
    if (field.value) sessionStorage.setItem(key, field.value);
    else sessionStorage.removeItem(key);
    button.disabled = held || sending;
    grow(field);
  };
  const set = (text) => {
    field.value = text;
    settle();
  };
  const go = async () => {
    const text = field.value;
    // Silence is chosen with a button of its own, not by a slip on the Enter key.
    if (held || sending || text.trim() === "") return;
    sending = true;
    settle();
    try {
      if (await ways.send(text)) clear(text);
    } finally {
      sending = false;
      settle();
    }
  };
  /** Empties the field of what was sent; what was typed meanwhile stays. */
  const clear = (sent) => {
    if (field.value === sent) set("");
  };
  /** Puts `text` in, unless something is being typed. */
  const offer = (text) => {
    const free = field.value.trim() === "";
    if (free) set(text);
    return free;
  };
  /** Whether the trainee has to wait for `name`, who may be speaking; they may type meanwhile. */
  const hold = (on, name, speaking = false) => {
    held = on;
    field.placeholder = on ? `${name} has the floor` : "What do you say?";
    if (speaking) button.replaceWith(stop);
    else stop.replaceWith(button);
    settle();
  };
  const button = h("button", { type: "button", class: "main", id_: "send", onclick: go }, "Say it");
  const stop = h("button", { type: "button", class: "quiet", id_: "stop", onclick: ways.stop }, "Stop them");
  field.addEventListener("input", settle);
  field.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      go();
    } else if (event.key === "ArrowUp" && field.value === "") {
      event.preventDefault();
      ways.last();
    }
  });
  const box = h("div", { class: "composer" }, field, button);
  requestAnimationFrame(() => grow(field));
  return { box, field, set, clear, offer, hold };
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
  const field = h("textarea", { rows: 2, maxlength: LONGEST, "aria-label": "Your line, said otherwise", id_: "rewording" });
  field.value = text;
  const hand = () => field.value.trim() && done(field.value);
  field.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      hand();
    } else if (event.key === "Escape") {
      event.preventDefault();
      leave();
    }
  });
  field.addEventListener("input", () => grow(field));
  requestAnimationFrame(() => grow(field));
  const box = h(
    "div",
    { class: "rewording" },
    field,
    h("div", { class: "tools" }, h("button", { type: "button", class: "main", onclick: hand }, label), h("button", { type: "button", class: "quiet", onclick: leave }, "Leave it")),
  );
  return { box, field };
}
