// The trainer's corner: the prompt files, and a desk to change them at. What is saved goes into the
// user's own folder, never over what is built in.

import { get, post } from "./api.js";
import { previewing, replaying, testing } from "./bench.js";
import { exporting, importing } from "./cards.js";
import { announce, complain, fill, h } from "./dom.js";
import { count } from "./text.js";

const GROUPS = [
  ["persona", "Clients"],
  ["script", "Scripted trainees"],
  ["lexicon", "The judge's phrases"],
  ["other", "Notes, coach, drills"],
  ["lines", "The pocket client's lines"],
];
/** Pause after a key before the file is checked, in ms. */
const TYPING = 500;

/** @param {HTMLElement} view @param {string} [path] */
export async function show(view, path) {
  const [files, about] = await Promise.all([get("/prompts"), get("/about")]);
  const open = path && decodeURIComponent(path);
  const listed = h("nav", { "aria-label": "Prompt files" }, GROUPS.map(([kind, name]) => group(name, files.filter((file) => (file.kind ?? "other") === kind), open)));
  const desk = h("div", { class: "work" });
  fill(view, h("h1", {}, "Trainer's corner"), h("div", { class: "trainer" }, listed, desk));
  if (!open) {
    fill(desk, intro(about), importing((id) => (location.hash = `#/trainer/${encodeURIComponent(`personas/${id}.md`)}`)), replaying(files, null));
    return null;
  }
  return new Desk(desk, open, await get(`/prompts/file?path=${encodeURIComponent(open)}`), files).start();
}

function group(name, files, open) {
  if (files.length === 0) return null;
  const here = files.some(({ path }) => path === open);
  return h(
    "details",
    { open: here || (name === "Clients" && !open) },
    h("summary", {}, name, h("span", { class: "label" }, ` ${files.length}`)),
    h(
      "ul",
      { class: "files", role: "list" },
      files.map(({ path, own, problems }) =>
        h("li", {}, h("a", { href: `#/trainer/${encodeURIComponent(path)}`, "aria-current": path === open ? "page" : false }, path.slice(path.indexOf("/") + 1), own && h("span", { class: "label" }, " own"), problems?.length > 0 && h("span", { class: "bad-count" }, ` ${count(problems.length, "problem", "problems")}`))),
      ),
    ),
  );
}

function intro({ prompts }) {
  return h(
    "section",
    {},
    h("p", { class: "lead" }, "Choose a file to read or change it. Changes are checked as you type, and take effect at the next reply."),
    prompts.folder && h("p", { class: "label" }, `Your own files are kept in ${prompts.folder}; what is built in stays as it is.`),
    prompts.problems.length > 0 && h("section", { class: "panel" }, h("h2", {}, "Problems"), h("ul", { class: "problems" }, prompts.problems.map(({ file, line, message, hint }) => h("li", {}, `${file}${line ? `:${line}` : ""}: ${message}${hint ? ` (${hint})` : ""}`)))),
  );
}

class Desk {
  constructor(desk, path, file, files) {
    this.desk = desk;
    this.path = path;
    this.file = file;
    this.files = files;
    this.key = `pushback.file.${path}`;
  }

