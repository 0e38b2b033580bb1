// How a conversation is drawn: the client beside it, the turns, notes, and what can be done.

import { composer, rewording } from "./composer.js";
import { dial } from "./dial.js";
import { fill, h, keepingFocus } from "./dom.js";
import { sealed, summary } from "./panels.js";
import * as settings from "./settings.js";
import { client, exchange } from "./turn.js";

const MODES = [
  ["live", "after each reply"],
  ["folded", "folded away"],
  ["end", "at the end"],
];
/** So near its end, in pixels, the page follows what is being said. */
const NEAR = 140;
/** The difficulty from which the dial stays hidden unless it is asked for. */
const HARD = 3;

export class Room {
  /** @param {HTMLElement} view @param {import("./practice.js").Practice} practice */
  constructor(view, practice) {
    this.view = view;
    this.practice = practice;
    this.dials = false; // whether it shows where the client stands
    this.closing = /** @type {HTMLElement|null} */ (null); // how the session went, once it has ended
    this.unfolded = new Set(); // turns whose feedback is unfolded
    /** @type {Map<number, {sign: string, node: HTMLElement}>} */
    this.drawn = new Map();
    const { session } = practice;
    this.write = composer({
      session: session.id,
      send: (text) => practice.say(text),
      stop: () => practice.stop(),
      last: () => practice.editLast(),
    });
    this.talk = h("ol", { class: "talk", role: "list", "aria-label": "Conversation" });
    this.level = h("div", { class: "levels" });
    this.note = h("div", { class: "notes" });
    this.actions = h("div", { class: "tools actions", role: "group", "aria-label": "What you can do" });
    this.below = h("div", { class: "below" });
    this.keys = h("p", { id: "keys", class: "label keys" }, "Enter sends. Shift-Enter breaks the line. Esc stops them. Up goes back to your last line.");
    this.frame(session);
  }

  frame({ persona, exam }) {
    this.mode = h("select", { id: "mode", id_: "feedback-mode" }, MODES.map(([value, name]) => h("option", { value }, name)));
    this.mode.value = settings.feedback();
    this.mode.addEventListener("change", () => {
      settings.setFeedback(this.mode.value);
      this.drawn.clear();
      this.unfolded.clear();
      this.draw();
    });
    const model = this.practice.session.model;
    const about = h(
      "aside",
      { class: "side", "aria-label": "The client" },
      h("h1", {}, persona.name, h("span", { class: "age" }, `, ${persona.age}`)),
      h("p", { class: "blurb" }, persona.blurb),
      this.level,
      h("details", { class: "aim-of" }, h("summary", {}, "A good first session"), h("p", {}, persona.aim)),
      !exam && h("p", { class: "mode" }, h("label", { for: "mode" }, "Feedback "), this.mode),
      h("p", { class: "label model" }, `Played by ${/pocket/.test(model) ? "the pocket client" : model}. Practice, not therapy.`),
    );
    const desk = h("div", { class: "desk" }, this.note, this.write.box, this.actions, this.keys);
    fill(this.view, h("div", { class: "practice" }, about, h("section", { class: "room", "aria-label": `Conversation with ${persona.name}` }, this.talk, this.below, desk)));
  }

  draw() {
    const near = this.isNearEnd();
    keepingFocus(() => this.drawAll());
    if (near) this.toEnd();
  }

  drawAll() {
    const { practice } = this;
    const { session, first } = practice;
    const ways = {
      mode: /** @type {any} */ (this.mode.value),
      session: session.id,
      drilled: !session.exam || session.ended,
      name: first,
      over: session.ended,
      fixed: Boolean(session.exam) || session.ended,
      open: this.unfolded,
      busy: session.speaking,
      head: session.head,
      edit: (turn) => practice.edit(turn),
      walk: (turn) => practice.walk(turn),
      overrule: (turn) => practice.overrule(turn),
    };
    this.lay(session.turns.map((turn) => this.turn(turn, ways)), this.coming(first));
    this.levels(session);
    this.notes(session, first);
    this.buttons(session);
    const closed = session.ended || session.left || Boolean(session.crisis);
    this.write.box.hidden = closed;
    this.keys.hidden = closed;
    this.write.hold(session.speaking || session.owed, first, session.speaking);
  }

  /** What is open below the conversation. It is put there once: whoever types in it is not disturbed. */
  lower(session) {
    const { panel, figures } = this.practice;
    if (session.ended) this.closing ??= session.exam ? sealed(session) : figures && summary(figures, session.id);
    const wanted = [panel, this.closing].filter(Boolean);
    const same = wanted.length === this.below.childElementCount && wanted.every((node, place) => node === this.below.children[place]);
    if (!same) fill(this.below, wanted);
  }

  /** Puts the turns in; those that stay are not touched, so that nothing is read out twice. */
  lay(nodes, coming) {
    const wanted = coming ? [...nodes, coming] : nodes;
    for (const node of [...this.talk.children]) if (!wanted.includes(node)) node.remove();
    wanted.forEach((node, place) => {
      if (this.talk.children[place] !== node) this.talk.insertBefore(node, this.talk.children[place] ?? null);
    });
  }

  /** A turn, drawn anew only where something about it has changed. */
  turn(turn, ways) {
    const editing = this.practice.editing === turn.id;
    const sign = JSON.stringify([turn, ways.mode, ways.over, ways.busy, ways.head === turn.id, editing]);
    const known = this.drawn.get(turn.id);
    if (known?.sign === sign) return known.node;
    const node = editing ? this.rewrite(turn, ways) : exchange(turn, ways);
    this.drawn.set(turn.id, { sign, node });
    return node;
  }

