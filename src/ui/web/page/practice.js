// A conversation. What the program says of the session is the truth; this only shows it.

import { Refused, get, onReturn, post, unique } from "./api.js";
import { composer, rewording } from "./composer.js";
import { dial } from "./dial.js";
import { announce, at, complain, fill, h } from "./dom.js";
import { futures, overruling, summary } from "./panels.js";
import * as settings from "./settings.js";
import { hideTip } from "./spans.js";
import { listen } from "./stream.js";
import { client, exchange } from "./turn.js";

/** @param {HTMLElement} view @param {string} id @returns {Promise<() => void>} */
export async function show(view, id) {
  const practice = new Practice(view, await get(`/sessions/${id}`));
  practice.start();
  return () => practice.leave();
}

class Practice {
  constructor(view, session) {
    this.view = view;
    this.session = session;
    this.open = new Set(); // turns whose feedback is unfolded
    this.spoken = ""; // what the client has said so far of an answer that is still coming
    this.editing = null;
    this.panel = null;
    this.figures = null;
    this.gone = new AbortController();
    this.listening = false;
    this.pending = null; // a line that is on its way, with the key by which the program knows it again
    /** @type {Map<number, {sign: string, node: HTMLElement}>} */
    this.drawn = new Map();
  }

  start() {
    const { persona } = this.session;
    document.title = `${persona.name} · pushback`;
    this.write = composer({
      session: this.session.id,
      send: (text) => this.say(text),
      stop: () => this.stop(),
      last: () => this.editLast(),
    });
    const mode = h("select", { id: "mode", id_: "feedback-mode" }, [["live", "after each reply"], ["folded", "folded away"], ["end", "at the end"]].map(([value, name]) => h("option", { value }, name)));
    mode.value = settings.feedback();
    mode.addEventListener("change", () => {
      settings.setFeedback(mode.value);
      this.drawn.clear();
      this.open.clear();
      this.draw();
    });
    this.mode = mode;
    this.talk = h("ol", { class: "talk", "aria-label": "Conversation" });
    this.level = h("div", { class: "levels" });
    this.note = h("div", { class: "notes" });
    this.actions = h("div", { class: "tools" });
    this.below = h("div", {});
    fill(
      this.view,
      h(
        "div",
        { class: "practice" },
        h(
          "aside",
          { class: "side" },
          h("h1", {}, persona.name, h("span", { class: "age" }, `, ${persona.age}`)),
          h("p", {}, persona.blurb),
          h("details", {}, h("summary", {}, "A good first session"), h("p", {}, persona.aim)),
          this.level,
          !this.session.exam && h("p", { class: "mode" }, h("label", { for: "mode" }, "Feedback "), mode),
        ),
        h("section", { class: "room", "aria-label": `Conversation with ${persona.name}` }, this.talk, this.note, this.write.box, h("p", { id: "keys", class: "label keys" }, "Enter sends, Shift and Enter breaks the line, Esc stops them, Up goes back to your last line. An empty line is a silence."), this.actions, this.below),
      ),
    );
    this.back = onReturn(() => this.refresh());
    this.keys = (event) => {
      if (event.key !== "Escape") return;
      hideTip();
      if (this.session.speaking) this.stop();
    };
    document.addEventListener("keydown", this.keys);
    this.take(this.session);
    this.write.field.focus();
  }

  leave() {
    this.gone.abort();
    this.back();
    document.removeEventListener("keydown", this.keys);
    hideTip();
  }

  /** Goes over to what the program says. */
  take(session) {
    if (this.gone.signal.aborted) return;
    const before = this.session;
    this.session = session;
    const ids = session.turns.map(({ id }) => id).join();
    if (before.turns.map(({ id }) => id).join() !== ids) {
      this.editing = null;
      this.panel = null;
    }
    this.draw();
    if (session.speaking) this.listen();
  }

  /** Does `work`; where the program refuses, says why and takes the session that came with it. */
  async attempt(work) {
    try {
      complain(null);
      return await work();
    } catch (fault) {
      if (fault.name === "AbortError") return null;
      if (fault instanceof Refused && fault.session) this.take(fault.session);
      complain(fault);
      return null;
    }
  }

  post(way, body = {}) {
    return post(`/sessions/${this.session.id}/${way}`, body);
  }

  get head() {
    return { head: this.session.head };
  }

  async refresh() {
    await this.attempt(async () => this.take(await get(`/sessions/${this.session.id}`)));
  }

  async say(text) {
    // The same line after a lost connection has the same key: it can't be said twice.
    if (this.pending?.text !== text || this.pending.head !== this.session.head) {
      this.pending = { text, key: unique(), ...this.head };
    }
    const session = await this.attempt(() => this.post("say", this.pending));
    if (!session) return false;
    this.pending = null;
    this.take(session);
    return true;
  }