  start() {
    const { file, path } = this;
    const draft = sessionStorage.getItem(this.key);
    this.text = h("textarea", { class: "editor", id: "editor", id_: "editor", rows: 24, spellcheck: "false", wrap: "soft", "aria-label": `The text of ${path}`, "aria-describedby": "checked" });
    this.text.value = draft ?? file.text;
    this.checked = h("div", { id: "checked", id_: "checked", role: "status" });
    this.save = h("button", { type: "button", class: "main", id_: "save", onclick: () => this.keep() }, "Save as your own");
    this.text.addEventListener("input", () => this.changed());
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.keep();
    });
    const back = (text) => () => {
      this.text.value = text;
      this.changed();
      this.text.focus();
    };
    const persona = /^personas\/([\w-]+)\.md$/.exec(path)?.[1];
    fill(
      this.desk,
      h("h2", {}, path),
      h("p", { class: "label", id_: "whose" }, this.whose()),
      this.text,
      this.checked,
      h("div", { class: "tools" }, this.save, h("button", { type: "button", class: "link", onclick: back(file.text) }, "As saved"), typeof file.built_in === "string" && h("button", { type: "button", class: "link", onclick: back(file.built_in) }, "As built in")),
      h("div", { class: "bench" }, persona && [this.copying(persona), previewing(persona, path, () => this.text.value), testing(persona, () => this.text.value), exporting(persona)], replaying(this.files, { path, persona, text: () => this.text.value })),
    );
    if (draft !== null && draft !== file.text) announce("What you had changed but not saved is in the field.");
    this.check();
    return () => clearTimeout(this.wait);
  }

  /** Another client, begun from this one. */
  copying(persona) {
    const id = h("input", { type: "text", id: "copy-id", pattern: "[a-z0-9]+(-[a-z0-9]+)*", placeholder: `${persona}-2`, required: true });
    const go = async (event) => {
      event.preventDefault();
      try {
        complain(null);
        const path = `personas/${id.value}.md`;
        if (this.files.some((file) => file.path === path)) throw { error: `there is a client ${id.value} already`, hint: "choose another id" };
        await post("/prompts/file", { path, text: this.text.value.replace(/^id\s*=.*$/m, `id = "${id.value}"`) });
        location.hash = `#/trainer/${encodeURIComponent(path)}`;
      } catch (fault) {
        complain(fault);
      }
    };
    return h("details", {}, h("summary", {}, "Begin a new client from this one"), h("form", { class: "fields", onsubmit: go }, h("label", { for: "copy-id" }, "Id: small letters, digits, hyphens", id), h("button", { class: "quiet", id_: "copy" }, "Make it")));
  }

  whose() {
    if (!this.file.own) return "Built in. Saving makes a copy of your own, which is used in its place.";
    return this.file.built_in ? "Your own, in the place of the one that is built in." : "Your own.";
  }

  changed() {
    const { value } = this.text;
    try {
      if (value === this.file.text) sessionStorage.removeItem(this.key);
      else sessionStorage.setItem(this.key, value);
    } catch {
      // A file that is too large for it is edited all the same, without a draft.
    }
    clearTimeout(this.wait);
    this.wait = setTimeout(() => this.check(), TYPING);
  }

  async check() {
    const text = this.text.value;
    try {
      const problems = await post("/prompts/check", { path: this.path, text });
      if (text === this.text.value) this.tell(problems);
    } catch (fault) {
      complain(fault);
    }
  }

  tell(problems) {
    const go = (line) => () => {
      const before = this.text.value.split("\n").slice(0, line - 1).join("\n").length;
      const start = before + (line > 1 ? 1 : 0);
      this.text.focus();
      this.text.setSelectionRange(start, start + (this.text.value.split("\n")[line - 1] ?? "").length);
    };
    fill(
      this.checked,
      problems.length === 0
        ? h("p", { class: "label" }, "No problems.")
        : h("ul", { class: "problems" }, problems.map(({ level, line, message, hint }) => h("li", {}, line && h("button", { type: "button", class: "link", onclick: go(line) }, `line ${line}`), line && ": ", level === "warning" && h("span", { class: "label" }, "warning: "), message, hint && h("span", { class: "label" }, ` ${hint}`)))),
    );
  }

  async keep() {
    const text = this.text.value;
    try {
      complain(null);
      const saved = await post("/prompts/file", { path: this.path, text });
      this.file = { ...this.file, text, own: true };
      sessionStorage.removeItem(this.key);
      this.tell(saved.problems ?? []);
      fill(/** @type {HTMLElement} */ (this.desk.querySelector("[data-testid=whose]")), `Saved: ${saved.file ?? this.path}`);
      announce("Saved.");
    } catch (fault) {
      complain(fault);
    }
  }
}
