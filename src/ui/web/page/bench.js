// The trainer's bench: the exact prompt, a client's figures, and a script against clients.

import { get, post } from "./api.js";
import { announce, complain, fill, h } from "./dom.js";
import { count } from "./text.js";

/** How often a job is looked at, in ms. */
const LOOK = 400;

let fields = 0;

/**
 * A field with its label.
 * @template {"input" | "select"} Name
 * @param {string} label @param {Name} name @param {Record<string, any>} props @param {...any} children
 */
function field(label, name, props, ...children) {
  fields += 1;
  const id = `field-${fields}`;
  const node = h(name, { id, ...props }, ...children);
  return { node, box: h("label", { for: id, class: props.class }, label, node) };
}

/** The exact prompt that a first reply would send. @param {string} persona @param {string} path @param {() => string} text */
export function previewing(persona, path, text) {
  const say = field("You say ", "input", { type: "text", value: "What brings you here today?", class: "wide" });
  const out = h("div", {});
  const go = async () => {
    try {
      complain(null);
      const { parts } = await post("/prompts/preview", { persona, path, text: text(), say: say.node.value });
      fill(
        out,
        h("p", { class: "label" }, "What a model reads, part by part. The private note is marked."),
        h("div", { class: "prompt", id_: "prompt", tabindex: 0, role: "region", "aria-label": "The prompt" }, parts.map(({ role, text: words, note }) => [h("b", {}, `${role}\n`), note ? h("mark", {}, words) : words, "\n\n"])),
      );
    } catch (fault) {
      complain(fault);
    }
  };
  return section("Preview the prompt", h("div", { class: "fields" }, say.box, button("Show it", go, "preview")), out);
}

/** A client's figures. @param {string} persona @param {() => string} text */
export function testing(persona, text) {
  const replies = h("input", { type: "checkbox", id: "replies", id_: "test-replies" });
  const work = job(() => post(`/personas/${persona}/test`, { text: text(), replies: replies.checked }), tested);
  return section(
    "Test this client",
    h("p", { class: "label" }, "Measures whether they push back when argued with, soften when rolled with, and don't give in to niceness. The text above is tested, saved or not."),
    h("p", {}, replies, h("label", { for: "replies" }, " what they say as well (takes minutes)")),
    h("div", { class: "tools" }, button("Test", work.start, "test"), work.cancel),
    work.out,
  );
}

function tested({ test }) {
  const failed = test.figures.filter(({ passed }) => !passed).length;
  const row = ({ protocol, what, value, target, passed }) => h("tr", {}, h("td", {}, protocol), h("td", {}, what), h("td", {}, number(value)), h("td", {}, wanted(target)), h("td", {}, passed ? "as it should" : h("b", {}, "misses")));
  return [h("p", {}, test.passed ? "All figures are as they should be." : `${count(failed, "figure misses", "figures miss")} the target.`), table(["", "Measured", "Value", "Target", ""], test.figures.map(row))];
}

/**
 * A scripted trainee against clients; with an edited file, beside the files as they are.
 * @param {Array<{path: string, kind: string}>} files
 * @param {{path: string, persona?: string, text: () => string} | null} edited
 */
export function replaying(files, edited) {
  const names = (kind, end) => files.filter((file) => file.kind === kind).map(({ path }) => path.slice(path.indexOf("/") + 1).replace(end, ""));
  const script = field("Script ", "select", {}, names("script", ".txt").map((name) => h("option", { value: name }, name)));
  const client = field("Client ", "select", {}, names("persona", ".md").map((name) => h("option", { value: name, selected: name === edited?.persona }, name)));
  const seeds = field("Sessions ", "input", { type: "number", min: 1, max: 200, value: "20" });
  const speaks = h("input", { type: "checkbox", id: `speaks-${(fields += 1)}` });
  const ask = () =>
    post("/replay", {
      script: script.node.value,
      personas: [client.node.value],
      seeds: Number(seeds.node.value) || 1,
      state_only: !speaks.checked,
      compare: edited ? { path: edited.path, text: edited.text() } : null,
    });
  const work = job(ask, (result) => replayed(result, speaks.checked));
  return section(
    edited ? "Replay: as it is saved, and as it is above" : "Replay a script",
    h("p", { class: "label" }, edited ? "The same sessions twice, once with the saved file and once with the text above. A difference counts where its interval leaves out 0." : "A scripted trainee, one reply a line, against a client."),
    h("div", { class: "fields" }, script.box, client.box, seeds.box),
    h("p", {}, speaks, h("label", { for: speaks.id }, " with what they say (slower)")),
    h("div", { class: "tools" }, button("Replay", work.start, "replay"), work.cancel),
    work.out,
  );
}

