// What opens below the conversation: both futures of a moment, a trainer's codes, the session's end.

import { CODES } from "./codes.js";
import { h } from "./dom.js";
import { dial } from "./dial.js";
import { nameOf, namesOf } from "./text.js";

/** Both futures of the newest moment. */
export function futures({ kept, tried }, name, ways) {
  const one = (turn, title, choose, label) =>
    h(
      "section",
      { class: "future" },
      h("h2", {}, title),
      h("p", { class: "you" }, turn.text),
      turn.verdict && h("p", { class: "label" }, `${turn.verdict.band}: ${namesOf(turn.verdict.codes)}`),
      turn.reply && h("p", { class: "them" }, h("span", { class: "who" }, `${name} `), turn.reply.text),
      turn.state && dial(turn.state, null),
      h("button", { type: "button", class: "main", onclick: choose }, label),
    );
  return h(
    "section",
    { class: "panel futures", id_: "futures", "aria-label": "Both futures" },
    h("div", { class: "pair" }, one(kept, "As you said it", ways.keep, "Stay with this"), one(tried, "As you might have", ways.take, "Go on from here")),
  );
}

/** A trainer's codes for the newest reply. */
export function overruling(turn, done, leave) {
  const given = new Set(turn.verdict.codes.map(({ code }) => code));
  const boxes = CODES.map((code) => ({ code, box: h("input", { type: "checkbox", id: `code-${code}`, checked: given.has(code) }), name: nameOf({ code }) }));
  return h(
    "form",
    {
      class: "panel",
      onsubmit: (event) => {
        event.preventDefault();
        done(boxes.filter(({ box }) => box.checked).map(({ code }) => code));
      },
    },
    h("h2", {}, "What was it?"),
    h("p", { class: "label" }, "For trainers: your codes take the place of the judge's, and the client's state follows them. The words stay."),
    h("div", { class: "boxes" }, boxes.map(({ code, box, name }) => h("span", {}, box, h("label", { for: `code-${code}` }, ` ${name}`)))),
    h("div", { class: "tools" }, h("button", { class: "main" }, "Overrule"), h("button", { type: "button", class: "quiet", onclick: leave }, "Leave it")),
  );
}

const share = (value) => (value === null || value === undefined ? "too few to tell" : `${Math.round(value * 100)}%`);
const ratio = (value) => (value === null || value === undefined ? "too few to tell" : value.toFixed(1));

/** A session in figures, briefly; the report has the rest. */
export function summary(figures, session) {
  const enough = figures.replies >= 8;
  const row = (name, value) => [h("dt", {}, name), h("dd", {}, value)];
  return h(
    "section",
    { class: "panel", id_: "summary", tabindex: -1, "aria-label": "The session in figures" },
    h("h2", {}, "That was the session"),
    h(
      "dl",
      { class: "figures" },
      row("Your replies", String(figures.replies)),
      row("After push-back, with them", `${figures.consistent_after_resistance} with them, ${figures.input_after_resistance} telling them${enough ? ` (${share(figures.consistency)})` : ""}`),
      enough ? row("Reflections per question", `${ratio(figures.reflections_to_questions)} (fair 1, good 2)`) : [],
      enough ? row("Complex reflections", `${share(figures.complex_share)} (fair 40%, good 50%)`) : [],
      row("Longest run of arguing", String(figures.longest_arguing)),
      row("Change talk passed over", String(figures.missed.length + (figures.missed_more ?? 0))),
    ),
    !enough && h("p", { class: "label" }, "Ratios say nothing below eight replies."),
    h("p", { class: "tools" }, h("a", { class: "main", href: `#/r/${session}` }, "The whole report"), h("a", { href: "#/" }, "Another client")),
  );
}

/** An exam that has ended: its seal, to be written down. */
export function sealed({ id, exam }) {
  const groups = (exam.seal ?? "").match(/.{1,8}/g) ?? [];
  return h(
    "section",
    { class: "panel", id_: "summary", tabindex: -1, "aria-label": "The exam has ended" },
    h("h2", {}, `The exam has ended, ${exam.given} replies`),
    h("p", { class: "label" }, "A trainer writes the seal down, the first two groups at least: whoever owns this computer could make another session with another seal, but not one with this."),
    h("p", { class: "seal" }, groups.join(" ")),
    h("p", { class: "label" }, h("code", {}, `pushback sessions verify ${id}`), " checks it."),
  );
}
