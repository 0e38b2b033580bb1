// One moment, again and again, until it goes well three times.

import { get, post } from "./api.js";
import { composer } from "./composer.js";
import { announce, complain, fill, h } from "./dom.js";
import { underlined } from "./spans.js";

/** @param {HTMLElement} view @param {string} [id] */
export async function show(view, id) {
  if (id) return moment(view, id);
  const drills = await get("/drills");
  fill(
    view,
    h("h1", {}, "Drill"),
    h("p", { class: "lead" }, "One hard moment. Answer it until three replies in a row roll with it and none argues."),
    h("ul", { class: "cards" }, drills.map((drill) => h("li", { class: "card" }, h("h2", {}, h("a", { href: `#/drill/${drill.id}` }, drill.title ?? drill.id)), h("p", {}, drill.client ?? drill.says ?? ""), h("p", { class: "label" }, [drill.level && `level ${drill.level}`, drill.persona].filter(Boolean).join(" · "))))),
  );
  return null;
}

async function moment(view, id) {
  let drill = await post(`/drills/${id}`);
  const tries = h("ol", { class: "talk" });
  const score = h("p", { class: "label", role: "status" });
  const write = composer({
    session: `drill.${id}`,
    send: async (text) => {
      try {
        drill = await post(`/drills/${id}/try`, { text });
        draw();
        return true;
      } catch (fault) {
        complain(fault);
        return false;
      }
    },
    stop: () => {},
    last: () => {},
  });
  const draw = () => {
    fill(score, drill.done ? "Done: three in a row." : `${drill.in_a_row ?? 0} of ${drill.wanted ?? 3} in a row`);
    fill(
      tries,
      (drill.attempts ?? []).map((attempt, at) =>
        h("li", { class: "turn" }, h("div", { class: "said you" }, h("p", { class: "words" }, underlined(attempt.text, attempt.verdict?.findings ?? [], at))), h("p", { class: "label" }, attempt.feedback?.did ?? ""), attempt.reply && h("div", { class: "said them" }, h("p", { class: "words" }, attempt.reply.text))),
      ),
    );
    if (drill.done) announce("Done: three in a row.");
  };
  fill(view, h("h1", {}, drill.title ?? "Drill"), (drill.before ?? []).map((line) => h("div", { class: `said ${line.who === "client" ? "them" : "you"}` }, h("p", { class: "words" }, line.text))), tries, score, write.box, h("p", {}, h("a", { href: "#/drill" }, "Other moments")));
  draw();
  return null;
}
