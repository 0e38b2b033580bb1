// One hard moment, again and again, until three replies in a row roll with it.

import { get, post, unique } from "./api.js";
import { composer } from "./composer.js";
import { announce, complain, fill, h, touch } from "./dom.js";
import { client } from "./turn.js";
import { underlined } from "./spans.js";
import { capital, count, nameOf } from "./text.js";

const LEVELS = ["", "verdict and an alternative", "the verdict only", "nothing until the end, and the moment varies"];

/** The level at which the moment varies. */
const VARIES = 3;

/** @param {HTMLElement} view @param {string} [name] */
export async function show(view, name) {
  if (name) return new Exercise(view, name, await begin(name)).start();
  const drills = await get("/drills");
  fill(
    view,
    h("h1", {}, "Drill"),
    h("p", { class: "lead" }, "One hard moment, frozen. Answer it until three replies in a row roll with it and nothing in them argues. Nothing of a drill is kept."),
    h("ul", { class: "cards", role: "list" }, drills.map(card)),
  );
  return null;
}

function card({ name, title, kind, level }) {
  return h(
    "li",
    { class: "card" },
    h("h2", { class: "title" }, h("a", { class: "card-name", href: `#/drill/${name}`, id_: `drill-${name}` }, title)),
    h("p", { class: "label" }, `${String(kind).replaceAll(/[_-]/g, " ")} · level ${level}: ${LEVELS[level] ?? ""}`),
  );
}

/** The session and the turn that a drill is of, where it is of one. @param {string} name */
const ofTurn = (name) => /^turn-(\d+)-(\d+)$/.exec(name)?.slice(1).map(Number);

/** A drill in progress goes on after a reload, as long as the program knows it. */
async function begin(name) {
  const key = `pushback.drill.${name}`;
  const run = sessionStorage.getItem(key);
  if (run) {
    const drill = await get(`/drill/${run}`).catch(() => null);
    if (drill && !drill.over) return drill;
  }
  const [session, turn] = ofTurn(name) ?? [];
  const drill = session ? await post("/drills", { session, turn }) : await post(`/drills/${name}`);
  sessionStorage.setItem(key, drill.run);
  return drill;
}

class Exercise {
  constructor(view, name, drill) {
    this.view = view;
    this.name = name;
    this.drill = drill;
    this.busy = false;
  }

  start() {
    this.write = composer({ session: `drill.${this.drill.run}`, send: (text) => this.attempt(text), stop: () => {}, last: () => {} });
    this.scene = h("div", { class: "scene" });
    this.tries = h("ol", { class: "talk", role: "list", "aria-label": "Your attempts" });
    this.score = h("p", { class: "score", id_: "drill-score" });
    this.tools = h("div", { class: "tools actions" });
    fill(this.view, h("div", { class: "room drill" }, this.scene, this.tries, h("div", { class: "desk" }, this.score, this.write.box, this.tools)));
    this.draw();
    if (!touch()) this.view.addEventListener("shown", () => this.write.field.focus());
    return null;
  }

  async post(way, body) {
    try {
      complain(null);
      return await post(`/drill/${this.drill.run}/${way}`, body);
    } catch (fault) {
      complain(fault);
      return null;
    }
  }

  async attempt(text) {
    // The key lasts as long as the words do: a line that is sent again after a fault is the same one.
    if (this.sent?.text !== text) this.sent = { text, key: unique() };
    this.write.hold(true, this.first);
    const drill = await this.post("attempt", this.sent);
    this.write.hold(false, this.first);
    if (!drill) return false;
    this.sent = null;
    this.write.clear(text);
    this.take(drill);
    const last = drill.attempts.at(-1);
    if (last) announce(`${this.told(last)} ${this.first}: ${last.turn.reply?.text ?? ""}`);
    this.write.field.focus();
    return true;
  }

  take(drill) {
    this.drill = drill;
    this.draw();
    scrollTo({ top: document.documentElement.scrollHeight });
  }

  get first() {
    return this.drill.moment.client.split(" ")[0];
  }

  draw() {
    const { drill } = this;
    const { moment, attempts, crisis, over } = drill;
    const [session] = ofTurn(this.name) ?? [];
    fill(
      this.scene,
      h("h1", {}, capital(moment.title)),
      h("p", { class: "label" }, `${moment.client}, ${moment.age} · level ${drill.level}: ${LEVELS[drill.level] ?? ""}`),
      !(over && drill.blind) && moment.exchange.map(({ by, text }) => h("div", { class: `said ${by === "client" ? "them" : "you"}` }, h("span", { class: "who" }, by === "client" ? this.first : "You"), h("p", { class: "words" }, text))),
    );
    fill(this.tries, attempts.map((attempt) => this.one(attempt)));
    fill(this.score, this.standing());
    this.write.box.hidden = over || Boolean(crisis);
    const end = async () => {
      const ended = await this.post("end");
      if (ended) this.take(ended);
    };
    const goOn = async () => {
      const resumed = await this.post("go-on");
      if (resumed) this.take(resumed);
    };
    fill(
      this.tools,
      crisis && h("section", { class: "panel crisis", role: "alert" }, crisis.message.split("\n").map((line) => h("p", {}, line)), h("button", { type: "button", class: "main", onclick: goOn }, "Go on practising")),
      !over && !crisis && h("button", { type: "button", class: "quiet", id_: "drill-end", onclick: end }, "End the drill"),
      over && h("button", { type: "button", class: "main", id_: "drill-again", onclick: () => this.again() }, "Again"),
      session && h("a", { href: `#/s/${session}` }, "Back to the conversation"),
      h("a", { href: "#/drill" }, session ? "Other drills" : "Other moments"),
    );
  }

  /** The same moment from its beginning. */
  async again() {
    try {
      complain(null);
      const next = new Exercise(this.view, this.name, await begin(this.name));
      next.start();
      next.write.field.focus();
    } catch (fault) {
      complain(fault);
    }
  }

  one(attempt) {
    const { turn, alternative, drill } = attempt;
    return h(
      "li",
      { class: "turn" },
      drill && this.drill.level === VARIES && h("p", { class: "label" }, `Moment: ${drill}`),
      h("div", { class: "said you" }, h("span", { class: "who" }, `Attempt ${attempt.attempt}`), h("p", { class: "words" }, turn.verdict ? underlined(turn.text, turn.verdict.findings, `drill-${attempt.attempt}`) : turn.text)),
      turn.verdict && h("div", { class: `feedback ${turn.verdict.band}` }, h("p", {}, h("span", { class: "band" }, this.told(attempt))), alternative && h("p", {}, h("span", { class: "label" }, `Or (${nameOf(alternative.technique)}): `), h("q", {}, alternative.text))),
      turn.reply && client(`drill-${attempt.attempt}`, this.first, turn.reply),
    );
  }

  told({ counts }) {
    const row = this.drill.tally?.row ?? 0;
    return { rolled: "It rolls.", broken: "The row begins anew.", repeated: `Still ${row}: the same words count once.` }[counts] ?? "";
  }

  standing() {
    const { drill } = this;
    const { tally, enough } = drill;
    if (drill.over && tally) {
      return `${drill.passed ? "Reached" : "Not reached"}: ${enough} in a row that roll, with nothing that argues. ${count(tally.attempts, "attempt", "attempts")}, ${tally.rolled} rolled, ${tally.argued} argued, longest row ${tally.longest}.`;
    }
    return tally ? `${tally.row} of ${enough} in a row` : "The verdicts come at the end.";
  }
}
