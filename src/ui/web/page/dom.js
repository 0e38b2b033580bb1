// Elements out of values. Text only ever becomes text; nothing here parses HTML.

/**
 * An element. Properties that begin with `on` are listeners, `data` is a map of data attributes,
 * `false`, `null` and `undefined` leave an attribute out.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, any>} [props]
 * @param {...any} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function h(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "data") Object.assign(node.dataset, value);
    else if (key === "id_") node.dataset.testid = value;
    else if (key === "value") /** @type {any} */ (node).value = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An SVG element. */
export function s(name, props = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(props)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/** @param {string} id @returns {HTMLElement} */
export function at(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** Puts `children` in the place of what `node` holds. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/**
 * Does `work`, which may put new elements in the place of old ones, and gives the focus to whatever
 * took the place of the element that had it.
 * @param {() => void} work
 */
export function keepingFocus(work) {
  const had = /** @type {HTMLElement|null} */ (document.activeElement);
  const id = had?.dataset?.testid;
  work();
  if (!id || had.isConnected) return;
  const now = /** @type {HTMLButtonElement|null} */ (document.querySelector(`[data-testid="${CSS.escape(id)}"]`));
  const near = now?.disabled ? now.parentElement?.querySelector("button:not(:disabled)") : now;
  if (near) /** @type {HTMLElement} */ (near).focus({ preventScroll: true });
  else (document.getElementById("composer") ?? at("main")).focus({ preventScroll: true });
}

/** Whether a finger is what there is to point with: there a focused field brings up a keyboard. */
export const touch = () => matchMedia("(pointer: coarse)").matches;

let spoken = 0;

/** Tells a screen reader, once, when it has finished what it is saying. */
export function announce(text) {
  const region = at("status");
  // A second announcement of the same words is a change, too.
  spoken += 1;
  region.textContent = text + (spoken % 2 ? "" : "\u00a0");
}

/** Shows what went wrong, and what to do; without a fault, nothing. */
export function complain(fault) {
  const box = at("error");
  box.hidden = !fault;
  if (!fault) return fill(box);
  const hint = fault.hint ? h("span", { class: "hint" }, ` ${sentence(fault.hint)}`) : null;
  const close = h("button", { class: "quiet", type: "button", onclick: () => complain(null) }, "Close");
  return fill(box, h("span", {}, sentence(fault.error ?? fault.message ?? String(fault)), hint), close);
}

/** Words as a sentence: errors come in lower case and without a full stop. */
export function sentence(text) {
  const trimmed = text.trim().replaceAll("`", "");
  if (!trimmed) return "";
  // The name of a file or a command stays as it is written.
  const first = /^[a-z]+[ ,'’]/.test(trimmed) ? trimmed[0].toUpperCase() + trimmed.slice(1) : trimmed;
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}

/** Words with what stands between backticks as code. @param {string} text */
export const coded = (text) => text.split("`").map((part, place) => (place % 2 ? h("code", {}, part) : part));

/** Whether a key press ends an input method's composition, and so is none of ours. */
export function composing(event) {
  return event.isComposing || event.keyCode === 229;
}
