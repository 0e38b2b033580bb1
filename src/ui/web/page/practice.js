// A conversation. What the program says of the session is the truth; this only follows it.

import { Refused, get, onReturn, post, unique } from "./api.js";
import { rewording } from "./composer.js";
import { announce, complain, fill, h, touch } from "./dom.js";
import { futures, overruling } from "./panels.js";
import { Room } from "./room.js";
import { hideTip } from "./spans.js";
import { listen } from "./stream.js";
import { nameOf } from "./text.js";

/** Pause before a stream that broke off is asked for again, in ms. */
const AGAIN = 400;
/** How often an exam's time is asked for, in ms. */
const EXAM_CLOCK = 20_000;

/** @param {HTMLElement} view @param {string} id @returns {Promise<() => void>} */
export async function show(view, id) {
  const practice = new Practice(view, await get(`/sessions/${id}`));
  practice.start();
  return () => practice.leave();
}

export class Practice {
  /** @param {HTMLElement} view @param {any} session */
  constructor(view, session) {
    this.session = session;
    this.first = session.persona.name.split(" ")[0];
    this.spoken = ""; // what the client has said so far of an answer that is still coming
    this.editing = null; // the turn whose line is being said otherwise
    this.panel = /** @type {HTMLElement|null} */ (null);
    this.figures = null;
    this.gone = new AbortController();
    this.listening = false;
    this.pending = null; // a line that is on its way, with the key by which the program knows it again
    this.room = new Room(view, this);
  }

  start() {
    document.title = `${this.session.persona.name} · pushback`;
    const { signal } = this.gone;
    signal.addEventListener("abort", onReturn(() => this.refresh()));
    document.addEventListener("keydown", (event) => this.escape(event), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh(), { signal });
    if (this.session.exam && !this.session.ended) {
      const clock = setInterval(() => this.refresh(), EXAM_CLOCK);
      signal.addEventListener("abort", () => clearInterval(clock));
    }
    this.take(this.session);
    this.room.view.addEventListener("shown", () => {
      if (this.session.turns.length > 1) this.room.toEnd();
      if (!touch()) this.focus();
    });
  }

  leave() {
    this.gone.abort();
    hideTip();
  }

  escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    hideTip();
    if (this.session.speaking) this.stop();
    else if (this.panel) this.close();
  }

  focus() {
    this.room.write.field.focus({ preventScroll: true });
  }

  /** Goes over to what the program says. */
  take(session) {
    if (this.gone.signal.aborted) return;
    const path = (of) => of.turns.map(({ id }) => id).join();
    if (path(this.session) !== path(session)) {
      this.editing = null;
      this.panel = null;
    }
    this.session = session;
    this.room.draw();
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

  /** Posts what answers with the session. @returns {Promise<boolean>} whether it was done */
  async change(way, body = {}) {
    const session = await this.attempt(() => this.post(way, body));
    if (session) this.take(session);
    return Boolean(session);
  }

  async refresh() {
    const session = await get(`/sessions/${this.session.id}`).catch((fault) => {
      if (fault instanceof Refused) complain(fault);
    });
    if (!session) return;
    this.take(session);
    // A line whose answer got lost had arrived all the same: it need not be said again.
    if (this.pending && this.pending.head !== session.head && session.turns.at(-1)?.text === this.pending.text.trim()) {
      this.room.write.clear(this.pending.text);
      this.pending = null;
    }
  }

  async say(text) {
    // The same line after a lost connection has the same key: it can't be said twice.
    if (this.pending?.text !== text || this.pending.head !== this.session.head) {
      this.pending = { text, key: unique(), ...this.head };
    }
    const session = await this.attempt(() => this.post("say", this.pending));
    if (!session) return false;
    this.pending = null;
    // Emptied before anything is drawn: practice that stops in a crisis keeps nothing of the line.
    this.room.write.clear(text);
    this.take(session);
    this.room.toEnd();
    this.focus();
    if (!session.crisis) this.read();
    return true;
  }

  /** Reads the feedback on the newest line out, where the trainee wants it at once. */
  read() {
    const { feedback, verdict } = this.session.turns.at(-1) ?? {};
    if (feedback && verdict && this.room.mode.value === "live") announce(`${feedback.did}. ${feedback.effect}`);
  }

  async listen() {
    if (this.listening) return;
    this.listening = true;
    this.spoken = "";
    let last = /** @type {any} */ (null);
    try {
      await listen(`/sessions/${this.session.id}/live`, this.gone.signal, (name, data) => {
        if (name === "so_far") this.spoken = data.text;
        else if (name === "text") this.spoken += data.text;
        else last = { name, ...data };
        if (!last) this.room.grow();
      });
    } catch (fault) {
      if (fault.name === "AbortError") return;
    } finally {
      this.listening = false;
    }
    if (!last) {
      // It broke off: the session tells how things stand, at once or when the program is there again.
      setTimeout(() => this.gone.signal.aborted || this.refresh(), AGAIN);
      return;
    }
    this.take(last.session);
    const reply = this.session.turns.at(-1)?.reply;
    if (last.name === "failed") complain(last);
    else if (reply) announce(`${this.first}: ${reply.text}`);
  }

  async stop() {
    if (this.session.speaking) await this.change("stop");
    this.focus();
  }

  async answer() {
    await this.change("answer", this.head);
    this.focus();
  }

  async goOn() {
    await this.change("go-on");
    this.focus();
  }

  async retry() {
    const undone = await this.attempt(() => this.post("undo", this.head));
    if (!undone) return;
    this.take(undone.session);
    const kept = this.room.write.offer(undone.text === "…" ? "" : undone.text);
    this.focus();
    announce(kept ? "Taken back. Your line is in the field again." : "Taken back. What you had begun to type is still in the field.");
  }

  edit(turn) {
    this.editing = turn.id;
    this.room.draw();
  }

  editLast() {
    const last = this.session.turns.at(-1);
    if (last?.text && !this.session.speaking && !this.session.exam && !this.session.ended) this.edit(last);
  }

  leaveEdit() {
    this.editing = null;
    this.room.draw();
    this.focus();
  }

  async reword(turn, text) {
    if (text.trim() === turn.text.trim()) return this.leaveEdit();
    const done = await this.change("edit", { turn: turn.id, text, key: unique(), ...this.head });
    if (!done) return undefined;
    this.focus();
    return this.read();
  }

  async walk(turn) {
    await this.change("walk", { turn, ...this.head });
  }

  async hint() {
    const offered = await this.attempt(() => this.post("hint"));
    if (!offered) return;
    const { alternative } = offered;
    const words = alternative ? [h("span", { class: "label" }, `You could say (${nameOf(alternative.technique)})`), h("q", {}, alternative.text)] : "Nothing better comes to mind than to listen on.";
    this.open(h("section", { class: "panel offer", id_: "hint", "aria-label": "A hint" }, h("p", {}, words), h("button", { type: "button", class: "quiet", onclick: () => this.close() }, "Close")));
    announce(alternative ? `You could say: ${alternative.text}` : "No hint at this moment.");
  }

  compare() {
    const last = this.session.turns.at(-1);
    const { box, field } = rewording(last.text, "Compare", (text) => this.fork(text), () => this.close());
    this.open(
      h("section", { class: "panel", id_: "fork", "aria-label": "Say it another way and compare" }, h("h2", {}, "Say it another way and compare"), h("p", { class: "label" }, `${this.first} answers both, from the same moment and with the same luck. You stay where you are until you choose.`), box),
    );
    field.focus();
    field.select();
  }

  async fork(text) {
    const box = this.panel;
    box?.setAttribute("aria-busy", "true");
    const both = await this.attempt(() => this.post("fork", { text, ...this.head }));
    box?.removeAttribute("aria-busy");
    if (!both) return;
    if (both.session) this.take(both.session);
    const take = async () => {
      if (await this.change("take", this.head)) this.close();
    };
    this.open(futures(both, this.first, { keep: () => this.close(), take }));
    announce(`The other way: ${both.tried.reply?.text ?? ""}`);
  }

  overrule(turn) {
    const done = async (codes) => {
      if (await this.change("overrule", { codes, ...this.head })) this.close();
    };
    this.open(overruling(turn, done, () => this.close()));
    this.panel.querySelector("input")?.focus();
  }

  /** Opens `panel` below the conversation, in the place of any other. */
  open(panel) {
    this.panel = panel;
    this.room.draw();
    panel.tabIndex = -1;
    panel.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.panel = null;
    this.room.draw();
    this.focus();
  }

  async end() {
    const ended = await this.attempt(() => this.post("end"));
    if (!ended) return;
    this.figures = ended.summary;
    this.take(ended.session);
    const told = /** @type {HTMLElement|null} */ (this.room.below.querySelector("[data-testid=summary]"));
    told?.focus({ preventScroll: true });
    told?.scrollIntoView({ block: "start" });
  }
}