  async listen() {
    if (this.listening) return;
    this.listening = true;
    this.spoken = "";
    let closing = null;
    try {
      await listen(`/sessions/${this.session.id}/live`, this.gone.signal, (name, data) => {
        if (name === "so_far") this.spoken = data.text;
        else if (name === "text") this.spoken += data.text;
        else closing = { name, ...data };
        if (!closing) this.grow();
      });
    } catch (fault) {
      if (fault.name === "AbortError") return;
    } finally {
      this.listening = false;
    }
    if (!closing) return this.lost();
    this.take(closing.session);
    const reply = this.session.turns.at(-1)?.reply;
    if (closing.name === "failed") complain(closing);
    else if (reply) announce(`${this.session.persona.name.split(" ")[0]}: ${reply.text}`);
    return null;
  }

  /** The stream broke off: the session tells how things stand, as soon as the program is there. */
  async lost() {
    if (this.gone.signal.aborted) return;
    try {
      this.take(await get(`/sessions/${this.session.id}`));
    } catch {
      // `onReturn` asks again.
    }
  }

  async stop() {
    if (!this.session.speaking) return;
    const session = await this.attempt(() => this.post("stop"));
    if (session) this.take(session);
    this.write.field.focus();
  }

  async retry() {
    const undone = await this.attempt(() => this.post("undo", this.head));
    if (!undone) return;
    this.take(undone.session);
    this.write.set(undone.text === "…" ? "" : undone.text);
    this.write.field.focus();
    announce("Taken back. Your line is in the field again.");
  }

  edit(turn) {
    this.editing = turn.id;
    this.draw();
  }

  editLast() {
    const last = this.session.turns.at(-1);
    if (last?.text !== null && last !== undefined && !this.busy) this.edit(last);
  }

  async reword(turn, text) {
    const session = await this.attempt(() => this.post("edit", { turn: turn.id, text, key: unique(), ...this.head }));
    if (!session) return;
    this.editing = null;
    this.take(session);
    this.write.field.focus();
  }

  async walk(turn) {
    const session = await this.attempt(() => this.post("walk", { turn, ...this.head }));
    if (session) this.take(session);
  }

  async hint() {
    const offered = await this.attempt(() => this.post("hint"));
    if (!offered) return;
    const { alternative } = offered;
    this.panel = h("p", { class: "panel", id_: "hint" }, alternative ? [h("span", { class: "label" }, `You could say (${alternative.technique.name}) `), h("q", {}, alternative.text)] : "Nothing better comes to mind than to listen on.");
    this.draw();
    announce(alternative ? `You could say: ${alternative.text}` : "No hint at this moment.");
  }

  compare() {
    const last = this.session.turns.at(-1);
    const { box, field } = rewording(last.text, "Compare", (text) => this.fork(text), () => this.close());
    this.panel = h("section", { class: "panel", id_: "fork" }, h("h2", {}, "Say it another way and compare"), box);
    this.draw();
    field.focus();
  }

  async fork(text) {
    const both = await this.attempt(() => this.post("fork", { text, ...this.head }));
    if (!both) return;
    this.take(both.session ?? this.session);
    this.panel = futures(both, this.session.persona.name.split(" ")[0], {
      keep: () => this.close(),
      take: async () => {
        const session = await this.attempt(() => this.post("take", this.head));
        if (session) this.take(session);
        this.close();
      },
    });
    this.draw();
    announce("Both futures are below.");
  }

  overrule(turn) {
    this.panel = overruling(
      turn,
      async (codes) => {
        const session = await this.attempt(() => this.post("overrule", { codes, ...this.head }));
        if (!session) return;
        this.take(session);
        this.close();
      },
      () => this.close(),
    );
    this.draw();
    this.panel.querySelector("input")?.focus();
  }

  close() {
    this.panel = null;
    this.draw();
    this.write.field.focus();
  }

  async end() {
    const ended = await this.attempt(() => this.post("end"));
    if (!ended) return;
    this.figures = ended.summary;
    this.take(ended.session);
    this.below.querySelector("[data-testid=summary]")?.focus();
  }

  get busy() {
    return this.session.speaking;
  }

  get over() {
    return this.session.ended;
  }

  draw() {
    const { session } = this;
    const first = session.persona.name.split(" ")[0];
    const ways = {
      mode: /** @type {any} */ (this.mode.value),
      name: first,
      over: session.ended,
      open: this.open,
      busy: this.busy,
      head: session.head,
      edit: (turn) => this.edit(turn),
      walk: (turn) => this.walk(turn),
      overrule: (turn) => this.overrule(turn),
    };
    const near = scrollY + innerHeight > document.documentElement.scrollHeight - 120;
    const had = this.talk.childElementCount;
    const nodes = session.turns.map((turn) => this.turn(turn, ways));
    fill(this.talk, nodes, this.speaking(first));
    this.levels();
    this.notes(first);
    this.buttons();
    const closed = session.ended || session.left || Boolean(session.crisis) || Boolean(session.exam?.ended);
    this.write.box.hidden = closed;
    at("keys").hidden = closed;
    this.write.button.disabled = this.busy || (session.owed && !this.busy);
    if (near || nodes.length > had) scrollTo({ top: document.documentElement.scrollHeight });
  }