  rewrite(turn, ways) {
    const { practice } = this;
    const { box, field } = rewording(turn.text, "Say this instead", (text) => practice.reword(turn, text), () => practice.leaveEdit());
    requestAnimationFrame(() => field.focus());
    return h("li", { class: "turn", id_: `turn-${turn.number}` }, h("p", { class: "label" }, "From here on the conversation goes another way. The first way is kept."), box, turn.reply && client(turn.number, ways.name, turn.reply));
  }

  /** The answer that is still coming. It is read out once it is whole. */
  coming(first) {
    const { session } = this.practice;
    if (!session.speaking) {
      this.said = null;
      return null;
    }
    if (this.said) return this.said.node;
    const words = h("p", { class: "words" });
    const number = session.turns.at(-1)?.number ?? 0;
    const node = h("li", { class: "turn coming", "aria-hidden": "true" }, h("div", { class: "said them", id_: `client-${number}` }, h("span", { class: "who" }, first), words));
    this.said = { node, words };
    this.grow();
    return node;
  }

  grow() {
    if (!this.said) return;
    const near = this.isNearEnd();
    this.said.words.textContent = this.practice.spoken;
    if (near) this.toEnd();
  }

  isNearEnd() {
    return scrollY + innerHeight > document.documentElement.scrollHeight - NEAR;
  }

  toEnd() {
    scrollTo({ top: document.documentElement.scrollHeight });
  }

  levels(session) {
    const states = session.turns.map(({ state }) => state).filter(Boolean);
    if (states.length === 0) return fill(this.level);
    const hard = session.persona.difficulty >= HARD && !session.ended;
    const choice = settings.dial(hard);
    const shown = choice === "auto" ? !hard : choice === "yes";
    this.dials = shown;
    const toggle = h("button", { type: "button", class: "link", id_: "dial-toggle", "aria-expanded": String(shown) }, shown ? "Hide where they stand" : "Show where they stand");
    toggle.addEventListener("click", () => {
      settings.setDial(hard, shown ? "no" : "yes");
      this.draw();
    });
    return fill(this.level, shown && dial(states.at(-1), states.at(-2) ?? null), toggle);
  }

  notes(session, first) {
    const { crisis, exam, failed, reloaded, forgotten } = session;
    const sign = JSON.stringify([crisis, exam, failed, reloaded, forgotten, session.left, session.ended, session.owed, session.speaking]);
    if (sign === this.noted) return; // an alert that is put in again would be read out again
    this.noted = sign;
    const label = (text, id) => h("p", { class: "label", id_: id }, text);
    fill(
      this.note,
      crisis && h("section", { class: "panel crisis", id_: "crisis", role: "alert" }, crisis.message.split("\n").map((line) => h("p", {}, line)), h("button", { type: "button", class: "main", id_: "go-on", onclick: () => this.practice.goOn() }, "Go on practising")),
      exam && !exam.seal && label(examLine(exam), "exam"),
      forgotten > 0 && label(`The model's memory is full: it no longer sees the first ${forgotten === 1 ? "exchange" : `${forgotten} exchanges`}. The session keeps all of it.`),
      failed && !session.speaking && label(`${first} could not answer: ${failed.error}.`),
      reloaded && label(reloaded.problems.length ? `Prompt files with problems stay as they were: ${reloaded.problems.map((p) => `${p.file}:${p.line}: ${p.message}`).join("; ")}` : `Read again: ${reloaded.files.join(", ")}`),
      session.left && !session.ended && label(exam ? `${first} has left. Ending closes the exam.` : `${first} has left. You can take your last line back, or end the session.`, "left"),
      session.owed && !session.speaking && !session.ended && !session.left && label(`${first} still owes you an answer.`),
    );
  }

  buttons(session) {
    const { practice } = this;
    const busy = session.speaking;
    const button = (id, name, title, does, look = "quiet") => h("button", { type: "button", class: look, id_: id, title, disabled: busy, onclick: does }, name);
    const open = !session.ended && !session.crisis;
    const free = open && !session.exam;
    const answered = !session.owed && !session.left;
    const began = session.turns.length > 1;
    fill(
      this.actions,
      open && session.owed && !busy && button("answer", "Let them answer", "What you said is kept; they answer it now", () => practice.answer(), "main"),
      free && began && button("retry", "Take it back", "Takes your last line back, to try the moment again; what you tried is kept", () => practice.retry()),
      free && began && (answered || busy) && button("compare", "Compare", "Say it another way, and see both futures side by side", () => practice.compare()),
      free && (answered || busy) && button("ask-hint", "Hint", "One thing that you could say now", () => practice.hint()),
      open && (answered || busy) && button("silence", "Stay silent", "They hear that you say nothing", () => practice.say("")),
      !session.ended && button("end", session.exam ? "End the exam" : "End", session.exam ? "Closes it for good" : "Ends the session, with a summary", () => practice.end()),
      session.ended && h("a", { class: "main", href: `#/r/${session.id}` }, "Report"),
      session.ended && h("a", { href: "#/" }, "Another client"),
    );
    this.lower(session);
  }
}

function examLine({ title, replies, given, seconds_left: left }) {
  const parts = [`Exam: ${title}`, replies ? `reply ${given} of ${replies}` : `${given} replies`];
  if (left !== null && left !== undefined) parts.push(`about ${Math.ceil(left / 60)} minutes left`);
  return `${parts.join(" · ")}. No judge's lines and no second attempts.`;
}
