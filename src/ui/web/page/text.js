// Words and figures as a person reads them.

/** The name of a code, technique or action, as the program has it. @param {{code: string, name?: string}} named */
export function nameOf({ code, name }) {
  const known = name ?? String(code).replaceAll("_", " ");
  return known.charAt(0).toUpperCase() + known.slice(1);
}

/** All of them in one line. @param {Array<{code: string, name?: string}>} all */
export const namesOf = (all) => all.map(nameOf).join(", ") || "Not coded";

/** `1 reply`, `2 replies`. @param {number} n @param {string} one @param {string} many */
export const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;

/** `YYYY-MM-DD HH:MM:SS` of UTC as this computer's time of day. @param {string} utc */
export function when(utc) {
  const date = new Date(`${utc.replace(" ", "T")}Z`);
  return Number.isNaN(date.getTime()) ? utc : date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** A change of a level: `+0.05`, `−0.10`. @param {number} by */
export const signed = (by) => `${by < 0 ? "−" : "+"}${Math.abs(by).toFixed(2)}`;
