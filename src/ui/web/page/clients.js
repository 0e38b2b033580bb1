// Whom to practise with.

import { get, post } from "./api.js";
import { complain, fill, h } from "./dom.js";

const HARD = ["", "easier", "middling", "hard"];

/** @param {HTMLElement} view */
export async function show(view) {
  const clients = await get("/clients");
  const topics = [...new Set(clients.map(({ topic }) => topic))].sort();
  const list = h("ul", { class: "cards" });
  const topic = h("select", { id: "topic" }, h("option", { value: "" }, "every topic"), topics.map((name) => h("option", { value: name }, name)));
  const level = h("select", { id: "level" }, h("option", { value: "" }, "every difficulty"), [1, 2, 3].map((n) => h("option", { value: n }, HARD[n])));
  const draw = () => {
    const wanted = clients.filter((client) => (!topic.value || client.topic === topic.value) && (!level.value || String(client.difficulty) === level.value));
    // The main clients are ten different types; the others are for whoever looks for a topic.
    const plain = !topic.value && !level.value;
    fill(list, wanted.filter(({ main }) => main || !plain).map(card));
    more.hidden = !plain;
    fill(rest, plain ? wanted.filter(({ main }) => !main).map(card) : []);
  };
  const rest = h("ul", { class: "cards" });
  const more = h("details", { class: "more" }, h("summary", {}, "More clients: other topics, other lives"), rest);
  topic.addEventListener("change", draw);
  level.addEventListener("change", draw);
  fill(
    view,
    h("h1", {}, "Whom do you want to talk with?"),
    h("p", { class: "lead" }, "You are the counsellor. They did not all come of their own will. This is practice, not therapy."),
    h("div", { class: "filters" }, h("label", { for: "topic" }, "Topic"), topic, h("label", { for: "level" }, "Difficulty"), level),
    list,
    more,
  );
  draw();
}

function card(client) {
  const name = h("button", { class: "card-name", type: "button", id_: `client-card-${client.id}`, onclick: () => begin(client.id) }, client.name);
  return h(
    "li",
    { class: "card" },
    h("h2", {}, name, h("span", { class: "age" }, `, ${client.age}`)),
    h("p", {}, client.blurb),
    h("p", { class: "aim" }, h("span", { class: "label" }, "A good first session "), client.aim),
    h("p", { class: "label" }, [String(client.kind).replaceAll("_", " ").replaceAll("-", " "), client.topic, HARD[client.difficulty]].join(" · ")),
  );
}

async function begin(persona) {
  try {
    const session = await post("/sessions", { persona });
    location.hash = `#/s/${session.id}`;
  } catch (fault) {
    complain(fault);
  }
}