function replayed({ replay }, speaks) {
  const { figures, compared, runs } = replay;
  const span = ({ low, high }) => `${number(low)} to ${number(high)}`;
  const first = (compared?.runs ?? runs)[0];
  return [
    compared
      ? table(["", "Saved", "Above", "Difference", "95%"], compared.differences.map((d) => h("tr", {}, h("td", {}, d.what), h("td", {}, number(d.ours)), h("td", {}, number(d.theirs)), h("td", {}, number(d.difference)), h("td", {}, span(d.interval)))))
      : table(["", "Mean", "95%"], figures.map((f) => h("tr", {}, h("td", {}, f.what), h("td", {}, number(f.mean)), h("td", {}, span(f.interval))))),
    speaks && first && h("details", {}, h("summary", {}, `The first session (seed ${first.seed})`), first.turns.map(({ text, reply }) => [text !== null && h("p", {}, h("b", {}, "T: "), text), reply && h("p", {}, h("b", {}, "C: "), reply.text, h("span", { class: "label" }, ` ${reply.action?.name ?? ""}`))])),
  ];
}

/** Long work that is started, looked at and cancelled. */
function job(ask, told) {
  const out = h("div", { class: "job", id_: "job", tabindex: -1 });
  const bar = h("progress", { "aria-label": "Progress" });
  let running = null;
  let unwanted = false; // what is under way has been cancelled
  const cancel = () => {
    unwanted = true;
    stop.disabled = true; // a step that has begun is still finished
    if (running) post(`/jobs/${running}/cancel`).catch(complain);
  };
  const stop = button("Cancel", cancel, "cancel");
  stop.hidden = true;
  const start = async () => {
    if (running) return;
    try {
      complain(null);
      running = (await ask()).job;
      unwanted = false;
      stop.disabled = false;
      stop.hidden = false;
      bar.removeAttribute("value");
      fill(out, bar);
      await follow();
    } catch (fault) {
      fill(out);
      complain(fault);
    } finally {
      running = null;
      // The focus would go with the button.
      const had = document.activeElement === stop || (unwanted && document.activeElement === document.body);
      stop.hidden = true;
      if (had) out.focus({ preventScroll: true });
    }
  };
  const follow = async () => {
    for (;;) {
      const now = await get(`/jobs/${running}`);
      if (now.total > 0) [bar.max, bar.value] = [now.total, now.done];
      if (now.finished) {
        if (now.error && unwanted) {
          fill(out, h("p", { class: "label" }, "Cancelled."));
          announce("Cancelled.");
          return;
        }
        if (now.error) throw { error: now.error, hint: now.hint };
        fill(out, told(now.result));
        announce("Done.");
        return;
      }
      if (!out.isConnected) {
        // Whoever has gone elsewhere waits for nothing.
        await post(`/jobs/${running}/cancel`);
        return;
      }
      await new Promise((go) => setTimeout(go, LOOK));
    }
  };
  return { start, cancel: stop, out };
}

const section = (title, ...children) => h("details", {}, h("summary", {}, title), children);
const button = (name, does, id) => h("button", { type: "button", class: "quiet", id_: id, onclick: does }, name);
const number = (value) => (typeof value === "number" ? String(Math.round(value * 1000) / 1000) : "–");

/** What a figure has to be. */
function wanted(target) {
  if (target && typeof target === "object") {
    const [[kind, value]] = Object.entries(target);
    if (/least/i.test(kind)) return `≥ ${value}`;
    if (/most/i.test(kind)) return `≤ ${value}`;
    if (Array.isArray(value)) return `${value[0]} to ${value[1]}`;
  }
  return "";
}

function table(heads, rows) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Figures" }, h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => (head ? h("th", { scope: "col" }, head) : h("td", {}))))), h("tbody", {}, rows)));
}
