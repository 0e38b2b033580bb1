// Where the client stands: discord, trust, readiness. Three bars, each with the way it has just gone.

import { h, s } from "./dom.js";

const LEVELS = [
  ["discord", "Discord", "between you"],
  ["trust", "Trust", "in you"],
  ["readiness", "Readiness", "to change"],
];

/** @typedef {{discord: number, trust: number, readiness: number, stage: string}} Standing */

/**
 * @param {Standing} now
 * @param {Standing | null} before
 */
export function dial(now, before) {
  return h(
    "div",
    { class: "dial", id_: "dial", role: "group", "aria-label": "Where the client stands" },
    LEVELS.map(([key, name, means]) => {
      const percent = Math.round(now[key] * 100);
      const step = before ? now[key] - before[key] : 0;
      const way = Math.abs(step) < 0.005 ? "" : step > 0 ? "▲" : "▼";
      const said = way === "" ? "" : step > 0 ? ", rising" : ", falling";
      const bar = s(
        "svg",
        { viewBox: "0 0 100 6", preserveAspectRatio: "none", class: `bar ${key}`, role: "img", "aria-label": `${name} ${percent} of 100${said}` },
        s("rect", { class: "whole", width: 100, height: 6 }),
        s("rect", { class: "part", width: percent, height: 6 }),
        ...(before ? [s("rect", { class: "was", x: Math.min(99, before[key] * 100), width: 1, height: 6 })] : []),
      );
      return h(
        "div",
        { class: "level" },
        h("span", { class: "name" }, h("span", {}, name, h("span", { class: "means" }, ` ${means}`)), h("span", { class: "way", "aria-hidden": "true" }, way ? ` ${way}` : "")),
        bar,
      );
    }),
  );
}
