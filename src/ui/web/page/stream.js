// Server-sent events, read with fetch: an EventSource could not send the token.

import { open } from "./api.js";

/**
 * Reads the events of `path` until it ends or `signal` is raised.
 * @param {string} path
 * @param {AbortSignal} signal
 * @param {(name: string, data: any) => void} on
 */
export async function listen(path, signal, on) {
  const response = await open(path, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    for (;;) {
      const end = rest.indexOf("\n\n");
      if (end < 0) break;
      const event = parse(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (event) on(event.name, event.data);
    }
  }
}

/** One event's lines. */
export function parse(block) {
  let name = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
  }
  return data.length ? { name, data: JSON.parse(data.join("\n")) } : null;
}
