// Character cards: clients from elsewhere, and clients for elsewhere.

import { download, post } from "./api.js";
import { complain, fill, h } from "./dom.js";

const KINDS = ["mandated", "adolescent", "mistrust", "defiant", "shut-down", "yes-but", "resists-autonomy", "trauma-guarded", "cultural-mistrust", "sceptic"];
/** A request with a card may have 4 MiB; base64 takes a third more than the file. */
const LARGEST = 3 * 1024 * 1024 - 4096;

/** @param {string} persona */
export function exporting(persona) {
  const save = (kind) => h("button", { type: "button", class: "quiet", onclick: () => download(`/personas/${persona}/card.${kind}`, `${persona}.${kind}`).catch(complain) }, kind.toUpperCase());
  return h("details", {}, h("summary", {}, "Export as a card"), h("p", { class: "label" }, "The saved client, as a character card that imports as the same client."), h("div", { class: "tools" }, save("json"), save("png")));
}

/** @param {(id: string) => void} open */
export function importing(open) {
  const file = h("input", { type: "file", id: "card", id_: "card", accept: ".json,.png,.charx" });
  const kind = h("select", { id: "card-kind" }, h("option", { value: "" }, "guess it"), KINDS.map((name) => h("option", { value: name }, name.replaceAll("-", " "))));
  const out = h("div", { role: "status" });
  const go = async () => {
    const [chosen] = file.files;
    if (!chosen) return file.focus();
    try {
      complain(null);
      if (chosen.size > LARGEST) throw { error: "a card may have up to 3 MiB", hint: "a smaller picture does as well" };
      const { id, statements } = await post("/cards", { name: chosen.name, base64: base64(await chosen.arrayBuffer()), kind: kind.value || null });
      fill(out, h("p", {}, h("button", { type: "button", class: "main", id_: "imported", onclick: () => open(id) }, `Look at ${id}`)), statements.length > 0 && h("ul", { class: "problems" }, statements.map((line) => h("li", {}, line))));
    } catch (fault) {
      complain(fault);
    }
    return undefined;
  };
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, "Import a card"),
    h("p", { class: "label" }, "A character card (V1 to V3; .json, .png, .charx) becomes a client of your own. It says what it guessed."),
    h("div", { class: "fields" }, h("label", { for: "card" }, "Card ", file), h("label", { for: "card-kind" }, "Type of client ", kind), h("button", { type: "button", class: "quiet", id_: "import", onclick: go }, "Import")),
    out,
  );
}

/** Bytes in base64, in steps that no engine's limit on arguments is reached by. */
function base64(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