  /** A turn, drawn anew only where something about it has changed. */
  turn(turn, ways) {
    if (this.editing === turn.id) {
      const { box, field } = rewording(turn.text, "Say this instead", (text) => this.reword(turn, text), () => {
        this.editing = null;
        this.draw();
        this.write.field.focus();
      });
      requestAnimationFrame(() => field.focus());
      this.drawn.delete(turn.id);
      return h("li", { class: "turn", id_: `turn-${turn.number}` }, box, turn.reply && client(turn.number, ways.name, turn.reply));
    }
    const sign = JSON.stringify([turn, ways.mode, ways.over, ways.busy, ways.head === turn.id]);
    const known = this.drawn.get(turn.id);
    if (known?.sign === sign) return known.node;
    const node = exchange(turn, ways);
    this.drawn.set(turn.id, { sign, node });
    return node;
  }

  /** The answer that is still coming. It is read out once it is whole. */
  speaking(first) {
    if (!this.session.speaking) return null;
    const number = this.session.turns.at(-1)?.number ?? 0;
    this.coming = h("p", { class: "words" }, this.spoken || "…");
    return h("li", { class: "turn coming", "aria-hidden": "true" }, h("div", { class: "said them", id_: `client-${number}` }, h("span", { class: "who" }, first), this.coming));
  }

  grow() {
    if (this.coming) this.coming.textContent = this.spoken || "…";
  }

  levels() {
    const { session } = this;
    const states = session.turns.map(({ state }) => state).filter(Boolean);
    fill(this.level);
    if (session.exam || states.length === 0) return;
    const auto = session.persona.difficulty < 3 || session.ended;
    const shown = settings.dial() === "auto" ? auto : settings.dial() === "yes";
    const toggle = h("button", { type: "button", class: "quiet", "aria-expanded": String(shown) }, shown ? "Hide where they stand" : "Show where they stand");
    toggle.addEventListener("click", () => {
      settings.setDial(shown ? "no" : "yes");
      this.levels();
    });
    fill(this.level, shown && dial(states.at(-1), states.at(-2) ?? null), toggle);
  }

  notes(first) {
    const { session } = this;
    const { crisis, exam } = session;
    fill(
      this.note,
      crisis && h("section", { class: "panel crisis", role: "alert" }, crisis.message.split("\n").map((line) => h("p", {}, line)), h("button", { type: "button", class: "main", onclick: () => this.goOn() }, "Go on practising")),
      exam && h("p", { class: "label", id_: "exam" }, examLine(exam)),
      session.forgotten > 0 && h("p", { class: "label" }, `The model's memory is full: it no longer sees the oldest ${session.forgotten} exchanges. You still do.`),
      session.failed && !session.speaking && h("p", { class: "label" }, session.failed.error),
      session.reloaded && h("p", { class: "label" }, session.reloaded.problems.length ? `Changed files have problems and are not used: ${session.reloaded.problems.map((p) => p.message).join("; ")}` : `Read again: ${session.reloaded.files.join(", ")}`),
      session.left && h("p", { class: "label" }, `${first} has left. You can take back your last line, or end the session.`),
    );
  }

  async goOn() {
    const session = await this.attempt(() => this.post("go-on"));
    if (session) this.take(session);
    this.write.field.focus();
  }

  buttons() {
    const { session } = this;
    const button = (id, name, does, props = {}) => h("button", { type: "button", class: "quiet", id_: id, onclick: does, ...props }, name);
    const began = session.turns.length > 1;
    const free = !session.exam && !session.ended;
    fill(
      this.actions,
      this.busy && button("stop", "Stop them", () => this.stop()),
      session.owed && !this.busy && !session.ended && button("answer", "Let them answer", () => this.answer(), { class: "main" }),
      free && began && button("retry", "Take it back", () => this.retry(), { disabled: this.busy }),
      free && began && !session.owed && !session.left && button("compare", "Another way, side by side", () => this.compare(), { disabled: this.busy }),
      free && !session.left && button("ask-hint", "A hint", () => this.hint(), { disabled: this.busy }),
      !session.ended && button("end", "End the session", () => this.end(), { disabled: this.busy }),
      session.ended && h("a", { href: `#/r/${session.id}` }, "Report"),
    );
    fill(this.below, this.panel, this.figures && session.ended && summary(this.figures, session.id));
  }

  async answer() {
    const session = await this.attempt(() => this.post("answer", this.head));
    if (session) this.take(session);
  }
}

function examLine(exam) {
  const turns = exam.turns ?? exam.replies;
  const parts = [turns ? `Exam: reply ${exam.given} of ${turns}` : `Exam: ${exam.given} replies`];
  if (exam.seconds_left !== null && exam.seconds_left !== undefined) parts.push(`about ${Math.ceil(exam.seconds_left / 60)} minutes left`);
  if (exam.seal) parts.push(`sealed ${exam.seal.slice(0, 16)}`);
  return `${parts.join(", ")}.`;
}
