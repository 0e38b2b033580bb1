// Calls to the program. The token never leaves this tab: it is taken from the fragment and stripped.

import { at, complain, fill, h } from "./dom.js";

const KEY = "pushback.token";
/** How long to wait before asking again whether the program is there, in ms. */
const WAITS = [500, 1000, 2000, 4000, 8000];

/** What the program refuses, with its hint. */
export class Refused extends Error {
  /** @param {number} status @param {{error?: string, hint?: string|null, session?: any}} body */
  constructor(status, body) {
    super(body.error ?? `the program answered ${status}`);
    this.status = status;
    this.error = this.message;
    this.hint = body.hint ?? null;
    this.session = body.session ?? null;
  }
}

/** The program does not answer. */
export class Gone extends Error {
  constructor() {
    super("the program does not answer");
    this.error = this.message;
    this.hint = "start `pushback serve` again; what you typed is kept in this tab";
  }
}

/**
 * Takes the key out of the address, if one is there: a token, or a word that is good for one token.
 * @returns {Promise<boolean>} whether there was one
 */
export async function takeKey() {
  const found = /^#(token|once)=([\w-]+)/.exec(location.hash);
  if (!found) return false;
  const [, kind, key] = found;
  history.replaceState(null, "", `${location.pathname}#/`);
  if (kind === "token") keepToken(key);
  else keepToken((await post("/login", { once: key })).token);
  return true;
}

/** @param {string} token */
export function keepToken(token) {
  sessionStorage.setItem(KEY, token);
}

function headers() {
  const token = sessionStorage.getItem(KEY);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function send(path, init) {
  let response;
  try {
    response = await fetch(`/api${path}`, { ...init, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    lost();
    throw new Gone();
  }
  found();
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  if (response.status === 401) {
    body.hint ??= "open the address that `pushback serve` prints now";
  }
  throw new Refused(response.status, body);
}

/** @param {string} path @returns {Promise<any>} */
export async function get(path) {
  return (await send(path, { headers: headers() })).json();
}

/** @param {string} path @param {any} [body] @returns {Promise<any>} */
export async function post(path, body = {}) {
  const head = { ...headers(), "Content-Type": "application/json" };
  return (await send(path, { method: "POST", headers: head, body: JSON.stringify(body) })).json();
}

/** A body that is still being written. @param {string} path @param {AbortSignal} signal */
export async function open(path, signal) {
  return send(path, { headers: headers(), signal });
}

/** Saves what `path` answers as a file. */
export async function download(path, name) {
  const blob = await (await send(path, { headers: headers() })).blob();
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A string that nobody else draws; `randomUUID` is there on trusted addresses only. */
export function unique() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

let away = false;
/** @type {Set<() => void>} */
const whenBack = new Set();

/** Calls `again` each time that the program is there again. Returns what ends this. */
export function onReturn(again) {
  whenBack.add(again);
  return () => whenBack.delete(again);
}

function lost() {
  if (away) return;
  away = true;
  fill(at("offline"), "The program does not answer. What you typed is kept here; this page goes on as soon as it is back.");
  at("offline").hidden = false;
  ask(0);
}

function ask(tries) {
  setTimeout(async () => {
    try {
      const response = await fetch("/api/about", { headers: headers(), cache: "no-store" });
      if (response.status === 401) throw new Refused(401, { error: "this page's key is no longer good", hint: "open the address that `pushback serve` prints now" });
      found();
    } catch (fault) {
      if (fault instanceof Refused) {
        at("offline").hidden = true;
        complain(fault);
        return;
      }
      ask(tries + 1);
    }
  }, WAITS[Math.min(tries, WAITS.length - 1)]);
}

function found() {
  if (!away) return;
  away = false;
  at("offline").hidden = true;
  complain(null);
  for (const again of [...whenBack]) again();
}
