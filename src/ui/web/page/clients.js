// Whom to practise with.

import { get, post } from "./api.js";
import { complain, fill, h } from "./dom.js";
import { count } from "./text.js";

const HARD = ["", "easier", "middling", "hard"];
const DOTS = ["", "●○○", "●●○", "●●●"];

/** @param {HTMLElement} view */
export async function show(view) {
  const [clients, sessions] = await Promise.all([get("/clients"), get("/sessions?q=").catch(() => [])]);
  const list = h("ul", { class: "cards", role: "list" });
  const rest = h("ul", { class: "cards", role: "list" });
  const more = h("section", { class: "more" }, h("h2", {}, "More clients: other topics, other lives"), rest);
  const none = h("p", { class: "label", role: "status" });
  const topics = [...new Set(clients.map(({ topic }) => topic))].sort();
  const topic = choice("topic", "every topic", topics.map((name) => [name, name]));
  const level = choice("level", "every difficulty", [1, 2, 3].map((n) => [n, HARD[n]]));
  const draw = () => {
    const wanted = clients.filter((client) => (!topic.value || client.topic === topic.value) && (!level.value || String(client.difficulty) === level.value));
    // The main clients are one of each type; the others are for whoever looks for a topic.
    const plain = !topic.value && !level.value;
    fill(list, wanted.filter(({ main }) => main || !plain).map(card));
    fill(rest, plain ? wanted.filter(({ main }) => !main).map(card) : []);
    more.hidden = !plain || rest.childElementCount === 0;
    fill(none, plain ? "" : wanted.length === 0 ? "Nobody like that. Choose another topic or difficulty." : count(wanted.length, "client", "clients"));
  };
  topic.addEventListener("change", draw);
  level.addEventListener("change", draw);
  const easy = clients.filter(({ main }) => main).reduce((a, b) => (b.difficulty < a.difficulty ? b : a), clients[0]);
  fill(
    view,
    h("h1", {}, "Whom do you want to talk with?"),
    h("p", { class: "lead" }, "You are the counsellor. They did not all come of their own will, and how you answer decides whether they dig in or open up."),
    goOn(sessions) ?? (easy && h("p", { class: "label" }, `Your first time? ${easy.name} is a good one to begin with.`)),
    h("div", { class: "filters" }, h("label", { for: "topic" }, "Topic"), topic, h("label", { for: "level" }, "Difficulty"), level, none),
    h("h2", { class: "unseen" }, "Clients"),
    list,
    more,
    h("section", { class: "other" }, h("h2", {}, "Other ways to practise"), h("p", {}, h("a", { href: "#/drill" }, "Drill"), ": one hard moment, until three replies in a row roll with it."), exam()),
  );
  draw();
}

function choice(id, all, values) {
  return h("select", { id }, h("option", { value: "" }, all), values.map(([value, name]) => h("option", { value }, name)));
}

function card({ id, name, age, blurb, kind, topic, difficulty, aim }) {
  const whom = [h("span", { class: "name" }, name, h("span", { class: "age" }, `, ${age}`)), h("span", { class: "blurb" }, blurb)];
  return h(
    "li",
    { class: "card" },
    h("h3", {}, h("button", { class: "card-name", type: "button", id_: `client-card-${id}`, onclick: () => begin({ persona: id }) }, whom)),
    h("p", { class: "label" }, String(kind).replaceAll(/[_-]/g, " "), " · ", topic, " · ", h("span", { class: "dots", "aria-hidden": "true" }, DOTS[difficulty]), ` ${HARD[difficulty]}`),
    h("p", { class: "aim" }, aim),
  );
}

/** The newest session that can be gone on with. */
function goOn(sessions) {
  const open = sessions.find(({ ended, replies }) => !ended && replies > 0);
  if (!open) return null;
  return h("p", { class: "resume" }, h("a", { href: `#/s/${open.id}`, id_: "resume" }, `Go on with ${open.name ?? open.persona}`), h("span", { class: "label" }, ` ${count(open.replies, "reply", "replies")} so far`));
}

/** An exam is sat from the file that a trainer has made. */
function exam() {
  const file = h("input", { type: "file", id: "exam-file", id_: "exam-file", accept: ".toml,text/plain", class: "unseen", tabindex: -1 });
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    file.value = "";
    if (chosen) await begin({ exam: await chosen.text() });
  });
  file.setAttribute("aria-label", "The exam's file");
  return h("p", {}, h("button", { type: "button", class: "link", id_: "exam-open", onclick: () => file.click() }, "Exam"), ": from the file that your trainer has given you.", file);
}

async function begin(wish) {
  try {
    const session = await post("/sessions", wish);
    location.hash = `#/s/${session.id}`;
  } catch (fault) {
    complain(fault);
  }
}
