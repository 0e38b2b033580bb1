// Which view is shown: by the part of the address behind #.

import { Refused, get, keepToken, post, takeKey } from "./api.js";
import * as clients from "./clients.js";
import { at, coded, complain, fill, h } from "./dom.js";
import * as drill from "./drill.js";
import * as practice from "./practice.js";
import * as progress from "./progress.js";
import * as report from "./report.js";
import * as sessions from "./sessions.js";
import * as settings from "./settings.js";
import { hideTip } from "./spans.js";
import * as trainer from "./trainer.js";

/** @type {Array<[RegExp, (view: HTMLElement, ...parts: string[]) => Promise<any>, string, string]>} */
const ROUTES = [
  [/^#?\/?$/, clients.show, "Clients", "#/"],
  [/^#\/s\/(\d+)$/, practice.show, "Practice", "#/"],
  [/^#\/sessions$/, sessions.show, "Sessions", "#/sessions"],
  [/^#\/r\/(\d+)$/, report.show, "Report", "#/sessions"],
  [/^#\/progress$/, progress.show, "Progress", "#/progress"],
  [/^#\/drill(?:\/([\w-]+))?$/, drill.show, "Drill", "#/"],
  [/^#\/trainer(?:\/(.+))?$/, trainer.show, "Trainer", "#/trainer"],
];

let leave = null;
let shown = 0;

async function route() {
  shown += 1;
  const mine = shown;
  leave?.();
  leave = null;
  complain(null);
  hideTip();
  const found = ROUTES.map(([pattern, show, title, tab]) => ({ parts: pattern.exec(location.hash), show, title, tab })).find(({ parts }) => parts);
  const main = at("main");
  if (!found) {
    fill(main, h("h1", {}, "Nothing here"), h("p", {}, h("a", { href: "#/" }, "To the clients")));
    return;
  }
  document.title = `${found.title} · pushback`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === found.tab) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const view = h("div", { class: "view" });
  try {
    const left = await found.show(view, ...found.parts.slice(1));
    if (mine !== shown) {
      left?.();
      return;
    }
    leave = typeof left === "function" ? left : null;
    fill(main, view);
    // The first view leaves the focus where a page begins: before the link that skips the menu.
    if (mine > 1 && !view.contains(document.activeElement)) main.focus({ preventScroll: true });
    view.dispatchEvent(new CustomEvent("shown"));
  } catch (fault) {
    if (mine !== shown) return;
    if (fault instanceof Refused && fault.status === 401) return login(main, fault);
    fill(main, h("h1", {}, "This can't be shown"), h("p", {}, h("a", { href: "#/" }, "To the clients")));
    complain(fault);
  }
}

/** Asks for the passphrase, where the page is open to other computers; else says how to get in. */
function login(main, fault) {
  if (!/passphrase/.test(fault.hint ?? "")) {
    fill(main, h("h1", {}, "This page has no key"), h("p", {}, "Open the address that ", h("code", {}, "pushback serve"), " printed last: it holds the key. What was said is kept."));
    complain(fault);
    return;
  }
  const field = h("input", { type: "password", id: "passphrase", autocomplete: "current-password", required: true });
  const form = h(
    "form",
    {
      class: "panel",
      onsubmit: async (event) => {
        event.preventDefault();
        try {
          const { token } = await post("/login", { passphrase: field.value });
          keepToken(token);
          await start();
        } catch (refused) {
          complain(refused);
        }
      },
    },
    h("h1", {}, "Who is there?"),
    h("label", { for: "passphrase" }, "Passphrase "),
    field,
    h("button", { class: "main" }, "Come in"),
  );
  fill(main, form);
  complain(fault);
}

/** Comes in by the address; whether there was a key in it. */
async function enter() {
  try {
    return await takeKey();
  } catch (fault) {
    // A word that was used before; the view that follows says what to do.
    complain(fault);
    return true;
  }
}

async function start() {
  try {
    const about = await get("/about");
    fill(at("about"), `pushback ${about.version} · ${about.model}. `, coded(about.notice ?? ""), " Practice, not therapy. Everything stays on the computer that runs it.");
  } catch {
    // The view that follows says what is wrong.
  }
  await route();
}

settings.theme();
window.addEventListener("hashchange", async () => {
  if (await enter()) await start();
  else await route();
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  (document.getElementById("composer") ?? at("main")).focus();
});
await enter();
await start();
