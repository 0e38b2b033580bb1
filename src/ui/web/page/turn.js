// One exchange as it stands in the conversation.

import { h } from "./dom.js";
import { underlined } from "./spans.js";
import { nameOf, namesOf, signed } from "./text.js";

/**
 * What a turn's buttons do.
 * @typedef {{edit: (turn: any) => void, walk: (turn: number) => void, overrule: (turn: any) => void,
 *   mode: "live"|"folded"|"end", session: number, drilled: boolean, name: string, over: boolean, fixed: boolean, open: Set<number>, busy: boolean, head: number}} Ways
 */

/** @param {any} turn @param {Ways} ways */
export function exchange(turn, ways) {
  const shown = turn.verdict && (ways.mode !== "end" || ways.over);
  return h(
    "li",
    { class: "turn", id_: `turn-${turn.number}`, data: { turn: turn.id } },
    turn.text !== null && trainee(turn, ways, shown),
    shown && feedback(turn, ways),
    turn.reply && client(turn.number, ways.name, turn.reply),
  );
}

function trainee(turn, ways, shown) {
  const spread = shown && (ways.mode !== "folded" || ways.open.has(turn.id));
  const words = turn.text.trim() === "" ? "…" : turn.text;
  const said = h("p", { class: "words" }, spread ? underlined(words, turn.verdict.findings, turn.number) : words);
  return h(
    "div",
    { class: "said you", id_: `trainee-${turn.number}` },
    h("span", { class: "who" }, "You"),
    said,
    h(
      "div",
      { class: "tools" },
      turn.branches.length > 1 && branches(turn, ways),
      !ways.fixed && h("button", { class: "link", type: "button", id_: `edit-${turn.number}`, disabled: ways.busy, onclick: () => ways.edit(turn) }, "Say it otherwise"),
      ways.drilled && h("a", { href: `#/drill/turn-${ways.session}-${turn.number}`, id_: `drill-turn-${turn.number}` }, "Drill this moment"),
    ),
  );
}

function branches(turn, ways) {
  const here = turn.branches.indexOf(turn.id);
  const step = (by, id, name, sign) =>
    h(
      "button",
      { class: "link", type: "button", id_: `branch-${id}-${turn.number}`, "aria-label": name, disabled: ways.busy || ways.fixed || turn.branches[here + by] === undefined, onclick: () => ways.walk(turn.branches[here + by]) },
      sign,
    );
  return h(
    "span",
    { class: "branches", role: "group", "aria-label": "Attempts at this moment" },
    step(-1, "prev", "Earlier attempt", "‹"),
    h("span", {}, `${here + 1} of ${turn.branches.length}`),
    step(1, "next", "Later attempt", "›"),
  );
}

/** The client's words. @param {number|string} number @param {string} name @param {{text: string, cut: boolean}} reply */
export function client(number, name, reply) {
  return h(
    "div",
    { class: "said them", id_: `client-${number}` },
    h("span", { class: "who" }, name),
    h("p", { class: "words" }, reply.text, reply.cut && h("span", { class: "cut", title: "you cut them short" }, " —")),
  );
}

const BANDS = { rolling: "Rolls", arguing: "Argues", mixed: "Mixed", neutral: "Neutral" };

function feedback(turn, ways) {
  const { verdict, feedback: told } = turn;
  const open = ways.mode !== "folded" || ways.open.has(turn.id);
  const fold = h(
    "details",
    { class: `feedback ${verdict.band}`, id_: `feedback-${turn.number}`, open },
    h("summary", {}, h("span", { class: "band" }, BANDS[verdict.band] ?? verdict.band), " ", h("span", { class: "did" }, told?.did ?? namesOf(verdict.codes))),
    told && h("p", {}, told.effect),
    told?.alternative && h("p", { class: "instead" }, h("span", { class: "label" }, `Or (${nameOf(told.alternative.technique)}): `), h("q", {}, told.alternative.text)),
    told?.approach && h("p", { class: "approach" }, told.approach),
    turn.overruled && h("p", { class: "label" }, `Overruled by a trainer. The judge had: ${namesOf(turn.judge_had?.codes ?? [])}`),
    h(
      "div",
      { class: "tools" },
      turn.why.length > 0 && why(turn),
      turn.id === ways.head && turn.reply && !ways.fixed && h("button", { class: "link", type: "button", id_: `overrule-${turn.number}`, disabled: ways.busy, onclick: () => ways.overrule(turn) }, "Overrule"),
    ),
  );
  fold.addEventListener("toggle", () => {
    const was = ways.open.has(turn.id);
    if (fold.open) ways.open.add(turn.id);
    else ways.open.delete(turn.id);
    if (ways.mode === "folded" && was !== fold.open) spread(fold, turn);
  });
  return fold;
}

/** Underlines a folded turn's words as long as its feedback is open. */
function spread(fold, turn) {
  const words = fold.parentElement?.querySelector(".you .words");
  if (!words || turn.text.trim() === "") return;
  words.replaceChildren(...(fold.open ? underlined(turn.text, turn.verdict.findings, turn.number) : [turn.text]));
}

/** Why the client's state moved as it did, on request. */
function why(turn) {
  const list = h(
    "ul",
    { class: "why", hidden: true },
    turn.why.map(({ text, discord, trust, readiness }) =>
      h("li", {}, text, h("span", { class: "label" }, [["discord", discord], ["trust", trust], ["readiness", readiness]].filter(([, by]) => by).map(([name, by]) => ` ${name} ${signed(by)}`).join(","))),
    ),
  );
  const button = h("button", { class: "link", type: "button", id_: `why-${turn.number}`, "aria-expanded": "false" }, "Why they moved");
  button.addEventListener("click", () => {
    list.hidden = !list.hidden;
    button.setAttribute("aria-expanded", String(!list.hidden));
  });
  return [button, list];
}
