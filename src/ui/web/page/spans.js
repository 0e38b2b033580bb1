// The trainee's own words with the judge's findings underlined. Findings may overlap.

import { at, fill, h } from "./dom.js";
import { nameOf } from "./text.js";

/**
 * @typedef {{code: string, name: string, start: number, end: number, why: string, points: number}} Finding
 * @param {string} text
 * @param {Finding[]} findings
 * @param {number|string} turn
 * @returns {Node[]}
 */
export function underlined(text, findings, turn) {
  const marks = findings
    .map((finding, index) => ({ ...finding, index }))
    .filter(({ start, end }) => start < end && end <= text.length)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const root = { node: h("span"), mark: null };
  const stack = [root];
  const named = new Set();
  const top = () => stack[stack.length - 1];
  const open = (mark) => {
    const node = h("span", { class: `find ${tone(mark.points)}` });
    if (!named.has(mark.index)) node.dataset.testid = `span-${turn}-${mark.index}`;
    named.add(mark.index);
    // What lies within another finding is told with it.
    const whole = stack.length === 1 ? node : stack[1].node;
    reachable(node, whole);
    touch(whole, mark);
    top().node.append(node);
    stack.push({ node, mark });
  };
  const edges = [...new Set([0, text.length, ...marks.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  edges.forEach((edge, at) => {
    const reopen = [];
    while (stack.some(({ mark }) => mark && mark.end === edge)) {
      const { mark } = stack.pop();
      if (mark.end !== edge) reopen.unshift(mark);
    }
    reopen.forEach(open);
    marks.filter(({ start }) => start === edge).forEach(open);
    const next = edges[at + 1];
    if (next !== undefined) top().node.append(text.slice(edge, next));
  });
  return [...root.node.childNodes];
}

/** Whether a finding counts for or against the reply. Line style and words say it, too. */
function tone(points) {
  if (points > 0) return "good";
  return points < 0 ? "poor" : "plain";
}

/** @type {WeakMap<Element, Map<number, any>>} */
const held = new WeakMap();

function touch(node, mark) {
  if (!held.has(node)) held.set(node, new Map());
  held.get(node).set(mark.index, mark);
}

/** How long an explanation stays when the pointer has left, so that it can be gone over to, in ms. */
const LINGERS = 250;

/** Shows what is held against or for the words on focus, hover and tap. */
function reachable(node, whole) {
  const show = () => showTip(whole, [...held.get(whole).values()]);
  node.tabIndex = node === whole ? 0 : -1;
  node.addEventListener("focus", show);
  node.addEventListener("blur", hideTip);
  if (node !== whole) return;
  node.setAttribute("role", "button");
  node.addEventListener("mouseenter", show);
  node.addEventListener("click", show);
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      show();
    }
  });
  node.addEventListener("mouseleave", hideSoon);
}

const tip = h("div", { id: "tip", class: "tip", role: "tooltip" });
tip.addEventListener("mouseenter", () => clearTimeout(leaving));
tip.addEventListener("mouseleave", hideTip);
let leaving = 0;
/** @type {HTMLElement | null} */
let told = null;

const SIDES = { good: "rolls", poor: "argues", plain: "" };

function showTip(node, marks) {
  hideTip();
  told = node;
  fill(
    tip,
    marks.filter((mark, place) => !marks.some((other, before) => before < place && nameOf(other) === nameOf(mark) && other.why === mark.why)).map((mark) =>
      h("p", {}, h("b", {}, nameOf(mark)), SIDES[tone(mark.points)] && h("i", {}, ` ${SIDES[tone(mark.points)]}`), mark.why && `. ${mark.why}`),
    ),
  );
  at("main").append(tip);
  node.setAttribute("aria-describedby", "tip");
  const box = node.getClientRects()[0] ?? node.getBoundingClientRect();
  const left = Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8));
  const below = box.bottom + 6 + tip.offsetHeight < innerHeight;
  // Setting a style through the object model is not an inline style to the page's policy.
  tip.style.left = `${left + scrollX}px`;
  tip.style.top = `${(below ? box.bottom + 6 : box.top - tip.offsetHeight - 6) + scrollY}px`;
}

function hideSoon() {
  clearTimeout(leaving);
  leaving = setTimeout(hideTip, LINGERS);
}

/** Hides the explanation. */
export function hideTip() {
  clearTimeout(leaving);
  told?.removeAttribute("aria-describedby");
  told = null;
  tip.remove();
}
